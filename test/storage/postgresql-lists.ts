import pg from 'pg';
import { accessEntries } from '../../src/permissions/access-entries.js';
import { journal } from '../../src/storage/journal.js';
import type { PostgresqlStorage } from '../../src/storage/postgresql/postgresql-storage.js';
import type { ObjectList, Selection, Storage, UnitOfWork } from '../../src/storage/storage.js';
import type { PostgresqlServer } from '../support/postgresql.js';
import { openPostgresql, type PostgresqlDatabases } from '../support/postgresql-databases.js';

export const EVERYTHING: Selection = { filters: [], sort: [], limit: 0, includeDeleted: false };

export const count = (length: number) => Array.from({ length }, (_, index) => index);

export const LISTS: readonly ObjectList[] = count(6).map((index) => {
  return { parentId: `/buckets/b/collections/c${index}`, resourceName: 'record' };
});

/** As a request does it: the object, who may write to it, the log. */
export async function createLogged(unit: UnitOfWork, list: ObjectList, id: string): Promise<number> {
  const { object, position } = await unit.createObject(list, id, {});
  await accessEntries.add(unit.sql, `${list.parentId}/records/${id}`, 'write', 'somebody');
  const entry = { list, objectId: id, position, action: 'create' as const, timestamp: object.lastModified };
  await journal.append(unit.sql, unit.id, [{ ...entry, userId: null, newText: object.text, oldText: null }]);
  return position.n;
}

/** Some lists in one database, the storages of two processes on it, and somebody who asks the database itself. */
export class WrittenLists {
  private constructor(
    private readonly databases: PostgresqlDatabases,
    private readonly url: string,
    private readonly storages: readonly PostgresqlStorage[],
    readonly other: pg.Client,
  ) {}

  static async open(databases: PostgresqlDatabases, server: PostgresqlServer): Promise<WrittenLists> {
    const url = await databases.next();
    // Deadlocks are looked for after a second, usually.
    await server.run(`ALTER DATABASE ${new URL(url).pathname.slice(1)} SET deadlock_timeout = '20ms'`);
    const other = new pg.Client({ connectionString: url });
    await other.connect();
    const lists = new WrittenLists(databases, url, [await openPostgresql(url), await openPostgresql(url)], other);
    // Whoever is the first to write to a list does so by itself.
    for (const list of LISTS) await lists.create(list, 'first');
    return lists;
  }

  async close(): Promise<void> {
    for (const storage of this.storages) await storage.close();
    await this.other.end();
    this.databases.giveBack(this.url);
  }

  storage(index = 0): Storage {
    return this.storages[index % this.storages.length]!;
  }

  /** @param index of the process */
  write<T>(list: ObjectList, work: (unit: UnitOfWork) => Promise<T>, index = 0): Promise<T> {
    return this.storage(index).write(work, () => [list]);
  }

  create(list: ObjectList, id: string, index = 0): Promise<number> {
    return this.write(list, (unit) => createLogged(unit, list, id), index);
  }

  async ask<Row>(text: string): Promise<Row[]> {
    return (await this.other.query(text)).rows as Row[];
  }

  async ids({ parentId }: ObjectList): Promise<string[]> {
    const text = `SELECT id FROM objects WHERE parent_id = '${parentId}' AND NOT deleted`;
    return (await this.ask<{ id: string }>(text)).map(({ id }) => id).sort();
  }

  /** Of every list: numbers from one without a gap, in the order of their timestamps, and what the log says is so. */
  async expectWhole(): Promise<void> {
    const logged = await this.storage().read(({ sql }) => journal.readAfter(sql, 0, 100_000));
    for (const list of LISTS) {
      const changes = logged.filter((change) => change.list.parentId === list.parentId);
      expect(changes.map(({ position }) => position.n)).toEqual(changes.map((_, index) => index + 1));
      const times = changes.map(({ timestamp }) => timestamp);
      expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
      const newest = new Map(changes.map(({ objectId, action }) => [objectId, action]));
      const kept = [...newest].filter(([, action]) => action !== 'delete').map(([id]) => id);
      expect(await this.ids(list)).toEqual(kept.sort());
      expect(await this.storage().read((view) => view.findListTimestamp(list))).toBe(times.at(-1));
    }
  }
}
