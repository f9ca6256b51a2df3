import { ChangeFeed } from '../../src/changes/change-feed.js';
import { UndeliverableChange } from '../../src/changes/change-listener.js';
import type { DeliveryRules } from '../../src/changes/delivery-rules.js';
import type { SqliteStorage } from '../../src/storage/sqlite/sqlite-storage.js';
import { eventually } from '../realtime/support/eventually.js';
import { BUCKETS, ChangeWriter, TASKS } from '../support/change-writer.js';
import { FakeListener, idsOf, NEVER, registered } from '../support/fake-listener.js';
import { RecordingLog } from '../support/recording-log.js';
import { TemporaryStorage } from '../support/temporary-storage.js';

const PATIENCE = { firstWait: 4, longestWait: 16, closeGrace: 10 };

describe('A durable listener', () => {
  const temporary = new TemporaryStorage();
  let name = 0;
  let storage: SqliteStorage;
  let writer: ChangeWriter;
  let log: RecordingLog;
  let feed: ChangeFeed;
  const opened = async (listeners: Record<string, FakeListener>, rules: Partial<DeliveryRules> = {}) => {
    feed = new ChangeFeed(storage, log, PATIENCE);
    const all = Object.entries(listeners).map(([each, listener]) => registered(each, listener, {}, rules));
    await feed.open(all);
    return all;
  };
  const openDatabase = async () => {
    storage = await temporary.open(`durable-${name}`);
    writer = new ChangeWriter(storage);
  };
  beforeEach(async () => {
    name += 1;
    log = new RecordingLog();
    await openDatabase();
  });
  afterEach(async () => {
    await feed.close();
    await temporary.close(storage);
  });
  afterAll(() => temporary.remove());

  it('hears everything in order from where it was, after a restart', async () => {
    const listener = new FakeListener('once-per-cluster');
    await writer.create(TASKS, 'before');
    await opened({ durable: listener });
    await writer.createAll(TASKS, ['r1', 'r2']);
    await feed.settled();
    await feed.close();
    const away = Array.from({ length: 250 }, (_, index) => `away-${index}`);
    await writer.createAll(TASKS, away);
    await temporary.close(storage);

    await openDatabase();
    await opened({ durable: listener });
    await writer.create(TASKS, 'back');
    await feed.settled();
    expect(listener.ids).toEqual(['r1', 'r2', ...away, 'back']);
  });

  it('hears again, under the same id, what it was being told when the server stopped', async () => {
    const listener = new FakeListener('once-per-cluster', ({ impacted }) =>
      impacted[0]?.id === 'r2' ? NEVER() : undefined,
    );
    await opened({ durable: listener });
    await writer.createAll(TASKS, ['r1', 'r2', 'r3']);
    await eventually(() => listener.tried.length === 2, 'it hangs at the second');
    await feed.close();
    expect([listener.ids, listener.closed]).toEqual([['r1'], 1]);
    expect(log.lines).toEqual([expect.stringContaining('no answer before the end')]);

    listener.reaction = () => undefined;
    await opened({ durable: listener });
    await feed.settled();
    expect(listener.ids).toEqual(['r1', 'r2', 'r3']);
    expect(listener.tried[2]?.id).toBe(listener.tried[1]?.id);
  });

  it('is told again, with growing waits, what it failed at, each failure logged once by its name', async () => {
    let failures = 4;
    const listener = new FakeListener('once-per-cluster', ({ impacted }) => {
      if (impacted[0]?.id === 'r2' && failures-- > 0) throw new Error('down', { cause: new Error('ECONNREFUSED') });
    });
    const [one] = await opened({ durable: listener });
    await writer.createAll(TASKS, ['r1', 'r2', 'r3']);
    await feed.settled();
    expect(listener.ids).toEqual(['r1', 'r2', 'r3']);
    expect(one?.stats).toMatchObject({ delivered: 3, failed: 4, undeliverable: 0 });
    const waits = log.lines.map((line) => {
      expect(line).toMatch(/^warn: Listener durable failed, next try in \d+ ms: down \(ECONNREFUSED\)$/);
      return Number(/\d+/.exec(line)?.[0]);
    });
    expect(waits).toHaveLength(4);
    for (const [index, longest] of [4, 8, 16, 16].entries()) {
      expect(waits[index]).toBeGreaterThanOrEqual(longest * 0.75);
      expect(waits[index]).toBeLessThanOrEqual(longest);
    }
  });

  it('that hangs is cut off, told so, and tried again', async () => {
    const cutOff: unknown[] = [];
    let hangs = 2;
    const listener = new FakeListener('once-per-cluster', (_, signal) => {
      signal?.addEventListener('abort', () => cutOff.push((signal.reason as Error).message));
      return hangs-- > 0 ? NEVER() : undefined;
    });
    await opened({ durable: listener }, { timeout: 5 });
    await writer.create(TASKS, 'r1');
    await feed.settled();
    expect(listener.ids).toEqual(['r1']);
    expect(cutOff).toEqual(['no answer within 5 ms', 'no answer within 5 ms']);
    expect(log.lines).toHaveLength(2);
  });

  it('passes over what it will never take', async () => {
    const listener = new FakeListener('once-per-cluster', ({ impacted }) => {
      if (impacted[0]?.id === 'r1') throw new UndeliverableChange('too large');
    });
    const [one] = await opened({ durable: listener });
    await writer.createAll(TASKS, ['r1', 'r2']);
    await feed.settled();
    expect(listener.ids).toEqual(['r2']);
    expect(one?.stats).toMatchObject({ delivered: 1, failed: 1, undeliverable: 1 });
    expect(log.lines).toEqual([
      expect.stringMatching(/^error: Listener durable refused change .+ for good, now a dead letter: too large$/),
    ]);
  });

  it('that fails or hangs delays neither another listener nor the writer', async () => {
    const [failing, hanging, healthy, live] = [
      new FakeListener('once-per-cluster', () => Promise.reject(new Error('down'))),
      new FakeListener('once-per-cluster', NEVER),
      new FakeListener('once-per-cluster'),
      new FakeListener('on-every-node'),
    ];
    await opened({ failing, hanging, healthy, live });
    await writer.createAll(TASKS, ['r1', 'r2']);
    await eventually(() => healthy.heard.length === 2 && live.heard.length === 2, 'the others have heard');
    expect([failing.ids, hanging.ids]).toEqual([[], []]);
    expect(new Set(idsOf(failing.tried))).toEqual(new Set(['r1']));
  });

  it('starts at the end of the log when it is new, and again when it was gone for a while', async () => {
    const [first, second] = [new FakeListener('once-per-cluster'), new FakeListener('once-per-cluster')];
    await opened({ first });
    await writer.create(TASKS, 'r1');
    await feed.settled();
    await feed.close();
    await opened({ second });
    await writer.create(TASKS, 'r2');
    await feed.settled();
    await feed.close();
    expect(log.lines).toEqual(['log: Listener first is not configured any more; its place is forgotten']);
    await opened({ first, second });
    await writer.create(TASKS, 'r3');
    await feed.settled();
    expect([first.ids, second.ids]).toEqual([
      ['r1', 'r3'],
      ['r2', 'r3'],
    ]);
  });

  it('loses its place when it has become a live one', async () => {
    await opened({ one: new FakeListener('once-per-cluster') });
    await feed.close();
    await opened({ one: new FakeListener('on-every-node') });
    await writer.create(TASKS, 'live');
    await feed.close();
    const durable = new FakeListener('once-per-cluster');
    await opened({ one: durable });
    await writer.create(TASKS, 'durable again');
    await feed.settled();
    expect(durable.ids).toEqual(['durable again']);
  });

  it('hears of what it asked for and of nothing else, one of two of a kind like the other', async () => {
    const [buckets, deletes] = [new FakeListener('once-per-cluster'), new FakeListener('once-per-cluster')];
    feed = new ChangeFeed(storage, log, PATIENCE);
    await feed.open([
      registered('buckets', buckets, { resources: ['bucket'] }),
      registered('deletes', deletes, { actions: ['delete'] }),
    ]);
    await writer.create(BUCKETS, 'home');
    await writer.create(TASKS, 'r1');
    await writer.delete(TASKS, 'r1');
    await writer.delete(BUCKETS, 'home');
    await feed.settled();
    const told = ({ heard }: FakeListener) => heard.map(({ action, resourceName }) => `${action} ${resourceName}`);
    expect(told(buckets)).toEqual(['create bucket', 'delete bucket']);
    expect(told(deletes)).toEqual(['delete record', 'delete bucket']);
  });

  it('hears on after the database has failed', async () => {
    const listener = new FakeListener('once-per-cluster');
    await opened({ durable: listener });
    await feed.settled();
    const read = storage.read.bind(storage);
    let failures = 2;
    storage.read = (work) => (failures-- > 0 ? Promise.reject(new Error('disk I/O error')) : read(work));
    await writer.create(TASKS, 'r1');
    await feed.settled();
    expect(listener.ids).toEqual(['r1']);
    expect(log.lines).toHaveLength(2);
    expect(log.lines[0]).toMatch(
      /^warn: Listener durable cannot read the change log, next try in \d ms: disk I\/O error/,
    );
  });

  it('that fails to close keeps no other from closing', async () => {
    const [broken, healthy] = [new FakeListener('once-per-cluster'), new FakeListener('once-per-cluster')];
    broken.close = () => {
      throw new Error('stuck');
    };
    await opened({ broken, healthy });
    await feed.close();
    expect(healthy.closed).toBe(1);
    expect(log.lines).toEqual(['error: Listener broken failed to close: stuck']);
  });
});
