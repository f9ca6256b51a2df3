import { IN_MEMORY } from '../../src/storage/sqlite/sqlite-storage.js';
import { storageContract } from '../contracts/storage.contract.js';
import { openSqlite, TemporaryFiles } from './temporary-files.js';

const files = new TemporaryFiles();
afterAll(() => {
  files.remove();
});

storageContract('a SQLite file', async (options) => {
  const storage = await openSqlite(files.next(), options);
  return { storage, close: () => storage.close() };
});

storageContract('SQLite in memory', async (options) => {
  const storage = await openSqlite(IN_MEMORY, options);
  return { storage, close: () => storage.close() };
});
