import { journal } from '../../src/storage/journal.js';
import type { PostgresqlStorage } from '../../src/storage/postgresql/postgresql-storage.js';
import type { ObjectList, Selection, Storage, UnitOfWork } from '../../src/storage/storage.js';
import { describeWithPostgresql, type PostgresqlServer } from '../support/postgresql.js';
import { openPostgresql, PostgresqlDatabases } from '../support/postgresql-databases.js';

const COLLECTIONS: ObjectList = { parentId: '/buckets/b', resourceName: 'collection' };
const listOf = (collection: string): ObjectList => {
  return { parentId: `/buckets/b/collections/${collection}`, resourceName: 'record' };
};
const EVERYTHING: Selection = { filters: [], sort: [], limit: 0, includeDeleted: false };
const A = listOf('a');
const B = listOf('b');
const count = (length: number) => Array.from({ length }, (_, index) => index);

async function createLogged(unit: UnitOfWork, list: ObjectList, id: string): Promise<void> {
  const { object, position } = await unit.createObject(list, id, {});
  const entry = { list, objectId: id, position, action: 'create' as const, timestamp: object.lastModified };
  await journal.append(unit.sql, unit.id, [{ ...entry, userId: null, newText: object.text, oldText: null }]);
}

/** Two storages on one database, as two processes have them. */
describeWithPostgresql('Two processes on one PostgreSQL database [needs postgresql]', () => {
  const databases = new PostgresqlDatabases();
  let server: PostgresqlServer;
  let url: string;
  let storages: PostgresqlStorage[];
  beforeAll(async () => {
    server = await databases.start();
  }, 150_000);
  beforeEach(async () => {
    url = await databases.next();
    // Deadlocks are looked for after a second, usually.
    await server.run(`ALTER DATABASE ${new URL(url).pathname.slice(1)} SET deadlock_timeout = '20ms'`);
    storages = [await openPostgresql(url), await openPostgresql(url)];
  });
  afterEach(async () => {
    for (const storage of storages) await storage.close();
    databases.giveBack(url);
  });
  afterAll(() => databases.stop());

  const each = (index: number): Storage => storages[index % storages.length]!;

  it('lose no update of one object, though each is made from what was read', async () => {
    await each(0).write((unit) => unit.createObject(A, 'r', { n: 0 }));
    const add = async (unit: UnitOfWork) => {
      const before = (await unit.findObject(A, 'r'))!;
      await unit.updateObject(A, before, { n: Number(before.value.n) + 1 });
    };
    await Promise.all(count(60).map((index) => each(index).write(add, index % 3 === 0 ? undefined : () => [A])));
    const found = await each(0).read((view) => view.findObject(A, 'r'));
    expect(found?.value.n).toBe(60);
  });

  it('make an object once that all of them want to be there', async () => {
    const ensure = async (unit: UnitOfWork) => {
      if ((await unit.findObject(A, 'r')) !== undefined) return 'found';
      await unit.createObject(A, 'r', {});
      return 'made';
    };
    const outcomes = await Promise.all(count(20).map((index) => each(index).write(ensure)));
    expect(outcomes.filter((outcome) => outcome === 'made')).toHaveLength(1);
  });

  it('write to several lists in any order without one failing', async () => {
    const writeBoth = (index: number) => (unit: UnitOfWork) =>
      (index % 2 === 0 ? [A, B] : [B, A]).reduce(
        (before, list) => before.then(async () => void (await unit.createObject(list, `r${index}`, {}))),
        Promise.resolve(),
      );
    await Promise.all(count(30).map((index) => each(index).write(writeBoth(index))));
    const known = () => [A, B];
    await Promise.all(count(30).map((index) => each(index).write(writeBoth(100 + index), known)));
    for (const list of [A, B]) {
      expect(await each(0).read((view) => view.countObjects(list, EVERYTHING))).toBe(60);
    }
  });

  it('leave nothing below an object that is deleted while others write below it', async () => {
    for (const round of count(12)) {
      const id = `c${round}`;
      const list = listOf(id);
      await each(0).write((unit) => unit.createObject(COLLECTIONS, id, {}));
      const writing = count(4).map((index) =>
        each(index).write(async (unit) => {
          if (await unit.hasObject(COLLECTIONS, id)) await unit.createObject(list, `r${index}`, {});
        }),
      );
      const deleting = each(1).write(async (unit) => {
        await unit.deleteObject(COLLECTIONS, (await unit.findObject(COLLECTIONS, id))!);
        await unit.deleteBelow(`/buckets/b/collections/${id}`);
      });
      await Promise.all([...writing, deleting]);
      const left = await each(0).read((view) => view.countObjects(list, EVERYTHING));
      expect([id, left]).toEqual([id, 0]);
    }
  });

  it('have one log, in which a reader who goes on from where it was finds every change once and each list in order', async () => {
    const lists = count(4).map((index) => listOf(`c${index}`));
    const total = 160;
    const writes = count(total).map((index) =>
      each(index).write(async (unit) => {
        // The number in the log is taken early by some and late by others.
        await createLogged(unit, lists[index % 4]!, `r${index}`);
        if (index % 5 === 0) await createLogged(unit, lists[(index + 1) % 4]!, `s${index}`);
      }),
    );
    let isDone = false;
    const allWritten = Promise.all(writes).then(() => (isDone = true));
    const seen: string[] = [];
    const newest = new Map<string, number>();
    let after = 0;
    for (let lastRound = false; ;) {
      const wasDone = isDone;
      const logged = await each(0).read(({ sql }) => journal.readAfter(sql, after, 7));
      for (const { id, list, objectId, position } of logged) {
        expect(id).toBeGreaterThan(after);
        after = id;
        expect(position.n).toBe((newest.get(list.parentId) ?? 0) + 1);
        newest.set(list.parentId, position.n);
        seen.push(`${list.parentId} ${objectId}`);
      }
      if (lastRound && logged.length === 0) break;
      lastRound = wasDone;
    }
    await allWritten;
    expect(seen).toHaveLength(total + total / 5);
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('hear of each other’s commits', async () => {
    const told = new Promise<void>((resolve) => {
      let isFirst = true;
      // Whoever begins to listen looks once.
      each(0).onCommit(() => {
        if (isFirst) isFirst = false;
        else resolve();
      });
    });
    await each(1).write((unit) => createLogged(unit, A, 'r'));
    await told;
  });

  it('start lists anew after what another of them has removed', async () => {
    const ahead = Date.now() + 5_000;
    await each(0).write((unit) => unit.createObject(A, 'r', { last_modified: ahead }));
    await each(0).write((unit) => unit.deleteBelow('/buckets/b'));
    const { object } = await each(1).write((unit) => unit.createObject(A, 'r', {}));
    expect(object.lastModified).toBeGreaterThan(ahead);
  });
});
