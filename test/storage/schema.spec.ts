import { DataSource } from 'typeorm';
import { DATABASE_SCHEMA } from '../../src/app.schema.js';
import { openStorage } from '../../src/storage/open-storage.js';
import { StorageSettings } from '../../src/storage/storage.settings.js';
import { StorageUser } from '../contracts/storage.fixture.js';
import { TemporaryFiles } from './temporary-files.js';

const files = new TemporaryFiles();
afterAll(() => {
  files.remove();
});

function settingsWith(storageBackend: string, storageUrl = ''): StorageSettings {
  return Object.assign(new StorageSettings(), { storageBackend, storageUrl, maxGroup: 8 });
}

/** What TypeORM would have to do to a database to make it what the entities say. */
async function missingIn(file: string): Promise<string[]> {
  const source = new DataSource({ type: 'better-sqlite3', database: file, ...DATABASE_SCHEMA });
  await source.initialize();
  try {
    const { upQueries } = await source.driver.createSchemaBuilder().log();
    return upQueries.map(({ query }) => query);
  } finally {
    await source.destroy();
  }
}

describe('The schema', () => {
  it('is the same in the entities and in the migrations', async () => {
    const file = files.next();
    await (await openStorage(settingsWith('sqlite', file), DATABASE_SCHEMA)).close();
    expect(await missingIn(file)).toEqual([]);
  });

  it('would be seen to differ', async () => {
    expect(await missingIn(files.next())).toEqual(
      expect.arrayContaining([expect.stringContaining('CREATE TABLE "objects"')]),
    );
  });

  it('keeps tables that are looked up by key alone without a row id', async () => {
    const storage = await openStorage(settingsWith('memory'), DATABASE_SCHEMA);
    const withoutRowId = await storage.read(({ sql }) =>
      sql.all<{ name: string }>(`SELECT name FROM pragma_table_list WHERE type = 'table' AND wr = 1 ORDER BY name`),
    );
    await storage.close();
    const names = [
      'access_control_entries',
      'change_marks',
      'cursors',
      'dead_letters',
      'leases',
      'listener_states',
      'metadata',
      'timestamps',
      'user_principals',
    ];
    expect(withoutRowId.map(({ name }) => name)).toEqual(names);
  });

  it('can be taken back, migration by migration', async () => {
    const source = new DataSource({ type: 'better-sqlite3', database: ':memory:', ...DATABASE_SCHEMA });
    await source.initialize();
    await source.runMigrations();
    for (let left = source.migrations.length; left > 0; left -= 1) await source.undoLastMigration();
    const tables = await source.query<{ name: string }[]>(
      `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`,
    );
    await source.destroy();
    expect(tables).toEqual([{ name: 'migrations' }]);
  });
});

describe('Opening the storage', () => {
  it.each([[''], ['sqlite:'], ['sqlite://']])('takes a path with the prefix "%s"', async (prefix) => {
    const file = files.next();
    const first = await openStorage(settingsWith('sqlite', prefix + file), DATABASE_SCHEMA);
    await new StorageUser(first).create('a');
    await first.close();
    const again = await openStorage(settingsWith('sqlite', file), DATABASE_SCHEMA);
    expect(await new StorageUser(again).ids()).toEqual(['a']);
    await again.close();
  });

  it('takes Kinto’s name for memory', async () => {
    const storage = await openStorage(settingsWith('kinto.core.storage.memory'), DATABASE_SCHEMA);
    await new StorageUser(storage).create('a');
    await storage.close();
  });

  it('refuses a backend that there is not, and the URL of another one without repeating it', async () => {
    await expect(openStorage(settingsWith('mongodb'), DATABASE_SCHEMA)).rejects.toThrow(
      'expected sqlite, postgresql or memory',
    );
    const secret = 'postgresql://kinto:hunter2@db/kinto';
    const opening = openStorage(settingsWith('sqlite', secret), DATABASE_SCHEMA);
    await expect(opening).rejects.toThrow('kinto.storage_url: the sqlite backend expects the path of a file');
    await expect(opening).rejects.not.toThrow('hunter2');
  });
});
