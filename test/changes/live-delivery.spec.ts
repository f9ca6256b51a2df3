import { ChangeFeed } from '../../src/changes/change-feed.js';
import type { SqliteStorage } from '../../src/storage/sqlite/sqlite-storage.js';
import { eventually } from '../realtime/support/eventually.js';
import { ChangeWriter, TASKS } from '../support/change-writer.js';
import { FakeListener, NEVER, registered } from '../support/fake-listener.js';
import { RecordingLog } from '../support/recording-log.js';
import { TemporaryStorage } from '../support/temporary-storage.js';

const PATIENCE = { firstWait: 1, longestWait: 4, closeGrace: 10 };

describe('A live listener', () => {
  const temporary = new TemporaryStorage();
  let storage: SqliteStorage;
  let writer: ChangeWriter;
  let log: RecordingLog;
  let feed: ChangeFeed;
  beforeEach(async () => {
    storage = await temporary.open();
    writer = new ChangeWriter(storage);
    log = new RecordingLog();
    feed = new ChangeFeed(storage, log, PATIENCE);
  });
  afterEach(() => feed.close());
  afterAll(() => temporary.remove());

  it('hears only what is committed from now on', async () => {
    await writer.create(TASKS, 'before');
    const listener = new FakeListener('on-every-node');
    await feed.open([registered('live', listener)]);
    await writer.create(TASKS, 'after');
    await feed.settled();
    expect(listener.ids).toEqual(['after']);
    await feed.close();
    await writer.create(TASKS, 'closed');

    const again = new ChangeFeed(storage, log, PATIENCE);
    await again.open([registered('live', listener)]);
    await writer.create(TASKS, 'open again');
    await again.settled();
    await again.close();
    expect(listener.ids).toEqual(['after', 'open again']);
  });

  it('hears what is committed while the feed is opening', async () => {
    const listener = new FakeListener('on-every-node');
    // The durable one's place in the database is made after the live one has found its own.
    const opening = feed.open([
      registered('live', listener),
      registered('durable', new FakeListener('once-per-cluster')),
    ]);
    let opened = false;
    void opening.then(() => (opened = true));
    const written: string[] = [];
    while (!opened) {
      const id = `r${written.length}`;
      await writer.create(TASKS, id);
      written.push(id);
    }
    await feed.settled();
    expect(listener.ids).toEqual(written.slice(written.length - listener.ids.length));
    expect(listener.ids.at(-1)).toBe(written.at(-1));
  });

  it('hears nothing of what was undone', async () => {
    const listener = new FakeListener('on-every-node');
    await feed.open([registered('live', listener)]);
    const refusing = new ChangeWriter(storage, [{ beforeCommit: () => Promise.reject(new Error('no')) }]);
    await expect(refusing.create(TASKS, 'undone')).rejects.toThrow('no');
    await writer.create(TASKS, 'kept');
    await feed.settled();
    expect(listener.ids).toEqual(['kept']);
  });

  it('is not told again what it failed at, and its failures are logged now and then, by its name', async () => {
    const listener = new FakeListener('on-every-node', ({ impacted }) => {
      if (impacted[0]?.id !== 'r3') throw new Error('broken');
    });
    const one = registered('live', listener);
    await feed.open([one]);
    await writer.createAll(TASKS, ['r1', 'r2', 'r3']);
    await feed.settled();
    expect(listener.ids).toEqual(['r3']);
    expect(one.stats).toEqual({ delivered: 1, failed: 2, undeliverable: 0, lastError: 'broken' });
    expect(log.lines).toEqual([
      expect.stringMatching(/^error: Listener live failed \(1 times\) at change .+: broken$/),
    ]);
  });

  it('that fails or hangs delays no other, and is cut off in the end', async () => {
    const [failing, hanging, healthy] = [
      new FakeListener('on-every-node', () => Promise.reject(new Error('broken'))),
      new FakeListener('on-every-node', NEVER),
      new FakeListener('on-every-node'),
    ];
    await feed.open([registered('a', failing), registered('b', hanging), registered('c', healthy)]);
    await writer.createAll(TASKS, ['r1', 'r2']);
    await eventually(() => healthy.heard.length === 2 && failing.tried.length === 2, 'the others have heard');
    expect(hanging.tried).toHaveLength(1);
    await feed.close();
    expect([failing.closed, hanging.closed, healthy.closed]).toEqual([1, 1, 1]);
  });

  it('goes on to the next change after one that hung for too long', async () => {
    const quick = new ChangeFeed(storage, log, PATIENCE);
    const listener = new FakeListener('on-every-node', ({ impacted }) =>
      impacted[0]?.id === 'r1' ? NEVER() : undefined,
    );
    await quick.open([registered('live', listener, {}, { timeout: 5 })]);
    await writer.createAll(TASKS, ['r1', 'r2']);
    await quick.settled();
    await quick.close();
    expect(listener.ids).toEqual(['r2']);
    expect(log.lines[0]).toContain('no answer within 5 ms');
  });

  it('hears on after the database has failed', async () => {
    const listener = new FakeListener('on-every-node');
    await feed.open([registered('live', listener)]);
    const read = storage.read.bind(storage);
    let failures = 2;
    storage.read = (work) => (failures-- > 0 ? Promise.reject(new Error('disk I/O error')) : read(work));
    await writer.create(TASKS, 'r1');
    await feed.settled();
    expect(listener.ids).toEqual(['r1']);
    expect(log.lines).toEqual(['error: Listener live cannot be told, the log cannot be read: disk I/O error']);
  });
});
