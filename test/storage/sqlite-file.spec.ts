import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { journal } from '../../src/storage/journal.js';
import type { SqliteStorage } from '../../src/storage/sqlite/sqlite-storage.js';
import { NOON, RECORDS, StorageUser } from '../contracts/storage.fixture.js';
import { openSqlite, TemporaryFiles } from './temporary-files.js';

const BACKEND = { name: 'ApiError', error: 'BACKEND' };

const files = new TemporaryFiles();
afterAll(() => {
  files.remove();
});

/** A process that holds the lock as another server would, until it is killed. */
async function anotherServer(file: string) {
  const program = `
    const Database = require(${JSON.stringify(createRequire(import.meta.url).resolve('better-sqlite3'))});
    const lock = new Database(process.argv[1] + '-lock');
    lock.pragma('journal_mode = MEMORY');
    lock.exec('BEGIN EXCLUSIVE');
    process.stdout.write('locked');
    process.stdin.resume();`;
  const child = spawn(process.execPath, ['-e', program, file], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return {
    async kill() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

describe('A SQLite file', () => {
  it('has everything after it was closed and opened again, and goes on counting', async () => {
    const file = files.next();
    let storage = await openSqlite(file, { now: () => NOON });
    const before = await new StorageUser(storage).create('a', { x: 'é' });
    await storage.write((unit) => journal.moveCursor(unit.sql, 'webhook', 7));
    await storage.close();

    storage = await openSqlite(file, { now: () => NOON - 5_000 });
    try {
      const user = new StorageUser(storage);
      expect(await user.find('a')).toEqual({ id: 'a', last_modified: NOON, x: 'é' });
      expect(await storage.read((view) => journal.findCursor(view.sql, 'webhook'))).toBe(7);
      const after = await user.create('b');
      expect(after.object.lastModified).toBe(NOON + 1);
      expect(after.position).toMatchObject({ epoch: before.position.epoch, n: 2 });
    } finally {
      await storage.close();
    }
  });

  it('is made with the directories it lies in', async () => {
    const file = `${files.next()}/deep/er.sqlite`;
    await (await openSqlite(file)).close();
    expect(existsSync(file)).toBe(true);
  });

  it('lets what was begun end before it closes', async () => {
    const storage = await openSqlite(files.next());
    const writes = Promise.all(['a', 'b', 'c'].map((id) => new StorageUser(storage).create(id)));
    await storage.close();
    expect(await writes).toHaveLength(3);
  });

  it('answers with an error and no health once it is closed', async () => {
    const storage = await openSqlite(files.next());
    await storage.close();
    await expect(new StorageUser(storage).create('a')).rejects.toMatchObject(BACKEND);
    expect(await storage.isHealthy()).toBe(false);
  });
});

describe('One SQLite file in one process', () => {
  const refusal = (file: string) => `${file} is in use by another kumocast process`;

  it('is refused a second time, until it is closed', async () => {
    const file = files.next();
    const first = await openSqlite(file);
    await expect(openSqlite(file)).rejects.toThrow(refusal(file));
    await new StorageUser(first).create('a');
    await first.close();
    const second = await openSqlite(file);
    expect(await new StorageUser(second).ids()).toEqual(['a']);
    await second.close();
  });

  it('is refused while another process has it, and not after that was killed', async () => {
    const file = files.next();
    const other = await anotherServer(file);
    try {
      await expect(openSqlite(file)).rejects.toThrow(refusal(file));
    } finally {
      await other.kill();
    }
    await (await openSqlite(file)).close();
  });

  it('says that it is something else when there can be no lock', async () => {
    const file = files.next();
    await (await openSqlite(`${file}-lock/inside.sqlite`)).close();
    await expect(openSqlite(file)).rejects.toThrow(`${file} cannot be locked`);
  });
});

describe('The SQLite connections', () => {
  let storage: SqliteStorage;
  let user: StorageUser;
  beforeEach(async () => {
    storage = await openSqlite(files.next());
    user = new StorageUser(storage);
  });
  afterEach(() => storage.close());

  it('sync the log at every commit: an answered write is on disk', async () => {
    const pragmas = await storage.write(async ({ sql }) => [
      await sql.first('PRAGMA journal_mode'),
      await sql.first('PRAGMA synchronous'),
    ]);
    expect(pragmas).toEqual([{ journal_mode: 'wal' }, { synchronous: 2 }]);
  });

  it('read on one that cannot write', async () => {
    await expect(storage.read(({ sql }) => sql.run('DELETE FROM objects'))).rejects.toMatchObject(BACKEND);
  });

  it('reject a whole group when its commit fails, and take the next', async () => {
    await storage.write(async ({ sql }) => {
      await sql.run('CREATE TABLE parents (id integer PRIMARY KEY)');
      await sql.run('CREATE TABLE children (parent integer REFERENCES parents DEFERRABLE INITIALLY DEFERRED)');
    });
    // The constraint is looked at when the group commits, and not before.
    const breaking = storage.write(({ sql }) => sql.run('INSERT INTO children VALUES (1)'));
    const outcomes = await Promise.allSettled([user.create('a'), breaking, user.create('b')]);
    for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: BACKEND });
    expect(await user.ids('_since=1')).toEqual([]);
    expect((await user.create('c')).position.n).toBe(1);
    expect(await user.ids()).toEqual(['c']);
  });

  it('tell the unit for which the disk is too small, and nothing of it stays', async () => {
    const pages = (await storage.read(({ sql }) => sql.first<{ page_count: number }>('PRAGMA page_count')))!.page_count;
    await storage.write(({ sql }) => sql.first(`PRAGMA max_page_count = ${pages + 4}`));
    const large = user.create('large', { text: 'x'.repeat(200_000) });
    await expect(large).rejects.toMatchObject(BACKEND);
    expect(await user.ids('_since=1')).toEqual([]);
    await storage.write(({ sql }) => sql.first('PRAGMA max_page_count = 100000'));
    await user.create('large', { text: 'x'.repeat(200_000) });
    expect(await user.ids()).toEqual(['large']);
  });

  it('write nothing more in a unit whose transaction the database gave up, even if the unit looks away', async () => {
    await storage.write(({ sql }) => sql.run("INSERT INTO metadata VALUES ('taken', '')"));
    const outcomes = await Promise.allSettled([
      user.create('a'),
      storage.write(async (unit) => {
        // As a batch does, which answers for one request that failed and goes on with the next.
        const giveUp = () => unit.sql.run("INSERT OR ROLLBACK INTO metadata VALUES ('taken', '')");
        await unit.nested(giveUp).catch(() => undefined);
        await unit.nested(() => unit.createObject(RECORDS, 'x', {})).catch(() => undefined);
        await unit.createObject(RECORDS, 'y', {}).catch(() => undefined);
      }),
      user.create('b'),
    ]);
    for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: BACKEND });
    expect(await user.ids('_since=1')).toEqual([]);
    await user.create('c');
    expect(await user.ids()).toEqual(['c']);
  });

  it('commit in groups no larger than allowed', async () => {
    let commits = 0;
    storage.onCommit(() => (commits += 1));
    await Promise.all(Array.from({ length: 300 }, (_, index) => user.create(`r${index}`)));
    expect(commits).toBe(3);
  });
});
