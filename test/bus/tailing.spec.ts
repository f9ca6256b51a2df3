import { Nodes } from '../../src/app.nodes.js';
import type { Bus } from '../../src/bus/bus.js';
import { MemoryBus } from '../../src/bus/memory-bus.js';
import { ChangeFeed } from '../../src/changes/change-feed.js';
import { PATIENCE } from '../../src/changes/patience.js';
import type { ObjectList } from '../../src/storage/storage.js';
import { until } from '../changes/until.js';
import { ChangeWriter } from '../support/change-writer.js';
import { FakeListener, registered } from '../support/fake-listener.js';
import { describeWithPostgresql } from '../support/postgresql.js';
import { openPostgresql, PostgresqlDatabases } from '../support/postgresql-databases.js';
import { RecordingLog } from '../support/recording-log.js';

/** In ms: so rarely that a test would end before it is looked by itself. */
const NEVER = 60_000;

describeWithPostgresql('What one node commits [needs postgresql]', () => {
  const databases = new PostgresqlDatabases();
  let url: string;
  let ends: (() => Promise<void>)[] = [];
  const start = async (bus: Bus, pollInterval: number) => {
    const storage = await openPostgresql(url, { pollInterval });
    const nodes = new Nodes(storage, bus, { lease: 3_000 });
    const feed = new ChangeFeed(storage, new RecordingLog(), PATIENCE, nodes.leases);
    const listener = new FakeListener('on-every-node');
    nodes.open();
    await feed.open([registered('live', listener)]);
    ends.push(async () => {
      await feed.close();
      await nodes.close();
      await storage.close();
    });
    return { storage, listener };
  };
  beforeAll(() => databases.start(), 60_000);
  beforeEach(async () => {
    url = await databases.next();
  });
  afterEach(async () => {
    for (const end of ends) await end();
    ends = [];
    databases.giveBack(url);
  });
  afterAll(() => databases.stop());

  it('is told by every node when the bus says that there is something, in the order of each list', async () => {
    const all = new Set<MemoryBus>();
    const one = await start(new MemoryBus(all), NEVER);
    const two = await start(new MemoryBus(all), NEVER);
    const lists = ['a', 'b', 'c'].map((id): ObjectList => {
      return { parentId: `/buckets/home/collections/${id}`, resourceName: 'record' };
    });
    const [first, second] = [new ChangeWriter(one.storage), new ChangeWriter(two.storage)];
    await Promise.all(
      lists.flatMap((list) =>
        Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? first : second).create(list, `r${index}`)),
      ),
    );
    for (const { listener } of [one, two]) {
      await until(() => listener.heard.length === 120, 'everything has been told');
      for (const { parentId } of lists) {
        const ofList = listener.heard.filter((change) => change.parentId === parentId);
        const numbers = ofList.flatMap(({ impacted }) => impacted.map(({ position }) => position.n));
        expect(numbers).toEqual(Array.from({ length: 40 }, (_, index) => numbers[0]! + index));
      }
    }
  });

  it('is found by looking where there is no bus', async () => {
    const one = await start(new MemoryBus(), NEVER);
    const two = await start(new MemoryBus(), 50);
    const list = { parentId: '/buckets/home/collections/a', resourceName: 'record' };
    await new ChangeWriter(one.storage).createAll(list, ['r1', 'r2']);
    await until(() => two.listener.ids.length === 2, 'it is found');
    expect(two.listener.ids).toEqual(['r1', 'r2']);
  });
});
