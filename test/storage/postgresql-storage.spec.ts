import type { Storage } from '../../src/storage/storage.js';
import { storageContract } from '../contracts/storage.contract.js';
import { RECORDS, type StorageFactory } from '../contracts/storage.fixture.js';
import { describeWithPostgresql } from '../support/postgresql.js';
import { openPostgresql, PostgresqlDatabases } from '../support/postgresql-databases.js';

describeWithPostgresql('PostgreSQL [needs postgresql]', () => {
  const databases = new PostgresqlDatabases();
  beforeAll(() => databases.start(), 60_000);
  afterAll(() => databases.stop());

  const open: StorageFactory = async (options) => {
    const url = await databases.next();
    const storage = await openPostgresql(url, options);
    return {
      storage,
      close: async () => {
        await storage.close();
        databases.giveBack(url);
      },
    };
  };

  storageContract('PostgreSQL', open);
  // What units add then waits, and is sent together.
  storageContract('PostgreSQL that is told the lists', async (options) => {
    const opened = await open(options);
    return { storage: withLists(opened.storage), close: () => opened.close() };
  });
});

/** As requests use it: each unit says which list it is about. */
function withLists(storage: Storage): Storage {
  return {
    read: (work) => storage.read(work),
    write: (work, lists = () => [RECORDS]) => storage.write(work, lists),
    onCommit: (listener) => storage.onCommit(listener),
    isHealthy: () => storage.isHealthy(),
  };
}
