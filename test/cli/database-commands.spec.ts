import { startServer, type RunningServer } from '../../src/app.server.js';
import { SettingSource } from '../../src/settings/settings.js';
import { journal } from '../../src/storage/journal.js';
import { Commands } from '../support/command.js';

const SETTINGS = `[app:main]
kinto.storage_url = %(here)s/commands.sqlite
kinto.includes = kinto.plugins.accounts
multiauth.policies = account basicauth
multiauth.policy.account.use = kinto.plugins.accounts.AccountsPolicy
kinto.account_create_principals = system.Everyone
kinto.bucket_create_principals = system.Everyone
kinto.log_level = fatal
`;

let commands: Commands;
let ini: string;
beforeEach(() => {
  commands = new Commands();
  ini = commands.write('commands.ini', SETTINGS);
});
afterEach(() => commands.clear());

/** A server in this process, on the file that the commands use, as long as the work takes. */
async function onServer<T>(work: (server: RunningServer) => Promise<T>): Promise<T> {
  const server = await startServer(SettingSource.load({ iniFile: ini }), { port: 0 });
  try {
    return await work(server);
  } finally {
    await server.close();
  }
}

async function put(server: RunningServer, path: string, data: object = {}): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ data });
  const answer = await fetch(`${server.url}/v1${path}`, { method: 'PUT', headers, body });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
}

async function statusOf(server: RunningServer, method: string, path: string, user?: string): Promise<number> {
  const headers = user === undefined ? {} : { authorization: `Basic ${Buffer.from(user).toString('base64')}` };
  return (await fetch(`${server.url}/v1${path}`, { method, headers })).status;
}

async function deletedIn(server: RunningServer, list: string): Promise<string[]> {
  const answer = await fetch(`${server.url}/v1${list}?_since=1&deleted=true&_sort=id`);
  return ((await answer.json()) as { data: { id: string }[] }).data.map(({ id }) => id);
}

describe('kumocast create-user', () => {
  it('makes an account that can log in, and gives it another password later, keeping the rest', async () => {
    const first = await commands.run('create-user', '--ini', ini, '--username', 'alice', '--password', 'one');
    expect(first).toEqual({ code: 0, stdout: "The user 'alice' can log in.\n", stderr: '' });
    await onServer(async (server) => {
      expect(await statusOf(server, 'GET', '/accounts/alice', 'alice:one')).toBe(200);
      const authorization = `Basic ${Buffer.from('alice:one').toString('base64')}`;
      const headers = { authorization, 'content-type': 'application/json' };
      await fetch(`${server.url}/v1/accounts/alice`, { method: 'PATCH', headers, body: '{"data":{"age":42}}' });
    });
    expect((await commands.run('create-user', '--ini', ini, '-u', 'alice', '-p', 'two', '-q')).stdout).toBe('');
    await onServer(async (server) => {
      expect(await statusOf(server, 'GET', '/accounts/alice', 'alice:one')).toBe(403);
      const headers = { authorization: `Basic ${Buffer.from('alice:two').toString('base64')}` };
      const answer = await fetch(`${server.url}/v1/accounts/alice`, { headers });
      expect(await answer.json()).toMatchObject({
        data: { id: 'alice', age: 42 },
        permissions: { write: ['account:alice'] },
      });
      const logged = await server.storage.read(({ sql }) => journal.readAfter(sql, 0, 10));
      expect(logged.map(({ action, objectId }) => `${action} ${objectId}`)).toEqual([
        'create alice',
        'update alice',
        'update alice',
      ]);
      expect(JSON.stringify(logged)).not.toContain('$2b$');
    });
  });

  it('asks for what is not said, again if need be, and shows no password', async () => {
    const command = commands.start('create-user', '--ini', ini);
    command.type('no name\nbob\nhunter1\nhunter2\n\nhunter3\nhunter3\n');
    const { code, stdout, stderr } = await command.ended;
    expect(stdout).toBe("The user 'bob' can log in.\n");
    expect(code).toBe(0);
    expect(stderr).toContain("'no name' is not a valid username");
    expect(stderr).toContain('do not match');
    expect(stderr).toContain('1 to 72 bytes');
    expect(stdout + stderr).not.toContain('hunter');
    await onServer(async (server) => {
      expect(await statusOf(server, 'GET', '/accounts/bob', 'bob:hunter3')).toBe(200);
    });
  });

  it.each([
    ['51 in readonly mode', 51, 'kinto.readonly = true\n', ['-u', 'a', '-p', 'b']],
    ['2 for a password that is none', 2, '', ['-u', 'a', '-p', 'x'.repeat(73)]],
    ['1 where nothing is kept', 1, 'kinto.storage_backend = memory\n', ['-u', 'a', '-p', 'b']],
  ])('ends with %s', async (_, expected, lines, args) => {
    const file = commands.write('other.ini', SETTINGS + lines);
    const { code, stdout, stderr } = await commands.run('create-user', '--ini', file, ...args);
    expect(stderr).toMatch(/^kumocast: .+\n$/);
    expect([code, stdout]).toEqual([expected, '']);
  });

  it('ends with 52 without the plugin, and with 53 when there is nobody to ask', async () => {
    const plain = commands.write('plain.ini', '[app:main]\nkinto.storage_url = %(here)s/plain.sqlite\n');
    expect((await commands.run('create-user', '--ini', plain, '-u', 'a', '-p', 'b')).code).toBe(52);
    for (const typed of ['', 'bob\n', 'bob\npw\n']) {
      const command = commands.start('create-user', '--ini', ini);
      command.type(typed);
      expect((await command.ended).code).toBe(53);
    }
    await onServer(async (server) => {
      expect(await statusOf(server, 'GET', '/accounts/bob', 'bob:pw')).toBe(403);
    });
  });
});

describe('kumocast delete-collection', () => {
  const collection = ['--bucket', 'b', '--collection', 'c'];

  it('deletes it with everything in it, and nothing else, and listeners are told', async () => {
    await onServer(async (server) => {
      for (const path of ['/buckets/b', '/buckets/b/collections/c', '/buckets/b/collections/cc'])
        await put(server, path);
      for (const path of ['c/records/r', 'cc/records/r']) await put(server, `/buckets/b/collections/${path}`);
    });
    const outcome = await commands.run('delete-collection', '--ini', ini, ...collection);
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    await onServer(async (server) => {
      expect(await statusOf(server, 'GET', '/buckets/b/collections/c')).toBe(404);
      expect(await statusOf(server, 'GET', '/buckets/b/collections/cc/records/r')).toBe(200);
      expect(await deletedIn(server, '/buckets/b/collections')).toEqual(['c']);
      const logged = await server.storage.read(({ sql }) => journal.readAfter(sql, 0, 10));
      expect(logged.at(-1)).toMatchObject({ action: 'delete', objectId: 'c', list: { parentId: '/buckets/b' } });
      await put(server, '/buckets/b/collections/c');
      expect(await statusOf(server, 'GET', '/buckets/b/collections/c/records/r')).toBe(404);
    });
  });

  it('ends as Kinto’s does where there is nothing to delete', async () => {
    const fixed = commands.write('fixed.ini', `${SETTINGS}kinto.readonly = true\n`);
    expect((await commands.run('delete-collection', '--ini', fixed, ...collection)).code).toBe(31);
    const bucketless = await commands.run('delete-collection', '--ini', ini, ...collection);
    expect(bucketless).toEqual({ code: 32, stdout: '', stderr: "kumocast: Bucket '/buckets/b' does not exist.\n" });
    await onServer((server) => put(server, '/buckets/b'));
    const empty = await commands.run('delete-collection', '--ini', ini, ...collection);
    expect(empty.stderr).toBe("kumocast: Collection '/buckets/b/collections/c' does not exist.\n");
    expect(empty.code).toBe(33);
    expect((await commands.run('delete-collection', '--ini', ini, '--bucket', 'b')).code).toBe(2);
  });
});

describe('kumocast purge-deleted', () => {
  it('keeps the newest tombstones of each list, and everything that lives', async () => {
    const lists = ['/buckets/b/collections/c/records', '/buckets/b/collections/d/records'];
    const etags = await onServer(async (server) => {
      for (const path of ['/buckets/b', '/buckets/b/collections/c', '/buckets/b/collections/d'])
        await put(server, path);
      for (const list of lists) for (const id of ['r1', 'r2', 'r3', 'r4']) await put(server, `${list}/${id}`);
      // In the other list, the same ids live on: Kinto's command would delete them as well.
      for (const id of ['r1', 'r2', 'r3']) await statusOf(server, 'DELETE', `${lists[0]}/${id}`);
      await statusOf(server, 'DELETE', `${lists[1]}/r4`);
      await put(server, '/buckets/r1');
      await statusOf(server, 'DELETE', '/buckets/r1');
      return Promise.all(lists.map(async (list) => (await fetch(`${server.url}/v1${list}`)).headers.get('etag')));
    });
    const outcome = await commands.run('purge-deleted', 'record', 'group', '1', '--ini', ini);
    expect(outcome).toEqual({ code: 0, stdout: '2 tombstone(s) deleted.\n', stderr: '' });
    await onServer(async (server) => {
      expect(await Promise.all(lists.map((list) => deletedIn(server, list)))).toEqual([['r3'], ['r4']]);
      for (const id of ['r1', 'r2', 'r3']) expect(await statusOf(server, 'GET', `${lists[1]}/${id}`)).toBe(200);
      const now = await Promise.all(
        lists.map(async (list) => (await fetch(`${server.url}/v1${list}`)).headers.get('etag')),
      );
      expect(now).toEqual(etags);
      const purged = await server.storage.read(({ sql }) =>
        sql.all<{ purged_to_n: number }>(
          "SELECT purged_to_n FROM timestamps WHERE resource_name = 'record' ORDER BY parent_id",
        ),
      );
      // Four were made; the fifth and sixth changes were the deletions that nobody can be told of any more.
      expect(purged.map(({ purged_to_n: n }) => n)).toEqual([6, 0]);
    });
    expect((await commands.run('purge-deleted', 'bucket', '0', '--ini', ini)).stdout).toBe('1 tombstone(s) deleted.\n');
  });

  it.each([[['record']], [['5']], [['record', 'many']], [['record', '-1']], [[]]])('refuses %j', async (args) => {
    const { code, stderr } = await commands.run('purge-deleted', '--ini', ini, ...args);
    expect(code).toBe(2);
    expect(stderr).not.toBe('');
  });
});

describe('A command on a database that a server has', () => {
  it('says so and changes nothing', async () => {
    await onServer(async (server) => {
      await put(server, '/buckets/b');
      await put(server, '/buckets/b/collections/c');
      const outcomes = await Promise.all([
        commands.run('create-user', '--ini', ini, '-u', 'alice', '-p', 'pw'),
        commands.run('delete-collection', '--ini', ini, '--bucket', 'b', '--collection', 'c'),
        commands.run('purge-deleted', '--ini', ini, 'record', '0'),
      ]);
      for (const { code, stdout, stderr } of outcomes) {
        expect(stderr).toMatch(/^kumocast: .*commands\.sqlite is in use by another kumocast process\n$/);
        expect([code, stdout]).toEqual([1, '']);
      }
      expect(await statusOf(server, 'GET', '/buckets/b/collections/c')).toBe(200);
      expect(await statusOf(server, 'GET', '/accounts/alice', 'alice:pw')).toBe(403);
      expect((await commands.run('migrate', '--ini', ini, '--dry-run')).stdout).toContain('is up to date');
    });
  });
});
