import { ChangeFeed } from '../../src/changes/change-feed.js';
import { UndeliverableChange } from '../../src/changes/change-listener.js';
import type { DeliveryRules } from '../../src/changes/delivery-rules.js';
import { deadLetters } from '../../src/storage/dead-letters.js';
import { listenerOrders, type OrderVerb } from '../../src/storage/listener-orders.js';
import { listenerStates } from '../../src/storage/listener-states.js';
import type { SqliteStorage } from '../../src/storage/sqlite/sqlite-storage.js';
import { eventually } from '../realtime/support/eventually.js';
import { found } from '../support/found.js';
import { ChangeWriter, TASKS } from '../support/change-writer.js';
import { FakeListener, registered } from '../support/fake-listener.js';
import { RecordingLog } from '../support/recording-log.js';
import { TemporaryStorage } from '../support/temporary-storage.js';

const PATIENCE = { firstWait: 2, longestWait: 8, closeGrace: 10 };
const CONSUMER = 'listener:one';

const temporary = new TemporaryStorage();
let storage: SqliteStorage;
let writer: ChangeWriter;
let feed: ChangeFeed;
let listener: FakeListener;
let log: RecordingLog;

beforeEach(async () => {
  log = new RecordingLog();
  storage = await temporary.open(`dead-${expect.getState().currentTestName?.length ?? 0}-${Date.now()}`);
  writer = new ChangeWriter(storage);
  listener = new FakeListener('once-per-cluster');
});
afterEach(async () => {
  await feed.close();
  await temporary.close(storage);
});
afterAll(() => temporary.remove());

const open = async (rules: Partial<DeliveryRules> = {}) => {
  feed = new ChangeFeed(storage, log, PATIENCE);
  const one = registered('one', listener, {}, rules);
  await feed.open([one]);
  return one;
};
const failAt = (...ids: string[]) => {
  listener.reaction = ({ impacted }) => {
    if (impacted.some(({ id }) => ids.includes(id))) throw new Error('500 on it');
  };
};
const letters = () => storage.read(({ sql }) => deadLetters.list(sql, CONSUMER, undefined, 100));
const state = () => storage.read(({ sql }) => listenerStates.find(sql, CONSUMER));
const resultOf = (id: number) =>
  found(() => storage.read(({ sql }) => listenerOrders.resultOf(sql, id)), 'the order is carried out');
const order = async (verb: OrderVerb, position: number | null = null) => {
  const id = await storage.write(({ sql }) =>
    listenerOrders.give(sql, { consumer: CONSUMER, verb, position }, Date.now()),
  );
  return resultOf(id);
};

describe('A change that fails and fails', () => {
  it('becomes a dead letter when the one behind it arrives, and holds up nobody any longer', async () => {
    failAt('bad');
    const one = await open({ maxTries: 3 });
    await writer.createAll(TASKS, ['a', 'bad', 'b', 'c']);
    await feed.settled();
    expect(listener.ids).toEqual(['a', 'b', 'c']);
    expect(one.stats).toMatchObject({ delivered: 3, undeliverable: 1 });
    const [letter] = await letters();
    expect(letter).toMatchObject({ tries: 6, error: '500 on it' });
    expect(JSON.parse(letter!.content)).toMatchObject({ action: 'create', impacted: [{ id: 'bad' }] });
  });

  it('is tried on and on while the target is down, and nothing is put aside or out of order', async () => {
    let isDown = true;
    listener.reaction = () => {
      if (isDown) throw new Error('down');
    };
    await open({ maxTries: 2 });
    await writer.createAll(TASKS, ['a', 'b', 'c']);
    await eventually(() => listener.tried.length > 20, 'it was tried often');
    expect(await letters()).toEqual([]);
    const { lastError, failingSince } = (await state())!;
    expect([lastError, typeof failingSince]).toEqual(['down', 'number']);
    isDown = false;
    await feed.settled();
    expect(listener.ids).toEqual(['a', 'b', 'c']);
    await found(async () => (await state())?.failingSince === null || undefined, 'it is known to be well');
    expect(await state()).toMatchObject({ lastError: 'down' });
  });

  it('waits when it is the last, and is put aside once there is another one', async () => {
    failAt('bad');
    await open({ maxTries: 2 });
    await writer.create(TASKS, 'bad');
    await eventually(() => listener.tried.length > 4, 'it was tried often');
    expect(await letters()).toEqual([]);
    await writer.create(TASKS, 'next');
    await feed.settled();
    expect(listener.ids).toEqual(['next']);
    expect(await letters()).toHaveLength(1);
  });

  it('is not given up while each try gets further', async () => {
    listener.reaction = ({ impacted }) => {
      if (impacted[0]!.id === 'large' && ++listener.progress < 12) throw new Error('cut off on the way');
    };
    await open({ maxTries: 2 });
    await writer.createAll(TASKS, ['large', 'b', 'c']);
    await feed.settled();
    expect(listener.ids).toEqual(['large', 'b', 'c']);
    expect(listener.tried).toHaveLength(14);
    expect(await letters()).toEqual([]);
  });

  it('is never put aside when the settings say so', async () => {
    failAt('bad');
    await open({ maxTries: 0 });
    await writer.createAll(TASKS, ['bad', 'next']);
    await eventually(() => listener.tried.length > 20, 'it was tried often');
    expect(listener.ids).toEqual([]);
  });

  it('holds up the others when no more dead letters are kept', async () => {
    failAt('bad-1', 'bad-2');
    await open({ maxTries: 1, maxDeadLetters: 1 });
    await writer.createAll(TASKS, ['bad-1', 'bad-2', 'next', 'after']);
    await eventually(() => log.lines.some((line) => line.includes('has 1 dead letters')), 'it says so');
    expect(await letters()).toHaveLength(1);
    const tried = listener.tried.length;
    await eventually(() => listener.tried.length > tried + 10, 'it is tried on');
    expect(listener.ids).not.toContain('after');
    listener.reaction = () => undefined;
    await feed.settled();
    expect(new Set(listener.ids)).toEqual(new Set(['bad-2', 'next', 'after']));
  });
});

describe('An order', () => {
  it('has dead letters sent again, and keeps those that fail again', async () => {
    listener.reaction = () => {
      throw new UndeliverableChange('no');
    };
    await open();
    await writer.createAll(TASKS, ['a', 'b']);
    await feed.settled();
    expect(await letters()).toHaveLength(2);
    failAt('b');
    expect(await order('retry')).toBe('1 dead letter(s) delivered, 1 failed again: 500 on it');
    expect(listener.ids).toEqual(['a']);
    expect(await order('drop')).toBe('1 dead letter(s) dropped');
    expect(await letters()).toEqual([]);
  });

  it('has everything told again from a position on, also while the listener waits for its target', async () => {
    await open();
    await writer.createAll(TASKS, ['a', 'b']);
    await feed.settled();
    listener.reaction = () => {
      throw new Error('down');
    };
    await writer.create(TASKS, 'c');
    await eventually(() => listener.tried.length > 3, 'it fails');
    const done = order('replay', 1);
    await done;
    listener.reaction = () => undefined;
    await feed.settled();
    expect(listener.ids).toEqual(['a', 'b', 'b', 'c']);
  });

  it('sends a marked test event, past every filter, and says what came of it', async () => {
    await open();
    expect(await order('test')).toBe('the test event was delivered');
    expect(JSON.parse(listener.heard[0]!.impacted[0]!.newText)).toMatchObject({ test: true });
    failAt(...['x']);
    listener.reaction = () => {
      throw new Error('refused');
    };
    expect(await order('test')).toBe('the test event failed: refused');
  });

  it('for a listener that is not here is answered too', async () => {
    await open();
    const id = await storage.write(({ sql }) =>
      listenerOrders.give(sql, { consumer: 'listener:other', verb: 'test', position: null }, Date.now()),
    );
    expect(await resultOf(id)).toContain('no such listener');
  });
});

describe('A listener that takes several at once', () => {
  const batches: string[][] = [];
  beforeEach(() => {
    batches.length = 0;
    Object.assign(listener, {
      batchSize: 3,
      afterCommits: async (changes: readonly { impacted: readonly { id: string }[] }[]) => {
        const ids = changes.flatMap(({ impacted }) => impacted.map(({ id }) => id));
        if (ids.includes('bad')) throw new Error('the batch is refused');
        batches.push(ids);
      },
    });
  });

  it('is told them in order, as many as it takes', async () => {
    await open();
    await feed.close();
    await writer.createAll(TASKS, ['a', 'b', 'c', 'd']);
    await open();
    await feed.settled();
    expect(batches).toEqual([['a', 'b', 'c']]);
    expect(listener.ids).toEqual(['d']);
  });

  it('is told one by one what of a batch it refused', async () => {
    await open();
    await feed.close();
    failAt('bad');
    await writer.createAll(TASKS, ['a', 'bad', 'b', 'c']);
    await open({ maxTries: 1 });
    await feed.settled();
    expect([...listener.ids, ...batches.flat()].sort()).toEqual(['a', 'b', 'c']);
    expect(await letters()).toHaveLength(1);
  });
});

describe('A new listener', () => {
  it('can begin with everything that is in the log', async () => {
    await writer.createAll(TASKS, ['a', 'b']);
    await open({ start: 'beginning' });
    await feed.settled();
    expect(listener.ids).toEqual(['a', 'b']);
  });
});

describe('Listeners that take the places of others', () => {
  it('miss nothing, live ones included', async () => {
    const live = new FakeListener('on-every-node');
    feed = new ChangeFeed(storage, log, PATIENCE);
    await feed.open([registered('one', listener), registered('live', live)]);
    await writer.create(TASKS, 'a');
    await feed.settled();
    const replacing = feed.replace([registered('one', listener), registered('live', live)]);
    await writer.createAll(TASKS, ['b', 'c']);
    await replacing;
    await feed.settled();
    expect(listener.ids).toEqual(['a', 'b', 'c']);
    expect(live.ids).toEqual(['a', 'b', 'c']);
  });
});
