import { SqliteStorage, IN_MEMORY } from '../../src/storage/sqlite/sqlite-storage.js';
import type { SqlSession } from '../../src/storage/sql-session.js';
import { openSqlite } from '../storage/temporary-files.js';

/** An empty database for each test of the surrounding `describe`; answers how to work in it. */
export function databaseForEachTest(): <T>(work: (sql: SqlSession) => Promise<T>) => Promise<T> {
  let storage: SqliteStorage;
  beforeEach(async () => {
    storage = await openSqlite(IN_MEMORY);
  });
  afterEach(() => storage.close());
  return (work) => storage.write((unit) => work(unit.sql));
}
