import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import SqliteDatabase from 'better-sqlite3';
import { journal } from '../../src/storage/journal.js';
import { canonicalJson } from '../../src/storage/moving/canonical-json.js';
import { DUMP_TABLES, LEFT_OUT } from '../../src/storage/moving/dump-tables.js';
import { exportAll, importAll } from '../../src/storage/moving/moving.js';
import { checkDump } from '../../src/storage/moving/read-dump.js';
import { backUpSqlite } from '../../src/storage/moving/sqlite-backup.js';
import type { Storage } from '../../src/storage/storage.js';
import { StorageSettings } from '../../src/storage/storage.settings.js';
import { fill } from './moving-records.js';
import { openSqlite, TemporaryFiles } from './temporary-files.js';

const files = new TemporaryFiles();
afterAll(() => files.remove());

const SQLITE = Object.assign(new StorageSettings(), { storageBackend: 'sqlite', storageUrl: '' });
const silent = () => undefined;

async function onSqlite<T>(file: string, work: (storage: Storage) => Promise<T>): Promise<T> {
  const storage = await openSqlite(file);
  try {
    return await work(storage);
  } finally {
    await storage.close();
  }
}

/** @returns the path of a dump of a database with some of everything */
async function dumpOf(records: number, ending = ''): Promise<string> {
  const dump = files.next() + ending;
  await onSqlite(files.next(), async (storage) => {
    await fill(storage, records);
    await exportAll(storage, SQLITE, dump, silent);
  });
  return dump;
}

/** What an import of a file says, and what it leaves behind. */
async function refusalOf(dump: string): Promise<string> {
  return onSqlite(files.next(), async (storage) => {
    const refusal = await importAll(storage, SQLITE, dump, silent).then(
      () => 'nothing',
      (error: Error) => `${error.name}: ${error.message}`,
    );
    for (const { name } of DUMP_TABLES.filter(({ name }) => !['sequences', 'removed_lists'].includes(name))) {
      expect(await storage.read(({ sql }) => sql.first(`SELECT 1 AS one FROM ${name} LIMIT 1`))).toBeUndefined();
    }
    return refusal.replace(dump, 'FILE');
  });
}

function altered(dump: string, change: (lines: string[]) => void): string {
  const lines = readFileSync(dump, 'utf8').split('\n');
  change(lines);
  const file = files.next();
  writeFileSync(file, lines.join('\n'));
  return file;
}

describe('Moving a database', () => {
  it('has every table and column of the schema in a dump, but for those that are left out on purpose', async () => {
    const file = files.next();
    await (await openSqlite(file)).close();
    const database = new SqliteDatabase(file, { readonly: true });
    const tables = database
      .prepare<[], { name: string }>("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
      .all()
      .map(({ name }) => name)
      .filter((name) => !['migrations', 'sqlite_sequence', ...LEFT_OUT].includes(name));
    const columns = (name: string) =>
      (database.pragma(`table_info("${name}")`) as { name: string; notnull: number }[])
        .map((column) => `${column.name}${column.notnull === 1 ? '' : '?'}`)
        .sort();
    const inDatabase = Object.fromEntries(tables.map((name) => [name, columns(name)]));
    database.close();
    const inDump = Object.fromEntries(
      DUMP_TABLES.filter(({ name }) => name !== 'removed_lists' && name !== 'sequences').map(({ name, columns }) => [
        name,
        columns.map((column) => `${column.name}${column.nullable ? '?' : ''}`).sort(),
      ]),
    );
    expect(inDump).toEqual(inDatabase);
  });

  it('brings everything into another SQLite file, whose dump is the same byte for byte', async () => {
    const dump = await dumpOf(700);
    const again = files.next();
    const counts = await onSqlite(files.next(), async (storage) => {
      const moved = await importAll(storage, SQLITE, dump, silent);
      await exportAll(storage, SQLITE, again, silent);
      return moved;
    });
    expect(counts).toMatchObject({ objects: 1400, access_control_entries: 1400, dead_letters: 1, cursors: 1 });
    for (const { name } of DUMP_TABLES.filter(({ name }) => name !== 'listener_orders' && name !== 'removed_lists')) {
      expect([name, counts[name]]).not.toEqual([name, 0]);
    }
    expect(readFileSync(again).equals(readFileSync(dump))).toBe(true);
    expect(statSync(dump).mode & 0o777).toBe(0o600);
  });

  it('goes on with the next timestamps, numbers and ids', async () => {
    const list = { parentId: '/buckets/library/collections/books', resourceName: 'record' };
    const dump = files.next();
    const write = async (storage: Storage) =>
      storage.write(async (unit) => {
        const { object, position } = await unit.createObject(list, 'one-more', {});
        const entry = {
          list,
          objectId: object.id,
          position,
          action: 'create',
          timestamp: object.lastModified,
        } as const;
        await journal.append(unit.sql, unit.id, [{ ...entry, userId: null, newText: object.text, oldText: null }]);
        return { epoch: position.epoch, n: position.n, id: await journal.top(unit.sql) };
      });
    const expected = await onSqlite(files.next(), async (storage) => {
      await fill(storage, 20);
      await exportAll(storage, SQLITE, dump, silent);
      return write(storage);
    });
    const found = await onSqlite(files.next(), async (storage) => {
      await importAll(storage, SQLITE, dump, silent);
      return write(storage);
    });
    expect(found).toEqual(expected);
  });

  it('writes and reads smaller files whose name ends in .gz', async () => {
    const plain = readFileSync(await dumpOf(30)).toString();
    const zipped = await dumpOf(30, '.gz');
    expect(gunzipSync(readFileSync(zipped)).toString().split('\n').length).toBe(plain.split('\n').length);
    expect((await checkDump(zipped)).counts.objects).toBe(60);
  });

  it('moves a database in which nothing is', async () => {
    const dump = files.next();
    await onSqlite(files.next(), (storage) => exportAll(storage, SQLITE, dump, silent));
    expect(await onSqlite(files.next(), (storage) => importAll(storage, SQLITE, dump, silent))).toMatchObject({
      objects: 0,
      sequences: 3,
    });
  });

  it('leaves a database as it is that is not empty', async () => {
    const dump = await dumpOf(10);
    await onSqlite(files.next(), async (storage) => {
      await storage.write(({ sql }) => sql.run("INSERT INTO metadata (name, value) VALUES ('a', 'b')"));
      await expect(importAll(storage, SQLITE, dump, silent)).rejects.toThrow(
        /^The database is not empty \(metadata\): an import needs a new one$/,
      );
      expect(await storage.read(({ sql }) => sql.first('SELECT count(*) AS count FROM objects'))).toEqual({ count: 0 });
    });
  });

  it('never writes over a file', async () => {
    const dump = await dumpOf(10);
    const before = readFileSync(dump);
    const writing = onSqlite(files.next(), (storage) => exportAll(storage, SQLITE, dump, silent));
    await expect(writing).rejects.toThrow(`${dump} is there already: nothing is written over`);
    expect(readFileSync(dump).equals(before)).toBe(true);
  });
});

describe('A file that is no good', () => {
  let dump: string;
  beforeAll(async () => {
    dump = await dumpOf(250);
  });

  it.each<[string, (lines: string[]) => void, string]>([
    ['has lost its last line', (lines) => lines.splice(-2, 1), 'FILE: it is cut off: the last line, with the checksum'],
    ['ends in the middle of a line', (lines) => lines.splice(500, Infinity, '["/buc'), 'FILE: it is cut off'],
    ['ends within its last line', (lines) => lines.splice(-2, 2, '{"end":{"rows":1'), 'FILE: it is cut off'],
    ['has lost a row', (lines) => lines.splice(400, 1), 'FILE: it has been altered: the checksum is not'],
    [
      'has another letter somewhere',
      (lines) => lines.splice(400, 1, lines[400]!.replace('book', 'boot')),
      'FILE: it has been altered: the checksum is not',
    ],
    ['has a row of another form', (lines) => lines.splice(400, 1, '["a"]'), 'FILE, line 401: it is no row of'],
    ['has a text for a number', (lines) => lines.splice(3, 0, '["a","b","c"]'), 'FILE, line 4: it is no row of'],
    ['has more behind the end', (lines) => lines.splice(-1, 1, '[]', ''), 'something follows the last line'],
    ['lacks a table', (lines) => lines.splice(3, 1), 'expected the table'],
    [
      'is of another version',
      (lines) => lines.splice(0, 1, lines[0]!.replace('"version":1', '"version":2')),
      'FILE: it is a dump of version 2; this kumocast reads version 1',
    ],
    ['is something else', (lines) => lines.splice(0, Infinity, 'hello'), 'FILE: it is no dump of kumocast'],
    ['is empty', (lines) => lines.splice(0, Infinity), 'FILE: it is no dump of kumocast'],
  ])('that %s is refused in one line, and changes nothing', async (_, change, expected) => {
    const refusal = await refusalOf(altered(dump, change));
    expect(refusal.replace(/\/\S+\.sqlite/, 'FILE')).toContain(expected);
    expect(refusal).toMatch(/^DumpError: [^\n]+$/);
  });

  it('that is not there, or cut off or damaged after it was zipped, is refused the same way', async () => {
    expect(await refusalOf(`${dump}-missing`)).toMatch(/^DumpError: FILE: it cannot be read: ENOENT[^\n]+$/);
    const zipped = gzipSync(readFileSync(dump));
    const middle = Math.floor(zipped.length / 2);
    const file = files.next();
    writeFileSync(file, zipped.subarray(0, middle));
    expect(await refusalOf(file)).toBe('DumpError: FILE: it is cut off');
    writeFileSync(file, zipped.fill(0, middle, middle + 20));
    expect(await refusalOf(file)).toMatch(/^DumpError: FILE(, line \d+)?: [^\n]+$/);
  });

  it('that has two rows with one key, though its checksum is right, is undone as a whole', async () => {
    const file = files.next();
    await onSqlite(files.next(), async (storage) => {
      await storage.write(({ sql }) => sql.run("INSERT INTO cursors (consumer, change_id) VALUES ('a', 1)"));
      const lying: Storage = {
        read: (work) =>
          storage.read((view) => {
            const all = async (text: string) => {
              const rows = await view.sql.all<{ name?: string }>(text);
              return text.includes('FROM cursors') ? [...rows, ...rows] : rows;
            };
            return work({ ...view, sql: Object.assign(Object.create(view.sql), { all }) as typeof view.sql });
          }),
        write: (work) => storage.write(work),
        onCommit: silent,
        isHealthy: async () => true,
      };
      await exportAll(lying, SQLITE, file, silent);
    });
    expect(await refusalOf(file)).toMatch(
      /^MovingError: FILE, lines \d+ to \d+: the database does not take them: UNIQUE/,
    );
  });
});

describe('A backup of a SQLite database', () => {
  it('is a database like it, though somebody writes to it meanwhile', async () => {
    const file = files.next();
    const copy = files.next();
    const expected = files.next();
    const found = files.next();
    await onSqlite(file, async (storage) => {
      await fill(storage, 2_000);
      await exportAll(storage, SQLITE, expected, silent);
      let written = 0;
      let writing: Promise<unknown> = Promise.resolve();
      const write = () =>
        storage.write(async (unit) => {
          await unit.createObject({ parentId: '', resourceName: 'bucket' }, `meanwhile-${(written += 1)}`, {});
        });
      // A few pages each time: there are many steps, and commits between them.
      await backUpSqlite(file, copy, () => void (writing = writing.then(write)), 10);
      expect(written).toBeGreaterThan(3);
      await writing;
    });
    expect(existsSync(`${copy}-wal`)).toBe(false);
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    await onSqlite(copy, (storage) => exportAll(storage, SQLITE, found, silent));
    expect(readFileSync(found).equals(readFileSync(expected))).toBe(true);
  });

  it('is not made of a database that is damaged', async () => {
    const file = files.next();
    await onSqlite(file, (storage) => fill(storage, 400));
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(0x5a, 4096 * 9 + 8, 4096 * 12));
    const copy = files.next();
    await expect(backUpSqlite(file, copy, silent)).rejects.toThrow('The database is damaged');
    expect(existsSync(copy)).toBe(false);
  });
});

describe('The form of JSON in a dump', () => {
  it.each([
    ['{"bb":1,"a":2,"c":[ 1 , 2 ]}', '{"a":2,"c":[1,2],"bb":1}'],
    ['{"é":1,"zz":2,"z":3}', '{"z":3,"zz":2,"é":1}'],
    [
      '[1e21,1.5e3,1E-7,5e-3,0.05e1,12e-1,-0,-0.0,1.50,-1e2]',
      '[1000000000000000000000,1500,0.0000001,0.005,0.5,1.2,0,0.0,1.50,-100]',
    ],
    ['"\\u00e9\\/\\ud800\\u0007"', '"é/\\ud800\\u0007"'],
    ['"a\\\\"', '"a\\\\"'],
    ['{"a":1,"a":2}', '{"a":2}'],
    ['[true,false,null,{},[]]', '[true,false,null,{},[]]'],
  ])('makes of %s the text %s', (given, expected) => {
    expect(canonicalJson(given)).toBe(expected);
  });

  it.each(['', '{', '[1,]', '{"a"}', 'tru', '1 2', '"a', '[1e999999999]'])('refuses %p', (text) => {
    expect(() => canonicalJson(text)).toThrow(SyntaxError);
  });
});
