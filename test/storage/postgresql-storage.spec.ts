import { storageContract } from '../contracts/storage.contract.js';
import { describeWithPostgresql } from '../support/postgresql.js';
import { openPostgresql, PostgresqlDatabases } from '../support/postgresql-databases.js';

describeWithPostgresql('PostgreSQL [needs postgresql]', () => {
  const databases = new PostgresqlDatabases();
  beforeAll(() => databases.start(), 60_000);
  afterAll(() => databases.stop());

  storageContract('PostgreSQL', async (options) => {
    const url = await databases.next();
    const storage = await openPostgresql(url, options);
    return {
      storage,
      close: async () => {
        await storage.close();
        databases.giveBack(url);
      },
    };
  });
});
