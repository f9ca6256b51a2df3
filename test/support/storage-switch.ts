import { PostgresqlDatabases } from './postgresql-databases.js';

/**
 * With KUMOCAST_TEST_STORAGE=postgresql, tests have a database on the server of KUMOCAST_TEST_POSTGRESQL instead of
 * their memory: the same tests, another storage. `npm run test:postgresql` sets both. The databases are used again by
 * the specs that follow; the server goes with all of them.
 */
export const databasesOfSwitch =
  process.env.KUMOCAST_TEST_STORAGE === 'postgresql'
    ? new PostgresqlDatabases(`kumocast_worker_${process.env.JEST_WORKER_ID ?? '0'}`)
    : undefined;
