import { IN_MEMORY } from '../../src/storage/sqlite/sqlite-storage.js';
import type { ClosableStorage } from '../../src/storage/open-storage.js';
import type { SqlSession } from '../../src/storage/sql-session.js';
import { openSqlite } from '../storage/temporary-files.js';
import { openPostgresql } from '../support/postgresql-databases.js';
import { databasesOfSwitch } from '../support/storage-switch.js';

/** An empty database for each test of the surrounding `describe`; answers how to work in it. */
export function databaseForEachTest(): <T>(work: (sql: SqlSession) => Promise<T>) => Promise<T> {
  let storage: ClosableStorage;
  let url: string | undefined;
  beforeEach(async () => {
    url = await databasesOfSwitch?.next();
    storage = url === undefined ? await openSqlite(IN_MEMORY) : await openPostgresql(url);
  });
  afterEach(async () => {
    await storage.close();
    if (url !== undefined) databasesOfSwitch?.giveBack(url);
  });
  return (work) => storage.write((unit) => work(unit.sql));
}
