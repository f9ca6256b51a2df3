import { accessEntries } from '../../src/permissions/access-entries.js';
import type { ObjectList } from '../../src/storage/storage.js';
import { describeWithPostgresql, type PostgresqlServer } from '../support/postgresql.js';
import { PostgresqlDatabases } from '../support/postgresql-databases.js';
import { count, createLogged, EVERYTHING, LISTS, WrittenLists } from './postgresql-lists.js';

const VIOLATED = { name: 'ApiError', error: 'CONSTRAINT_VIOLATED' };
const [A, B, C] = LISTS as [ObjectList, ObjectList, ObjectList];

describeWithPostgresql('Units of several lists that share a transaction [needs postgresql]', () => {
  const databases = new PostgresqlDatabases();
  let server: PostgresqlServer;
  let lists: WrittenLists;
  beforeAll(async () => {
    server = await databases.start();
  }, 150_000);
  beforeEach(async () => {
    lists = await WrittenLists.open(databases, server);
  });
  afterEach(() => lists.close());
  afterAll(() => databases.stop());

  const transactions = async (where: string) =>
    (await lists.ask(`SELECT DISTINCT xmin::text AS made FROM objects WHERE ${where}`)).length;

  it('are one transaction, and each list has its own numbers', async () => {
    const made = await Promise.all(count(30).map((index) => lists.create(LISTS[index % 6]!, `r${index}`)));
    expect(await transactions(`id <> 'first'`)).toBe(1);
    expect(made).toEqual(count(30).map((index) => 2 + Math.floor(index / 6)));
    const [entries] = await lists.ask<{ n: string }>('SELECT count(*) AS n FROM access_control_entries');
    expect(entries?.n).toBe('36');
    await lists.expectWhole();
  });

  it('leave nothing when they fail, and their neighbours stay in the one transaction', async () => {
    const failing = (list: ObjectList) =>
      lists.write(list, async (unit) => {
        await createLogged(unit, list, 'x');
        throw new Error('changed its mind');
      });
    const outcomes = await Promise.allSettled([
      lists.create(A, 'a'),
      failing(A),
      lists.create(B, 'b'),
      failing(B),
      lists.create(A, 'c'),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual([
      ...['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'],
    ]);
    expect(await transactions(`id IN ('a', 'b', 'c')`)).toBe(1);
    expect(outcomes[4]).toMatchObject({ value: 3 });
    await lists.expectWhole();
  });

  it('leave nothing either when what they wrote had been sent', async () => {
    const failing = () =>
      lists.write(A, async (unit) => {
        await createLogged(unit, A, 'x');
        expect(await unit.findObject(A, 'x')).toBeDefined();
        throw new Error('changed its mind');
      });
    const outcomes = await Promise.allSettled([
      lists.create(A, 'a'),
      lists.create(B, 'b'),
      failing(),
      lists.create(A, 'c'),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    await lists.expectWhole();
  });

  it('see what they wrote themselves, and what those before them wrote', async () => {
    const uri = `${A.parentId}/records/a`;
    const seen = await Promise.all([
      lists.create(A, 'a'),
      lists.write(A, async (unit) => {
        const [found, listed] = [await unit.hasObject(A, 'a'), await unit.countObjects(A, EVERYTHING)];
        expect(await unit.findListTimestamp(A)).toBe((await unit.findObject(A, 'a'))?.lastModified);
        return { found, listed, entries: await accessEntries.listOf(unit.sql, uri) };
      }),
      lists.create(B, 'b'),
      lists.write(A, async (unit) => {
        await unit.deleteObject(A, (await unit.findObject(A, 'a'))!);
        return unit.hasObject(A, 'a');
      }),
    ]);
    expect(seen[1]).toEqual({ found: true, listed: 2, entries: { write: ['somebody'] } });
    expect(seen[3]).toBe(false);
  });

  it('undo what is nested in them alone, sent or not', async () => {
    const fail = () => Promise.reject(new Error('refused'));
    const batch = () =>
      lists.write(A, async (unit) => {
        await createLogged(unit, A, 'a');
        const half = unit.nested(async () => {
          await createLogged(unit, A, 'x');
          await unit.nested(() => createLogged(unit, A, 'y'));
          await fail();
        });
        await expect(half).rejects.toThrow('refused');
        await unit.nested(() => createLogged(unit, A, 'b'));
        const sent = unit.nested(async () => {
          await createLogged(unit, A, 'x');
          await unit.nested(async () => {
            await createLogged(unit, A, 'y');
            expect(await unit.countObjects(A, EVERYTHING)).toBe(5);
            await createLogged(unit, A, 'z');
          });
          await fail();
        });
        await expect(sent).rejects.toThrow('refused');
        await unit.nested(() => createLogged(unit, A, 'c'));
        return unit.countObjects(A, EVERYTHING);
      });
    const outcomes = await Promise.all([lists.create(B, 'b1'), batch(), lists.create(A, 'd'), lists.create(C, 'c')]);
    expect(outcomes).toEqual([2, 4, 5, 2]);
    await lists.expectWhole();
  });

  it('find an object that another process has made meanwhile, or are told that it is there', async () => {
    const make = (id: string) =>
      lists.other.query(
        `INSERT INTO objects (id, parent_id, resource_name, last_modified, data, deleted, change_n)
          VALUES ($1, $2, 'record', '2001-01-01', '{}', FALSE, 1) ON CONFLICT DO NOTHING`,
        [id, A.parentId],
      );
    await lists.other.query(
      `UPDATE objects SET last_modified = '2002-01-01', change_n = 2 WHERE parent_id = '${A.parentId}'`,
    );
    const ensuring = () =>
      lists.write(A, async (unit) => {
        if (await unit.hasObject(A, 'x')) return 'found';
        await make('x');
        await createLogged(unit, A, 'x');
        return 'made';
      });
    expect(await Promise.all([lists.create(A, 'a'), ensuring(), lists.create(B, 'b')])).toEqual([2, 'found', 2]);
    await lists.other.query(`UPDATE objects SET last_modified = '2003-01-01', change_n = 3 WHERE id = 'x'`);
    const blind = () =>
      lists.write(A, async (unit) => {
        await make('y');
        await unit.createObject(A, 'y', {});
      });
    const outcomes = await Promise.allSettled([lists.create(A, 'c'), blind(), lists.create(B, 'c')]);
    expect(outcomes[1]).toMatchObject({ reason: VIOLATED });
    expect([outcomes[0], outcomes[2]]).toEqual([
      { status: 'fulfilled', value: 3 },
      { status: 'fulfilled', value: 3 },
    ]);
  });

  it('do not wait for a list that another process holds', async () => {
    await lists.other.query('BEGIN');
    await lists.other.query(`SELECT 1 FROM timestamps WHERE parent_id = '${A.parentId}' FOR UPDATE`);
    let isHeldBack = true;
    const waiting = lists.create(A, 'a').finally(() => (isHeldBack = false));
    await Promise.all([lists.create(B, 'b'), lists.create(C, 'c')]);
    expect(await lists.create(B, 'd')).toBe(3);
    expect(isHeldBack).toBe(true);
    await lists.other.query('COMMIT');
    expect(await waiting).toBe(2);
  });

  it('run by themselves when they turn out to need more than their list', async () => {
    const clear = () =>
      lists.write(A, async (unit) => {
        await createLogged(unit, A, 'a');
        await unit.deleteBelow(C.parentId);
        return createLogged(unit, LISTS[5]!, 'z');
      });
    const made = await Promise.all([
      lists.create(A, 'before'),
      lists.create(B, 'b'),
      clear(),
      lists.create(A, 'after'),
    ]);
    expect(made).toEqual([2, 2, 2, 4]);
    expect(await lists.ids(B)).toEqual(['b', 'first']);
    expect(await lists.ids(A)).toEqual(['a', 'after', 'before', 'first']);
    expect(await lists.ids(C)).toEqual([]);
  });

  it('count on where they were when it is undone that they removed lists', async () => {
    const undecided = () =>
      lists.write(A, async (unit) => {
        const made = [await createLogged(unit, A, 'a')];
        const nested = unit.nested(async () => {
          made.push(await createLogged(unit, A, 'x'));
          await unit.deleteBelow(C.parentId);
          made.push(await createLogged(unit, A, 'y'));
          throw new Error('changed its mind');
        });
        await expect(nested).rejects.toThrow('changed its mind');
        return [...made, await createLogged(unit, A, 'b')];
      });
    const made = await Promise.all([lists.create(B, 'b'), undecided(), lists.create(A, 'c'), lists.create(C, 'c')]);
    expect(made).toEqual([2, [2, 3, 4, 3], 4, 2]);
    await lists.expectWhole();
  });
});
