import { Arrivals } from '../../src/listeners/user-streams/arrivals.js';
import { FrameQueue, type FrameReader } from '../../src/listeners/user-streams/frame-queue.js';
import type { LiveFrame } from '../../src/resources/live/live-change.js';

function place(n: number): string {
  return `abc.${n}.0000`;
}

describe('What has arrived', () => {
  it('is not told again, and everything else is', () => {
    const arrivals = new Arrivals(place(0));
    for (let n = 1; n <= 5; n += 1) arrivals.sent(n * 10, place(n));
    expect(arrivals.place).toBe(place(5));
    arrivals.arrived(29);
    arrivals.rewind();
    expect(arrivals.place).toBe(place(2));
    arrivals.rewind();
    expect(arrivals.place).toBe(place(2));
  });

  it('leaves nothing to tell again when it is all', () => {
    const arrivals = new Arrivals(place(0));
    arrivals.sent(1, place(1));
    arrivals.arrived(7);
    arrivals.rewind();
    expect(arrivals.place).toBe(place(1));
  });

  it.each([0, 1, 63, 500, 900, 990, 999, 1000])(
    'is never overestimated, however much is under way (%s of 1000)',
    (count) => {
      const arrivals = new Arrivals(place(0));
      for (let n = 1; n <= 1000; n += 1) arrivals.sent(n, place(n));
      arrivals.arrived(count);
      arrivals.rewind();
      const told = Number(arrivals.place.split('.')[1]);
      expect(told).toBeLessThanOrEqual(count);
      // And not by much, the less the more recently it was.
      expect(told).toBeGreaterThanOrEqual(count - 1 - (1000 - count) / 7);
    },
  );
});

describe('Frames on their way to one connection', () => {
  const [a, b, c]: readonly FrameReader[] = [{ id: 'a' }, { id: 'b' }, { id: 'c' }];

  function change(n: number, previous: number, data = `"data":{"id":"r${n}"}`): LiveFrame {
    return {
      event: 'update',
      id: place(n),
      data: `{"position":"${place(n)}","previous":"${place(previous)}",${data}}`,
    };
  }

  function taken(queue: FrameQueue<FrameReader>): string[] {
    return queue.take().map(({ event, data, reached }) => {
      const told = JSON.parse(data) as {
        event: string;
        subscription_ids: string[];
        position?: string;
        previous?: string;
      };
      expect(told.event).toBe(event);
      expect(told.subscription_ids).toEqual(reached.map(({ reader }) => reader.id));
      for (const one of reached) expect(one.place).toBe(told.position);
      const [from, to] = [told.previous, told.position].map((text) => text?.split('.')[1] ?? '');
      return `${event} ${told.subscription_ids.join('')} ${from}-${to}`;
    });
  }

  it('are one where they are the same, and stay in order', () => {
    const queue = new FrameQueue<FrameReader>();
    for (const n of [1, 2, 3]) queue.add(a!, change(n, n - 1), place(n - 1));
    for (const n of [1, 2, 3]) queue.add(b!, change(n, n - 1), place(n - 1));
    expect(taken(queue)).toEqual(['update ab 0-1', 'update ab 1-2', 'update ab 2-3']);
    expect(queue.isEmpty).toBe(true);
    expect(queue.bytes).toBe(0);
  });

  it('are one also where one reader is told more in between, after the other was told everything', () => {
    const queue = new FrameQueue<FrameReader>();
    for (const n of [1, 2, 3]) queue.add(a!, change(n, n - 1), place(n - 1));
    const left = { ...change(2, 1, '"match":"leave"'), event: 'leave' };
    for (const frame of [change(1, 0), left, change(3, 2)])
      queue.add(b!, frame, place(Number(frame.id!.split('.')[1]) - 1));
    expect(taken(queue)).toEqual(['update ab 0-1', 'update a 1-2', 'leave b 1-2', 'update ab 2-3']);
  });

  it('have one predecessor, to which whoever is behind it is brought', () => {
    const queue = new FrameQueue<FrameReader>();
    queue.add(a!, change(5, 4), place(4));
    queue.add(b!, change(5, 2), place(2));
    queue.add(c!, change(5, 2), place(2));
    expect(taken(queue)).toEqual(['checkpoint bc 2-4', 'update abc 4-5']);
  });

  it('are several where they differ, or are of different histories', () => {
    const queue = new FrameQueue<FrameReader>();
    queue.add(a!, change(5, 4), place(4));
    queue.add(b!, change(5, 4, '"data":{"id":"other"}'), place(4));
    const other = { ...change(5, 4), data: change(5, 4).data.replace('abc.4.', 'xyz.4.') };
    queue.add(c!, other, 'xyz.4.0000');
    expect(taken(queue)).toEqual(['update a 4-5', 'update b 4-5', 'update c 4-5']);
  });

  it('come behind what the same reader is told first', () => {
    const queue = new FrameQueue<FrameReader>();
    queue.add(a!, change(5, 4), place(4));
    queue.add(b!, { event: 'reset', id: place(4), data: '{"reason":"x"}' }, place(1));
    queue.add(b!, change(5, 4), place(4));
    const [reset, update, ...rest] = queue.take();
    expect(reset!.data).toBe('{"event":"reset","subscription_ids":["b"],"reason":"x"}');
    expect(JSON.parse(update!.data)).toMatchObject({ event: 'update', subscription_ids: ['a', 'b'] });
    expect(rest).toEqual([]);
  });

  it('are not told to who wants them no more', () => {
    const queue = new FrameQueue<FrameReader>();
    queue.add(a!, change(1, 0), place(0));
    queue.add(b!, change(1, 0), place(0));
    queue.add(a!, change(2, 1), place(1));
    queue.forget(a!);
    expect(taken(queue)).toEqual(['update b 0-1']);
  });
});
