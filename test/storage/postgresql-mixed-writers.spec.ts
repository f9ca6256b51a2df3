import { journal } from '../../src/storage/journal.js';
import type { ObjectList, UnitOfWork } from '../../src/storage/storage.js';
import { describeWithPostgresql, type PostgresqlServer } from '../support/postgresql.js';
import { PostgresqlDatabases } from '../support/postgresql-databases.js';
import { count, createLogged, EVERYTHING, LISTS, WrittenLists } from './postgresql-lists.js';

describeWithPostgresql('Units of several lists, of two processes on one PostgreSQL database [needs postgresql]', () => {
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

  it('with the same lists in opposite orders never wait for each other in a circle', async () => {
    const rounds = count(25).map(async (round) => {
      const made = count(12).map((index) => {
        const process = index % 2;
        const list = LISTS[process === 0 ? index >> 1 : 5 - (index >> 1)]!;
        return lists.create(list, `r${round}-${index}`, process);
      });
      await Promise.all(made);
    });
    await Promise.all(rounds);
    await lists.expectWhole();
    const [row] = await lists.ask<{ deadlocks: string }>(
      'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
    );
    expect(row?.deadlocks).toBe('0');
  });

  it('all get through while a Kinto, which knows no counters, writes to the same lists', async () => {
    const byKinto = async () => {
      for (const index of count(30)) {
        const values = [`k${index}`, LISTS[index % 2]!.parentId];
        // It has no second try: somebody may have been faster.
        await lists.other
          .query(
            `INSERT INTO objects (id, parent_id, resource_name, last_modified, data, deleted)
              VALUES ($1, $2, 'record', from_epoch(NULL), '{}', FALSE)`,
            values,
          )
          .catch((error: { code?: string }) => expect(['23505', '40P01']).toContain(error.code));
      }
    };
    const ours = count(120).map((index) => lists.create(LISTS[index % 3]!, `r${index}`, index));
    await Promise.all([byKinto(), ...ours]);
    const made: string[] = [];
    for (const list of LISTS) made.push(...(await lists.ids(list)));
    expect(made.filter((id) => id.startsWith('r'))).toHaveLength(120);
    for (const list of LISTS) {
      const [row] = await lists.ask<{ newest: string; counted: string }>(
        `SELECT max(last_modified)::text AS newest, (SELECT last_modified::text FROM timestamps
          WHERE timestamps.parent_id = objects.parent_id) AS counted
          FROM objects WHERE parent_id = '${list.parentId}' GROUP BY parent_id`,
      );
      expect(row?.counted).toBe(row?.newest);
    }
  });

  it('have numbers without gaps, whatever they do and however it ends', async () => {
    let seed = 20_261_121;
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return Math.floor((seed / 2 ** 31) * below);
    };
    const change = async (unit: UnitOfWork, list: ObjectList, id: string, action: 'update' | 'delete') => {
      const before = await unit.findObject(list, id);
      if (before === undefined) return;
      const { object, position } =
        action === 'update'
          ? await unit.updateObject(list, before, { by: unit.id })
          : await unit.deleteObject(list, before);
      const entry = { list, objectId: id, position, action, timestamp: object.lastModified };
      await journal.append(unit.sql, unit.id, [{ ...entry, userId: null, newText: object.text, oldText: before.text }]);
    };
    const attempt = (index: number) => {
      const [list, second] = [LISTS[random(6)]!, LISTS[random(6)]!];
      const [kind, id, chosen] = [random(8), `r${random(40)}`, random(2)];
      const ensure = async (unit: UnitOfWork, where: ObjectList) => {
        if (!(await unit.hasObject(where, id))) await createLogged(unit, where, id);
      };
      const work = async (unit: UnitOfWork) => {
        if (kind < 3) await createLogged(unit, list, `n${index}`);
        else if (kind === 3) await ensure(unit, list);
        else if (kind === 4) await change(unit, list, id, chosen === 0 ? 'update' : 'delete');
        else if (kind === 5) {
          await createLogged(unit, list, `n${index}`);
          if (chosen === 0) await unit.countObjects(list, EVERYTHING);
          throw new Error('as it should');
        } else if (kind === 6) {
          const nested = unit.nested(async () => {
            await createLogged(unit, list, `n${index}`);
            if (chosen === 0) await unit.findListTimestamp(list);
            throw new Error('as it should');
          });
          await nested.catch(() => undefined);
          await ensure(unit, list);
        } else {
          await ensure(unit, list);
          await ensure(unit, second);
        }
      };
      return lists.storage(index).write(work, () => (kind === 7 && chosen === 0 ? [list, second] : [list]));
    };
    const outcomes = await Promise.allSettled(count(400).map(attempt));
    const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [String(outcome.reason)] : []));
    expect(new Set(reasons)).toEqual(new Set(['Error: as it should']));
    await lists.expectWhole();
  }, 60_000);
});
