import { RealtimeCounters } from '../../src/realtime/counters.js';
import { Hub } from '../../src/realtime/hub.js';

describe('The hub', () => {
  it('encodes nothing when nobody listens, and once when many do', () => {
    const hub = new Hub(new RealtimeCounters());
    const message = {
      channel: 'c',
      event: 'e',
      get data(): string {
        reads += 1;
        return 'd';
      },
    };
    let reads = 0;
    expect(hub.publish('1', message)).toBe(0);
    expect(reads).toBe(0);
    const frames: Buffer[] = [];
    const subscribers = Array.from({ length: 5 }, (_, n) => ({
      id: `${n}.0`,
      send: (f: Buffer) => frames.push(f) > 0,
    }));
    for (const subscriber of subscribers) hub.subscribe('1', 'c', subscriber);
    expect(hub.publish('1', message)).toBe(5);
    expect(reads).toBe(1);
    expect(new Set(frames).size).toBe(1);
  });

  it('does not count whom a message could not be queued for', () => {
    const hub = new Hub(new RealtimeCounters());
    hub.subscribe('1', 'c', { id: '1.1', send: () => false });
    expect(hub.publish('1', { channel: 'c', event: 'e', data: '' })).toBe(0);
  });

  it('lets a subscriber leave while it is being written to', () => {
    const hub = new Hub(new RealtimeCounters());
    const leaving = Array.from({ length: 3 }, (_, n) => {
      const subscriber = { id: `${n}.0`, send: (): boolean => (hub.leave(subscriber), true) };
      return subscriber;
    });
    for (const subscriber of leaving) hub.subscribe('1', 'c', subscriber);
    expect(hub.publish('1', { channel: 'c', event: 'e', data: '' })).toBe(3);
    expect(hub.occupiedChannels('1')).toEqual([]);
    expect(hub.counters.channels).toBe(0);
  });
});
