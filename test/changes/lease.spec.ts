import { ChangeFeed } from '../../src/changes/change-feed.js';
import { DatabaseLeases } from '../../src/changes/database-leases.js';
import { LeaseLost, type Lease } from '../../src/changes/lease.js';
import { DeliveryRecord } from '../../src/changes/delivery-record.js';
import { journal } from '../../src/storage/journal.js';
import { listenerOrders } from '../../src/storage/listener-orders.js';
import type { PostgresqlStorage } from '../../src/storage/postgresql/postgresql-storage.js';
import type { Storage } from '../../src/storage/storage.js';
import { BUCKETS, ChangeWriter, TASKS } from '../support/change-writer.js';
import { FakeListener, registered } from '../support/fake-listener.js';
import { describeWithPostgresql } from '../support/postgresql.js';
import { openPostgresql, PostgresqlDatabases } from '../support/postgresql-databases.js';
import { RecordingLog } from '../support/recording-log.js';
import { TemporaryStorage } from '../support/temporary-storage.js';
import { until } from './until.js';

const LENGTH = 1_500;
const PATIENCE = { firstWait: 4, longestWait: 16, closeGrace: 100 };

/** One server's view of the database, which it may lose. */
class Node {
  isCutOff = false;
  readonly log = new RecordingLog();
  readonly leases: DatabaseLeases;
  readonly reached: Storage;

  constructor(
    readonly name: string,
    readonly storage: PostgresqlStorage,
  ) {
    this.reached = {
      read: (work) => (this.isCutOff ? Promise.reject(new Error('cut off')) : storage.read(work)),
      write: (work, lists) => (this.isCutOff ? Promise.reject(new Error('cut off')) : storage.write(work, lists)),
      onCommit: (listener) => storage.onCommit(listener),
      isHealthy: () => storage.isHealthy(),
    };
    this.leases = new DatabaseLeases(this.reached, name, LENGTH, this.log);
    this.leases.open();
  }

  feed(): ChangeFeed {
    return new ChangeFeed(this.reached, this.log, PATIENCE, this.leases);
  }

  async end(): Promise<void> {
    await this.leases.close();
    await this.storage.close();
  }
}

describeWithPostgresql('A lease [needs postgresql]', () => {
  const databases = new PostgresqlDatabases();
  let url: string;
  let nodes: Node[] = [];
  let feeds: ChangeFeed[] = [];
  const start = async (name: string) => {
    const node = new Node(name, await openPostgresql(url));
    nodes.push(node);
    return node;
  };
  const tell = async (node: Node, listener: FakeListener) => {
    const feed = node.feed();
    feeds.push(feed);
    await feed.open([registered('hook', listener)]);
    return feed;
  };
  const cursor = (node: Node) => node.storage.read(({ sql }) => journal.findCursor(sql, 'listener:hook'));
  beforeAll(() => databases.start(), 60_000);
  beforeEach(async () => {
    url = await databases.next();
  });
  afterEach(async () => {
    for (const node of nodes) node.isCutOff = false;
    for (const feed of feeds) await feed.close();
    for (const node of nodes) await node.end();
    [nodes, feeds] = [[], []];
    databases.giveBack(url);
  });
  afterAll(() => databases.stop());

  it('is one node’s, and another’s as soon as it is given back', async () => {
    const [one, two] = [await start('one'), await start('two')];
    const told: string[] = [];
    const first = await one.leases.take('work', { won: () => told.push('one won'), lost: () => told.push('one lost') });
    const second = await two.leases.take('work', { won: () => told.push('two won') });
    expect([first.isHeld, second.isHeld, told]).toEqual([true, false, ['one won']]);
    await first.release();
    expect(first.isHeld).toBe(false);
    await until(() => second.isHeld, 'the other has it');
    expect(told).toEqual(['one won', 'two won']);
  });

  it('is kept for as long as its holder renews it', async () => {
    const [one, two] = [await start('one'), await start('two')];
    let lost = 0;
    const first = await one.leases.take('work', { lost: () => (lost += 1) });
    const second = await two.leases.take('work', {});
    const end = performance.now() + 2 * LENGTH;
    await until(() => second.isHeld || performance.now() > end, 'the time of two leases is over');
    expect([first.isHeld || lost > 0, second.isHeld && lost === 0]).toEqual([true, false]);
  });

  it('ends for a holder that cannot renew it before another has it', async () => {
    const [one, two] = [await start('one'), await start('two')];
    const told: string[] = [];
    const first = await one.leases.take('work', { lost: () => told.push('one lost') });
    const heldBoth: boolean[] = [];
    const second = await two.leases.take('work', {
      won: () => {
        heldBoth.push(first.isHeld);
        told.push('two won');
      },
    });
    one.isCutOff = true;
    await until(() => second.isHeld, 'the other has it');
    expect([told, heldBoth]).toEqual([['one lost', 'two won'], [false]]);
    expect(one.log.lines).toEqual([expect.stringContaining('The leases cannot be renewed')]);
    one.isCutOff = false;
    await until(() => one.log.lines.length === 2, 'it can be renewed again');
    expect([first.isHeld, second.isHeld]).toEqual([false, true]);
  });

  it('lets nobody write down a place who has lost it without knowing', async () => {
    const [one, two] = [await start('one'), await start('two')];
    const first = await one.leases.take('listener:hook', {});
    await two.storage.write(({ sql }) =>
      sql.run('UPDATE leases SET holder = ? WHERE name = ?', ['two', 'listener:hook']),
    );
    const stale: Lease = { isHeld: true, ensureHeld: (sql) => first.ensureHeld(sql), release: () => Promise.resolve() };
    const record = new DeliveryRecord(one.storage, 'listener:hook', stale);
    await record.open('end');
    await expect(record.moveTo(7)).rejects.toThrow(LeaseLost);
    expect(await cursor(two)).toBe(0);
  });

  it('has each change told by one node, and by the next from where that one stopped', async () => {
    const [one, two] = [await start('one'), await start('two')];
    const [first, second] = [new FakeListener('once-per-cluster'), new FakeListener('once-per-cluster')];
    const feed = await tell(one, first);
    await tell(two, second);
    const writers = [new ChangeWriter(one.storage), new ChangeWriter(two.storage)] as const;
    await writers[1].createAll(TASKS, ['r1', 'r2']);
    await until(() => first.ids.length === 2, 'the first node tells');
    await feed.close();
    await writers[0].createAll(TASKS, ['r3', 'r4']);
    await until(() => second.ids.length === 2, 'the second node tells');
    expect([first.ids, second.ids]).toEqual([
      ['r1', 'r2'],
      ['r3', 'r4'],
    ]);
  });

  it('ends a try under way before another node begins with the same change', async () => {
    const [one, two] = [await start('one'), await start('two')];
    const order: string[] = [];
    const first = new FakeListener('once-per-cluster', (_, cutOff) => {
      order.push('one begins');
      return new Promise((resolve) => {
        cutOff?.addEventListener('abort', () => {
          order.push('one ends');
          resolve();
        });
      });
    });
    const second = new FakeListener('once-per-cluster', () => void order.push('two begins'));
    await tell(one, first);
    await tell(two, second);
    await new ChangeWriter(two.storage).create(TASKS, 'r1');
    await until(() => order.length === 1, 'the first node tells');
    one.isCutOff = true;
    await until(() => second.ids.length === 1, 'the second node tells');
    expect(order).toEqual(['one begins', 'one ends', 'two begins']);
  });

  it('takes over from a node that died within five seconds, and misses nothing', async () => {
    const [one, two] = [await start('one'), await start('two')];
    const [first, second] = [new FakeListener('once-per-cluster'), new FakeListener('once-per-cluster')];
    await tell(one, first);
    await tell(two, second);
    const writer = new ChangeWriter(two.storage);
    await writer.create(TASKS, 'r1');
    await until(async () => ((await cursor(two)) ?? 0) > 0, 'the first node has told and written it down');
    one.isCutOff = true;
    await writer.createAll(TASKS, ['r2', 'r3']);
    await until(() => second.ids.includes('r3'), 'the second node tells', 10_000);
    // At most what was told and not yet written down comes twice.
    expect(second.ids).toEqual(['r2', 'r3']);
  });

  it('keeps the place of a listener that another node has in its settings', async () => {
    const [one, two] = [await start('one'), await start('two')];
    await tell(one, new FakeListener('once-per-cluster'));
    const other = two.feed();
    feeds.push(other);
    await other.open([]);
    expect(await cursor(two)).toBe(0);
    await feeds[0]!.close();
    const later = two.feed();
    await other.close();
    feeds.push(later);
    await later.open([]);
    expect(await cursor(two)).toBeUndefined();
  });

  it('has an order carried out once, by the node that tells the listener', async () => {
    const [one, two] = [await start('one'), await start('two')];
    const [first, second] = [new FakeListener('once-per-cluster'), new FakeListener('once-per-cluster')];
    await tell(one, first);
    await tell(two, second);
    const give = (consumer: string) =>
      two.storage.write(({ sql }) => listenerOrders.give(sql, { consumer, verb: 'test', position: null }, Date.now()));
    const ids = [await give('listener:hook'), await give('listener:nobody')];
    const results = () => Promise.all(ids.map((id) => two.storage.read(({ sql }) => listenerOrders.resultOf(sql, id))));
    await until(async () => !(await results()).includes(undefined), 'both are answered');
    expect(await results()).toEqual(['the test event was delivered', 'there is no such listener on this server']);
    expect([first.heard.length, second.heard.length]).toEqual([1, 0]);
  });
});

describe('A process with a database of its own', () => {
  it('has no leases', async () => {
    const temporary = new TemporaryStorage();
    const storage = await temporary.open();
    const feed = new ChangeFeed(storage, new RecordingLog(), PATIENCE);
    const listener = new FakeListener('once-per-cluster');
    await feed.open([registered('hook', listener)]);
    await new ChangeWriter(storage).create(BUCKETS, 'home');
    await feed.settled();
    const rows = await storage.read(({ sql }) => sql.all('SELECT * FROM leases'));
    expect([listener.ids, rows]).toEqual([['home'], []]);
    await feed.close();
    await temporary.remove();
  });
});
