import { EventBatches, type Batch } from '../../../src/realtime/webhooks/event-batches.js';

// Modules have no global of that name.
const { jest } = import.meta;

describe('Batches of events', () => {
  const finished: Batch[] = [];
  const bodies = () => finished.map(({ appId, body }) => `${appId} ${body.replace(/\d{13}/, 'NOW')}`);
  const batchesOf = (limits: Partial<ConstructorParameters<typeof EventBatches>[0]> = {}): EventBatches => {
    return new EventBatches({ batchWindow: 50, maxBatch: 100, maxBatchBytes: 90_000, ...limits }, (batch) =>
      finished.push(batch),
    );
  };
  beforeEach(() => {
    jest.useFakeTimers();
    finished.length = 0;
  });
  afterEach(() => jest.useRealTimers());

  it('hold what happens to an app within the window, in order, and carry the time', () => {
    const batches = batchesOf();
    batches.add('1', { name: 'channel_occupied', channel: 'a' });
    batches.add('2', { name: 'cache_miss', channel: 'cache-b' });
    jest.advanceTimersByTime(40);
    batches.add('1', { name: 'channel_occupied', channel: 'c' });
    expect(finished).toEqual([]);
    jest.advanceTimersByTime(11);
    expect(bodies()).toEqual([
      '1 {"time_ms":NOW,"events":[{"name":"channel_occupied","channel":"a"},{"name":"channel_occupied","channel":"c"}]}',
      '2 {"time_ms":NOW,"events":[{"name":"cache_miss","channel":"cache-b"}]}',
    ]);
    expect(JSON.parse(finished[0]!.body)).toMatchObject({ time_ms: finished[0]!.createdAt });
  });

  it('are single events without a window', () => {
    const batches = batchesOf({ batchWindow: 0 });
    for (const channel of ['a', 'b']) batches.add('1', { name: 'channel_occupied', channel });
    expect(bodies()).toEqual([
      '1 {"time_ms":NOW,"events":[{"name":"channel_occupied","channel":"a"}]}',
      '1 {"time_ms":NOW,"events":[{"name":"channel_occupied","channel":"b"}]}',
    ]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('end when they have as many events as they may have', () => {
    const batches = batchesOf({ maxBatch: 2 });
    for (const channel of ['a', 'b', 'c']) batches.add('1', { name: 'channel_occupied', channel });
    expect(finished).toHaveLength(1);
    batches.flush();
    expect(finished).toHaveLength(2);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('stay within their bytes, unless a single event is larger', () => {
    const batches = batchesOf({ maxBatchBytes: 1024 });
    const say = (data: string) =>
      batches.add('1', { name: 'client_event', channel: 'private-a', event: 'client-e', data, socket_id: '1.2' });
    for (const data of ['é'.repeat(150), 'é'.repeat(150), 'é'.repeat(150), 'é'.repeat(2000), 'x']) say(data);
    batches.flush();
    expect(finished.map(({ body }) => (JSON.parse(body) as { events: unknown[] }).events.length)).toEqual([2, 1, 1, 1]);
    expect(Buffer.byteLength(finished[0]!.body)).toBeLessThanOrEqual(1024);
  });
});
