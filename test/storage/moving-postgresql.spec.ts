import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { journal } from '../../src/storage/journal.js';
import { exportAll, importAll } from '../../src/storage/moving/moving.js';
import type { ClosableStorage } from '../../src/storage/open-storage.js';
import { StorageSettings } from '../../src/storage/storage.settings.js';
import { openPostgresql } from '../support/postgresql-databases.js';
import { describeWithPostgresql, PostgresqlServer } from '../support/postgresql.js';
import { fill } from './moving-records.js';
import { openSqlite, TemporaryFiles } from './temporary-files.js';

const SQLITE = Object.assign(new StorageSettings(), { storageBackend: 'sqlite' });
const POSTGRESQL = Object.assign(new StorageSettings(), { storageBackend: 'postgresql' });
const silent = () => undefined;

describeWithPostgresql('Moving to and from PostgreSQL [needs postgresql]', () => {
  const files = new TemporaryFiles();
  let server: PostgresqlServer;
  beforeAll(async () => {
    server = await PostgresqlServer.start();
  });
  afterAll(async () => {
    await server.stop();
    files.remove();
  });

  async function within<T>(opened: Promise<ClosableStorage>, work: (storage: ClosableStorage) => Promise<T>) {
    const storage = await opened;
    try {
      return await work(storage);
    } finally {
      await storage.close();
    }
  }

  const onSqlite = <T>(work: (storage: ClosableStorage) => Promise<T>) => within(openSqlite(files.next()), work);

  /** As the command does: first the tables, then the only connection. */
  async function onPostgresql<T>(work: (storage: ClosableStorage, url: string) => Promise<T>): Promise<T> {
    const url = await server.makeDatabase();
    await (await openPostgresql(url)).close();
    return within(openPostgresql(url), (storage) => work(storage, url));
  }

  async function sqliteDump(records: number): Promise<string> {
    const dump = files.next();
    await onSqlite(async (storage) => {
      await fill(storage, records);
      await exportAll(storage, SQLITE, dump, silent);
    });
    return dump;
  }

  it('makes the same dump of PostgreSQL and of SQLite, there and back', async () => {
    const [first, second, third] = [await sqliteDump(300), files.next(), files.next()];
    await onPostgresql(async (storage) => {
      await importAll(storage, POSTGRESQL, first, silent);
      await exportAll(storage, POSTGRESQL, second, silent);
    });
    await onSqlite(async (storage) => {
      await importAll(storage, SQLITE, second, silent);
      await exportAll(storage, SQLITE, third, silent);
    });
    expect(readFileSync(second, 'utf8')).toBe(readFileSync(first, 'utf8'));
    expect(readFileSync(third).equals(readFileSync(first))).toBe(true);
  });

  it('keeps what only PostgreSQL has: objects of a Kinto, changes without a place yet, lists that are gone', async () => {
    const [first, second, third] = [files.next(), files.next(), files.next()];
    await onPostgresql(async (storage, url) => {
      await fill(storage, 60);
      await storage.write(async (unit) => {
        await unit.createObject({ parentId: '/buckets/gone', resourceName: 'group' }, 'g', {});
        await unit.deleteBelow('/buckets/gone');
      });
      await server.run(
        `INSERT INTO objects (id, parent_id, resource_name, data, deleted, last_modified) VALUES
          ('kinto-1', '/buckets/k', 'group', '{"a":1.50}', FALSE, from_epoch(1700000000001)),
          ('kinto-2', '/buckets/k', 'group', '{"bb":1,"a":2}', FALSE, from_epoch(1700000000002))`,
        url,
      );
      await exportAll(storage, POSTGRESQL, first, silent);
    });
    await onSqlite(async (storage) => {
      await importAll(storage, SQLITE, first, silent);
      await exportAll(storage, SQLITE, second, silent);
    });
    await onPostgresql(async (storage) => {
      await importAll(storage, POSTGRESQL, second, silent);
      await exportAll(storage, POSTGRESQL, third, silent);
    });
    const text = readFileSync(first, 'utf8');
    expect(text).toContain('["/buckets/k","group","kinto-2",1700000000002,0,null,null,"{\\"a\\":2,\\"bb\\":1}"]');
    expect(text).toMatch(/"removed_lists":1,/);
    expect(Number(/"changes":(\d+)/.exec(text)?.[1])).toBeGreaterThan(100);
    expect(readFileSync(second, 'utf8')).toBe(text);
    expect(readFileSync(third).equals(readFileSync(first))).toBe(true);
  });

  it('goes on with the next timestamps, numbers and ids', async () => {
    const list = { parentId: '/buckets/library/collections/books', resourceName: 'record' };
    const dump = files.next();
    const write = async (storage: ClosableStorage) => {
      const { position } = await storage.write(async (unit) => {
        const written = await unit.createObject(list, 'one-more', {});
        const { object, position } = written;
        const entry = {
          list,
          objectId: object.id,
          position,
          action: 'create',
          timestamp: object.lastModified,
        } as const;
        await journal.append(unit.sql, unit.id, [{ ...entry, userId: null, newText: object.text, oldText: null }]);
        return written;
      });
      return { epoch: position.epoch, n: position.n, id: await storage.read(({ sql }) => journal.top(sql)) };
    };
    const expected = await onSqlite(async (storage) => {
      await fill(storage, 20);
      await exportAll(storage, SQLITE, dump, silent);
      return write(storage);
    });
    const found = await onPostgresql(async (storage) => {
      await importAll(storage, POSTGRESQL, dump, silent);
      return write(storage);
    });
    expect(found).toEqual(expected);
  });

  it('undoes everything when the database does not take something, and tells the lines', async () => {
    const dump = files.next();
    await onSqlite(async (storage) => {
      await fill(storage, 10);
      const list = { parentId: '/buckets/z', resourceName: 'group' };
      await storage.write((unit) => unit.createObject(list, 'g', { text: 'NUL: \u0000' }));
      await exportAll(storage, SQLITE, dump, silent);
    });
    await onPostgresql(async (storage, url) => {
      await expect(importAll(storage, POSTGRESQL, dump, silent)).rejects.toThrow(
        /lines \d+ to \d+: the database does not take them: [^\n]*Unicode escape/,
      );
      const [left] = await server.run<{ count: string }>('SELECT count(*) AS count FROM timestamps', url);
      expect(left).toEqual({ count: '0' });
    });
  });

  it('is refused into a database that is not empty, or that another kumocast has open', async () => {
    const dump = await sqliteDump(10);
    await onPostgresql(async (storage, url) => {
      const other = await openPostgresql(url);
      try {
        await expect(importAll(storage, POSTGRESQL, dump, silent)).rejects.toThrow(
          'in use by another kumocast process',
        );
      } finally {
        await other.close();
      }
      await importAll(storage, POSTGRESQL, dump, silent);
      await expect(importAll(storage, POSTGRESQL, dump, silent)).rejects.toThrow(
        'The database is not empty (metadata,',
      );
    });
  });

  it('has in a dump one moment only, however much is written meanwhile', async () => {
    const dump = files.next();
    await onPostgresql(async (storage, url) => {
      await fill(storage, 400);
      await within(openPostgresql(url), async (writing) => {
        for (let turn = -3; turn < 0; turn += 1) await writeTurn(writing, turn);
        let isDone = false;
        const writer = (async () => {
          for (let turn = 0; !isDone; turn += 1) {
            await writeTurn(writing, turn);
            await wait(1);
          }
        })();
        await exportAll(storage, POSTGRESQL, dump, silent).finally(() => (isDone = true));
        await writer;
      });
    });
    await onSqlite(async (storage) => {
      await importAll(storage, SQLITE, dump, silent);
      // Every unit writes an object, and a change about it with its number: both are there, or neither.
      const apart = await storage.read(({ sql }) =>
        sql.all(`SELECT id FROM objects WHERE resource_name = 'turn' AND change_n NOT IN
          (SELECT n FROM changes WHERE resource_name = 'turn') UNION ALL SELECT object_id FROM changes
          WHERE resource_name = 'turn' AND object_id NOT IN (SELECT id FROM objects WHERE resource_name = 'turn')`),
      );
      expect(apart).toEqual([]);
      expect(await storage.read(({ sql }) => sql.all("SELECT id FROM objects WHERE id = 'turn--1'"))).toHaveLength(1);
    });
  });

  async function writeTurn(storage: ClosableStorage, turn: number): Promise<void> {
    const list = { parentId: '', resourceName: 'turn' };
    await storage.write(async (unit) => {
      const { object, position } = await unit.createObject(list, `turn-${turn}`, {});
      const entry = { list, objectId: object.id, position, action: 'create', timestamp: object.lastModified } as const;
      await journal.append(unit.sql, unit.id, [{ ...entry, userId: null, newText: object.text, oldText: null }]);
    });
  }
});
