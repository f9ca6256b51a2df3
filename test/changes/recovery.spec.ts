import { ChangeFeed } from '../../src/changes/change-feed.js';
import { deadLetters } from '../../src/storage/dead-letters.js';
import type { SqliteStorage } from '../../src/storage/sqlite/sqlite-storage.js';
import { ChangeWriter, TASKS } from '../support/change-writer.js';
import { FakeListener, idsOf, registered } from '../support/fake-listener.js';
import { RecordingLog } from '../support/recording-log.js';
import { TemporaryStorage } from '../support/temporary-storage.js';

const MAX_TRIES = 3;
const OTHER = { parentId: '/buckets/home/collections/other', resourceName: 'record' };

describe('A target that recovers while a change is about to be given up', () => {
  const temporary = new TemporaryStorage();
  let storage: SqliteStorage;
  let writer: ChangeWriter;
  let feed: ChangeFeed;
  let listener: FakeListener;

  beforeEach(async () => {
    storage = await temporary.open();
    writer = new ChangeWriter(storage);
    feed = new ChangeFeed(storage, new RecordingLog(), { firstWait: 1, longestWait: 4, closeGrace: 100 });
    let failures = MAX_TRIES;
    listener = new FakeListener('once-per-cluster', (change) => {
      if (idsOf([change])[0] === 'r0' && failures-- > 0) throw new Error('down');
    });
    await feed.open([registered('target', listener, {}, { maxTries: MAX_TRIES })]);
  });
  afterEach(async () => {
    await feed.close();
    await temporary.close(storage);
  });
  afterAll(() => temporary.remove());

  const dead = () => storage.read(({ sql }) => deadLetters.count(sql, 'listener:target'));

  it('is told that change after all, and nothing is put aside', async () => {
    await writer.request(async (steps) => {
      await steps.create(TASKS, 'r0');
      await steps.create(OTHER, 'o1');
    });
    await writer.create(TASKS, 'r1');
    await feed.settled();
    expect(await dead()).toBe(0);
    // The one from the other list came before its turn, and comes in it as well.
    expect(listener.ids).toEqual(['o1', 'r0', 'o1', 'r1']);
  });

  it('is told a list in its order when there is no other list to try', async () => {
    await writer.createAll(TASKS, ['r0', 'r1', 'r2']);
    await feed.settled();
    expect([await dead(), listener.ids]).toEqual([0, ['r0', 'r1', 'r2']]);
  });
});
