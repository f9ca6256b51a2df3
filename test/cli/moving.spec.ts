import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { openStorage } from '../../src/storage/open-storage.js';
import { DATABASE_SCHEMA } from '../../src/app.schema.js';
import { ShownProgress } from '../../src/cli/export-progress.js';
import { StorageSettings } from '../../src/storage/storage.settings.js';
import { fill } from '../storage/moving-records.js';
import { capturedOutput } from '../support/captured-output.js';
import { Commands, type Outcome } from '../support/command.js';
import { describeWithPostgresql, PostgresqlServer } from '../support/postgresql.js';

/** How many records are moved to PostgreSQL and back; 200000 takes minutes. */
const RECORDS = Number(process.env.KUMOCAST_MOVE_RECORDS ?? 500);

/** In MiB: what the records need in memory, were they held there, is many times as much at 200,000. */
const HEAP = 96;

const ONE_LINE = /^kumocast: [^\n]+\n$/;

let commands: Commands;
beforeEach(() => {
  commands = new Commands();
});
afterEach(() => commands.clear());

/** Settings with a database of their own. */
function settingsFor(name: string, lines = ''): string {
  const text = `[app:main]
kinto.storage_url = %(here)s/${name}.sqlite
kinto.includes = kinto.plugins.accounts kinto.plugins.history
multiauth.policies = account basicauth
multiauth.policy.account.use = kinto.plugins.accounts.AccountsPolicy
kinto.account_create_principals = system.Everyone
kinto.bucket_create_principals = system.Authenticated
${lines}`;
  return commands.write(`${name}.ini`, text);
}

function inDirectory(name: string): string {
  return join(commands.directory, name);
}

async function serve<T>(ini: string, work: (url: string) => Promise<T>): Promise<T> {
  const server = commands.start('start', '--ini', ini, '--port', '0');
  try {
    return await work(`${await server.url()}/v1`);
  } finally {
    server.kill('SIGTERM');
    await server.ended;
  }
}

const ALICE = { authorization: `Basic ${Buffer.from('alice:secret').toString('base64')}` };

async function put(url: string, body: object, headers: Record<string, string> = ALICE): Promise<void> {
  const init = {
    method: 'PUT',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
  const answer = await fetch(url, init);
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
}

const READ = ['/accounts/alice', '/buckets', '/buckets/b', '/buckets/b/history', '/buckets/b/collections/c/records'];

/** Bodies and ETags of everything, as alice sees it. */
async function seen(url: string): Promise<unknown[]> {
  return Promise.all(
    [...READ, '/buckets/b/collections/c/records/r1', '/buckets/b/groups/g', '/buckets/b/collections/c'].map(
      async (path) => {
        const answer = await fetch(url + path, { headers: ALICE });
        return [path, answer.status, answer.headers.get('etag'), await answer.json()];
      },
    ),
  );
}

async function writeSome(url: string): Promise<void> {
  await put(`${url}/accounts/alice`, { data: { password: 'secret' } }, {});
  await put(`${url}/buckets/b`, { permissions: { read: ['system.Everyone'] } });
  await put(`${url}/buckets/b/groups/g`, { data: { members: ['account:bob'] } });
  await put(`${url}/buckets/b/collections/c`, { permissions: { 'record:create': ['/buckets/b/groups/g'] } });
  for (let index = 0; index < 20; index += 1) {
    await put(`${url}/buckets/b/collections/c/records/r${index}`, { data: { zz: index, a: 'é' } });
  }
  await fetch(`${url}/buckets/b/collections/c/records/r3`, { method: 'DELETE', headers: ALICE });
}

function ok({ code, stderr }: Outcome): void {
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
}

describe('kumocast export and import', () => {
  it('move what a running server has: accounts, permissions, history, tombstones; ETags stay', async () => {
    const [from, to] = [settingsFor('from'), settingsFor('to')];
    const expected = await serve(from, async (url) => {
      await writeSome(url);
      const outcome = await commands.run('export', 'all.dump.gz', '--ini', from);
      ok(outcome);
      expect(outcome.stdout).toMatch(/^all\.dump\.gz: \d+ objects and tombstones, \d+ permissions, \d+ changes of the/);
      return seen(url);
    });
    ok(await commands.run('import', 'all.dump.gz', '--ini', to));
    const again = await commands.run('export', 'again.dump', '--ini', to, '-q');
    expect(again).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(gunzipSync(readFileSync(inDirectory('all.dump.gz'))).equals(readFileSync(inDirectory('again.dump')))).toBe(
      true,
    );
    const found = await serve(to, async (url) => {
      const before = await seen(url);
      await put(`${url}/buckets/b/collections/c/records/later`, { data: {} });
      return before;
    });
    expect(found).toEqual(expected);
    expect(readdirSync(commands.directory).filter((name) => name.includes('.part'))).toEqual([]);
  });

  it('write everything of one moment while clients write', async () => {
    const ini = settingsFor('busy');
    await serve(ini, async (url) => {
      await writeSome(url);
      let isDone = false;
      const writing = (async () => {
        for (let turn = 0; !isDone; turn += 1) {
          await put(`${url}/buckets/b/collections/c/records/busy${turn}`, { data: { turn } });
        }
      })();
      const outcomes = [
        await commands.run('export', 'busy.dump', '--ini', ini),
        await commands.run('backup', 'busy.copy.sqlite', '--ini', ini),
      ];
      isDone = true;
      await writing;
      outcomes.forEach(ok);
    });
    const [imported, copied] = [settingsFor('imported'), settingsFor('busy.copy')];
    ok(await commands.run('import', 'busy.dump', '--ini', imported));
    for (const each of [imported, copied]) {
      // Each record has its entry in the history, and no entry is without its record.
      const [records, entries] = await serve(each, async (url) => [
        (await idsOf(`${url}/buckets/b/collections/c/records?_fields=id&like_id=busy`)).length,
        (await idsOf(`${url}/buckets/b/history?resource_name=record&like_uri=busy`)).length,
      ]);
      expect(records).toBe(entries);
      expect(records).toBeGreaterThan(0);
    }
  });

  it('leave nothing behind and say one line when the file is no good, 2 for it and 1 for the database', async () => {
    const from = settingsFor('from');
    await serve(from, writeSome);
    ok(await commands.run('export', 'good.dump', '--ini', from));
    const good = readFileSync(inDirectory('good.dump'));
    const cut = commands.write('cut.dump', good.subarray(0, good.length - 300).toString());
    writeFileSync(inDirectory('altered.dump'), good.toString().replace('"zz\\":7', '"zz\\":8'));
    const to = settingsFor('to');
    for (const [file, code, said] of [
      [cut, 2, 'cut off'],
      ['altered.dump', 2, 'has been altered'],
      ['to.ini', 2, 'is no dump of kumocast'],
      ['missing.dump', 2, 'cannot be read'],
    ] as const) {
      const outcome = await commands.run('import', file, '--ini', to);
      expect([file, outcome.code, outcome.stdout]).toEqual([file, code, '']);
      expect(outcome.stderr).toMatch(ONE_LINE);
      expect(outcome.stderr).toContain(said);
    }
    expect(existsSync(inDirectory('to.sqlite'))).toBe(false);
    const before = readFileSync(inDirectory('from.sqlite'));
    const full = await commands.run('import', 'good.dump', '--ini', from);
    expect([full.code, full.stderr]).toEqual([1, expect.stringMatching(ONE_LINE)]);
    expect(full.stderr).toContain('The database is not empty');
    expect(readFileSync(inDirectory('from.sqlite')).equals(before)).toBe(true);
  });

  it('refuse what cannot be: a server at work on the target, no database, none that stays, a file that is there', async () => {
    const ini = settingsFor('only');
    const memory = settingsFor('memory', 'kinto.storage_backend = memory\n');
    for (const [said, code, args] of [
      ['There is no database yet', 1, ['export', 'a.dump', '--ini', ini]],
      ['There is no database yet', 1, ['backup', 'a.sqlite', '--ini', ini]],
      ['storage_backend = memory', 1, ['export', 'a.dump', '--ini', memory]],
      ['storage_backend = memory', 1, ['backup', 'a.dump', '--ini', memory]],
      ['storage_backend = memory', 1, ['import', ini, '--ini', memory]],
    ] as const) {
      const outcome = await commands.run(...args);
      expect([outcome.code, outcome.stderr]).toEqual([code, expect.stringMatching(ONE_LINE)]);
      expect(outcome.stderr).toContain(said);
    }
    await serve(ini, async () => {
      ok(await commands.run('export', 'a.dump', '--ini', ini));
      expect((await commands.run('import', 'a.dump', '--ini', ini)).stderr).toMatch(
        /in use by another kumocast process\n$/,
      );
      for (const command of ['export', 'backup']) {
        const outcome = await commands.run(command, 'a.dump', '--ini', ini);
        expect([outcome.code, outcome.stderr]).toEqual([
          2,
          'kumocast: a.dump is there already: nothing is written over\n',
        ]);
      }
    });
  });
});

describe('kumocast backup', () => {
  it('makes a file that a server serves as it is', async () => {
    const ini = settingsFor('served');
    const expected = await serve(ini, async (url) => {
      await writeSome(url);
      const outcome = await commands.run('backup', 'copy.sqlite', '--ini', ini);
      ok(outcome);
      expect(outcome.stdout).toMatch(/^copy\.sqlite: a copy of \/\S+served\.sqlite, \d+ bytes, checked\.\n$/);
      expect(existsSync(inDirectory('copy.sqlite-wal'))).toBe(false);
      expect(statSync(inDirectory('copy.sqlite')).mode & 0o777).toBe(0o600);
      return seen(url);
    });
    expect(await serve(settingsFor('copy'), seen)).toEqual(expected);
  });
});

describe('What is shown meanwhile', () => {
  it('is a bar on a terminal, which goes at the end, and nothing when it is to be quiet', () => {
    let drawn = '';
    const terminal = { isTTY: true, write: (text: string) => (drawn += text) !== '' };
    const shown = new ShownProgress({}, terminal);
    shown.show({ table: 'objects', done: 50, total: 200 });
    shown.show({ table: 'changes', done: 200, total: 200 });
    shown.end();
    const lines = drawn.split('\r\u001b[K');
    expect(lines).toEqual([
      '',
      `[${'#'.repeat(7)}${'.'.repeat(23)}] 25 % of 200: objects`,
      `[${'#'.repeat(30)}] 100 % of 200: changes`,
      '',
    ]);
    drawn = '';
    const silent = new ShownProgress({ quiet: true }, terminal);
    silent.show({ table: 'objects', done: 1, total: 1 });
    silent.end();
    expect(drawn).toBe('');
  });

  it('is a line from time to time where there is no terminal', async () => {
    const lines = await capturedOutput(async () => {
      const shown = new ShownProgress({}, { isTTY: false, write: () => true });
      for (let done = 0; done <= 250_000; done += 200) shown.show({ table: 'objects', done, total: 250_000 });
      shown.end();
    });
    expect(lines).toEqual(['100000 of 250000 rows (objects)', '200000 of 250000 rows (objects)']);
  });
});

async function idsOf(url: string): Promise<string[]> {
  const answer = await fetch(url, { headers: ALICE });
  return ((await answer.json()) as { data: { id: string }[] }).data.map(({ id }) => id);
}

describeWithPostgresql('Moving to PostgreSQL and back [needs postgresql]', () => {
  let server: PostgresqlServer;
  beforeAll(async () => {
    server = await PostgresqlServer.start();
  });
  afterAll(() => server.stop());

  it(
    `gives the same dump byte for byte, with ${RECORDS} records in ${HEAP} MiB of heap`,
    async () => {
      const [from, back] = [settingsFor('from'), settingsFor('back')];
      const url = await server.makeDatabase();
      const there = commands.write(
        'there.ini',
        `[app:main]\nkinto.storage_backend = postgresql\nkinto.storage_url = ${url}\n`,
      );
      const storage = await openStorage(
        Object.assign(new StorageSettings(), {
          storageBackend: 'sqlite',
          storageUrl: inDirectory('from.sqlite'),
          maxGroup: 8,
        }),
        DATABASE_SCHEMA,
      );
      await fill(storage, RECORDS);
      await storage.close();
      commands.env.NODE_OPTIONS = `--max-old-space-size=${HEAP}`;
      for (const args of [
        ['export', '1.dump', '--ini', from],
        ['import', '1.dump', '--ini', there],
        ['export', '2.dump', '--ini', there],
        ['import', '2.dump', '--ini', back],
        ['export', '3.dump', '--ini', back],
        ['backup', '4.dump', '--ini', there],
      ]) {
        const started = Date.now();
        ok(await commands.run(...args));
        if (RECORDS > 10_000)
          process.stderr.write(`${args.slice(0, 2).join(' ')}: ${(Date.now() - started) / 1000} s\n`);
      }
      const first = readFileSync(inDirectory('1.dump'));
      for (const name of ['2.dump', '3.dump', '4.dump']) {
        expect([name, readFileSync(inDirectory(name)).equals(first)]).toEqual([name, true]);
      }
    },
    Math.max(90_000, RECORDS * 10),
  );
});
