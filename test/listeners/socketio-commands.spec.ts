import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addPlugins } from '../../src/app.kinds.js';
import { Plugins } from '../../src/resources/plugin.js';
import type { JsonObject } from '../../src/wire/json.js';
import { startTestServer, type Answer, type Ask, type TestServer } from '../support/server.js';
import { OpenApiChecker } from '../support/openapi-checker.js';
import { KINDS, SOCKETIO_INI, SocketClient, type Called } from './socketio-client.js';

const COLLECTION = '/buckets/blog/collections/articles';
const RECORDS = `/v1${COLLECTION}/records`;

let server: TestServer;

async function start(ini = ''): Promise<void> {
  server = await startTestServer({ ini: `${SOCKETIO_INI}\n${ini}` });
  await server.request('PUT', '/v1/buckets/blog');
  await server.request('PUT', `/v1${COLLECTION}`);
}

afterEach(async () => {
  SocketClient.closeAll();
  await server.close();
});

/** What both roads must have in common: everything but what differs between two requests. */
function comparable(answer: Answer): object {
  const isError = answer.status >= 400;
  const body: unknown = answer.text === '' ? null : parsed(answer);
  return isError ? { error: body } : { error: null, status: answer.status, body };
}

function parsed({ headers, text }: Answer): unknown {
  return headers.get('content-type') === 'application/json' ? JSON.parse(text) : text;
}

/** Files come as bytes. */
function comparableCall({ error, body, meta }: Called): object {
  if (error !== null) return { error };
  return { error, status: meta.status, body: body instanceof Uint8Array ? Buffer.from(body).toString() : body };
}

describe.each(KINDS)('A command of version $version over $transport', (kind) => {
  let client: SocketClient;
  beforeEach(async () => {
    await start();
    client = await SocketClient.connect(server, '/me', kind);
  });

  it('is answered as over HTTP, with the status and the headers', async () => {
    for (const title of ['b', 'a']) await server.request('POST', RECORDS, { body: { data: { title } } });
    const id = 'buckets.blog.collections.articles.records';
    const called = await client.command(`${id}.get`, { params: { _sort: 'title', _fields: ['title', 'id'] } });
    const answer = await server.request('GET', `${RECORDS}?_sort=title&_fields=title,id`);
    expect(comparableCall(called)).toEqual(comparable(answer));
    expect(called.meta.headers.ETag).toBe(answer.headers.get('etag'));
    expect(called.meta.headers['Change-Position']).toBe(answer.headers.get('change-position'));
    const one = `${id}.${(called.body.data as { id: string }[])[0]!.id}`;
    const unchanged = await client.command(`${one}.get`, { headers: { 'If-None-Match': called.meta.headers.ETag } });
    expect(unchanged).toMatchObject({ error: null, body: null, meta: { status: 304 } });
  });

  it('creates, changes, replaces and deletes with parameters in place of a body', async () => {
    const id = 'buckets.blog.collections.articles.records';
    const made = await client.command(`${id}.post`, { params: { id: 'x', n: 1 } });
    expect(made).toMatchObject({ meta: { status: 201 }, body: { data: { id: 'x', n: 1 } } });
    expect((await client.command(`${id}.x.update`, { params: { m: 2 } })).body.data).toMatchObject({ n: 1, m: 2 });
    expect((await client.command(`${id}.x.replace`, { body: { data: { k: 3 } } })).body.data).not.toHaveProperty('n');
    expect((await client.command(`${id}.x.delete`)).body.data).toMatchObject({ deleted: true });
    const gone = await client.command(`${id}.x.get`);
    expect(comparableCall(gone)).toEqual(comparable(await server.request('GET', `${RECORDS}/x`)));
    expect(gone.error).toMatchObject({ code: 404, errno: 110 });
  });

  it('is carried out without a callback, and only its failure is told', async () => {
    client.socket.emit('command', { id: 'buckets.blog.collections.articles.records.create', params: { id: 'quiet' } });
    await client.next('recordsChanged');
    expect((await server.request('GET', `${RECORDS}/quiet`)).status).toBe(200);
    client.socket.emit('command', { id: 'buckets.none.get' });
    expect(await client.next('commandError')).toMatchObject({
      id: 'buckets.none.get',
      error: { code: 403, errno: 121 },
    });
  });

  it('may be a request, as an item of a batch is', async () => {
    const item = {
      method: 'PUT',
      path: `${COLLECTION}/records/Größe`.replace('Größe', 'size'),
      body: { data: { n: 1 } },
    };
    expect(await client.ask('request', item)).toMatchObject({ error: null, meta: { status: 201 } });
    const listed = await client.ask('request', { path: `${RECORDS}?n=1` });
    expect((listed.body.data as JsonObject[]).map(({ id }) => id)).toEqual(['size']);
    const batch = await client.command('batch.post', { body: { requests: [{ path: COLLECTION }] } });
    expect((batch.body.responses as JsonObject[])[0]).toMatchObject({ status: 200 });
    // What is no resource takes its parameters as they are.
    const seed = await client.command('batch.post', { params: { requests: [{ path: COLLECTION }] } });
    expect(seed.body).toEqual(batch.body);
  });
});

describe('A command', () => {
  beforeEach(() => start());

  it('may be named without what its namespace is', async () => {
    const bucket = await SocketClient.connect(server, '/buckets/blog');
    expect((await bucket.command('collections.get')).body.data).toMatchObject([{ id: 'articles' }]);
    const collection = await SocketClient.connect(server, COLLECTION);
    expect(await collection.command('records.create', { params: { id: 'r' } })).toMatchObject({
      meta: { status: 201 },
    });
    expect((await collection.command('root.get')).body).toHaveProperty('http_api_version');
    expect((await collection.command('buckets.blog.get')).body.data).toMatchObject({ id: 'blog' });
  });

  it('may be the name of the message itself', async () => {
    const client = await SocketClient.connect(server, '/me');
    expect((await client.ask('buckets.blog.get', {})).body.data).toMatchObject({ id: 'blog' });
    expect((await client.ask('server_info')).body).toHaveProperty('http_api_version');
    expect((await client.ask('nothing', {})).error).toMatchObject({ code: 404, errno: 111 });
  });

  it.each<[string, unknown, object]>([
    ['command', undefined, { code: 400, errno: 107 }],
    ['command', 'buckets.get', { code: 400, errno: 107 }],
    ['command', { id: 3 }, { code: 400, errno: 107 }],
    ['command', { id: 'buckets.get', params: [] }, { code: 400, errno: 107 }],
    ['command', { id: 'buckets.get', headers: { a: 1 } }, { code: 400, errno: 107 }],
    ['command', { id: 'buckets.get', headers: { a: 'b\nc: d' } }, { code: 400, errno: 107 }],
    ['command', { id: 'get_record', params: { bucket_id: 'blog' } }, { code: 400, errno: 107 }],
    ['command', { id: 'buckets.explode' }, { code: 404, errno: 111 }],
    ['command', { id: 'get' }, { code: 404, errno: 111 }],
    ['command', { id: '' }, { code: 404, errno: 111 }],
    ['command', { id: 'buckets.__proto__' }, { code: 404, errno: 111 }],
    ['command', { id: 'buckets.\ud800.get' }, { code: 400, errno: 107 }],
    ['request', { path: 'buckets' }, { code: 400, errno: 107 }],
    ['request', { path: '/buckets', method: 'get it' }, { code: 400, errno: 107 }],
    ['request', { path: '/buckets/\ud800' }, { code: 400, errno: 107 }],
    ['request', { path: '/../../etc' }, { code: 404 }],
    ['subscribe', { uri: '/' }, { code: 400, errno: 107 }],
    ['subscribe', { uri: '/v1/buckets' }, { code: 404 }],
    ['subscribe', { uri: `${COLLECTION}/records`, include: ['all'] }, { code: 400, errno: 107 }],
    ['subscribe', { uri: `${COLLECTION}/records`, position: 'nonsense' }, { code: 400, errno: 107 }],
    ['subscribe', { uri: `${COLLECTION}/records`, filter: { _sort: 'n' } }, { code: 400, errno: 107 }],
    ['subscribe', { uri: '/buckets/none/collections/c/records' }, { code: 403, errno: 121 }],
    ['unsubscribe', { keys: 'a' }, { code: 400, errno: 107 }],
  ])('%s %j is refused as HTTP would: %j', async (event, given, error) => {
    const client = await SocketClient.connect(server, '/me');
    expect((await client.ask(event, given)).error).toMatchObject(error);
  });

  it('is refused when there are too many of them', async () => {
    await server.close();
    await start('kinto.socketio.commands_in_flight = 2\nkinto.socketio.commands_per_second = 5');
    const client = await SocketClient.connect(server, '/me');
    const many = await Promise.all(Array.from({ length: 20 }, () => client.command('buckets.get')));
    const refused = many.filter(({ error }) => error !== null).map(({ error }) => error);
    expect(refused.length).toBeGreaterThanOrEqual(10);
    for (const error of refused) expect(error).toMatchObject({ code: 429, errno: 117 });
  });

  it('has the origin of its page, which must be allowed', async () => {
    await server.close();
    await start('kinto.cors_origins = https://good.example');
    const headers = { Origin: 'https://good.example' };
    const client = await SocketClient.connect(server, '/me', { headers });
    expect((await client.command('buckets.get')).meta.headers).toMatchObject({
      'Access-Control-Allow-Origin': 'https://good.example',
    });
    const bad = SocketClient.start(server, '/me', { headers: { Origin: 'https://bad.example' } });
    expect(await bad.opened()).toBeInstanceOf(Error);
  });
});

describe('Every operation of the API', () => {
  it('is a command by its id, and answers what HTTP answers', async () => {
    // Two of them, asked the same in the same order: one over HTTP, one by commands.
    const directories = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'socketio-')));
    server = await startTestServer({ ini: everyPlugin(directories[0]!) });
    const other = await startTestServer({ ini: everyPlugin(directories[1]!) });
    try {
      const authorization = `Basic ${Buffer.from('alice:pw').toString('base64')}`;
      const ask = { auth: null, headers: { authorization } };
      const { paths, operations } = await OpenApiChecker.of(server);
      // Again after each write: some of them delete what there is, alice among it.
      let isTouched = true;
      let compared = 0;
      for (const { id, method, template } of operationsIn(paths)) {
        if (isTouched) for (const each of [server, other]) await makeAlice(each, ask);
        isTouched = !['get', 'head'].includes(method);
        const names = [...template.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name!);
        const params = Object.fromEntries(names.map((name) => [name, idFor(name)]));
        const path = template.replaceAll(/\{([^}]+)\}/g, (_whole, name: string) => idFor(name));
        const body = ['post', 'put', 'patch'].includes(method) ? { body: {} } : {};
        const http = await server.request(method.toUpperCase(), `/v1${path}`, { ...ask, ...body });
        const client = await SocketClient.connect(other, '/alice', { token: authorization });
        const called = await client.command(id, { params, ...body });
        client.socket.close();
        // To HEAD, HTTP says nothing but the status.
        if (method === 'head' && http.status >= 400) expect([id, called.error?.code]).toEqual([id, http.status]);
        else expect([id, shape(comparableCall(called))]).toEqual([id, shape(comparable(http))]);
        compared += 1;
      }
      expect(compared).toBe(operations.length);
      expect(compared).toBeGreaterThan(50);
    } finally {
      await other.close();
      for (const directory of directories) rmSync(directory, { recursive: true });
    }
  }, 120_000);
});

function operationsIn(paths: Readonly<Record<string, JsonObject>>): { id: string; method: string; template: string }[] {
  return Object.entries(paths).flatMap(([template, item]) =>
    Object.entries(item).flatMap(([method, operation]) => {
      const { operationId: id } = operation as { operationId?: string };
      return id === undefined ? [] : [{ id, method, template }];
    }),
  );
}

async function makeAlice(at: TestServer, ask: Ask): Promise<void> {
  await at.request('PUT', '/v1/accounts/alice', { auth: null, body: { data: { password: 'pw' } } });
  await at.request('PUT', '/v1/buckets/b', ask);
  await at.request('PUT', '/v1/buckets/b/collections/c', ask);
}

/** All but the provider of logins, which is asked for the way back by what is not said in both requests alike. */
function everyPlugin(directory: string): string {
  const plugins = new Plugins();
  addPlugins(plugins);
  mkdirSync(join(directory, 'admin', 'assets'), { recursive: true });
  writeFileSync(join(directory, 'admin', 'index.html'), '<p>admin</p>');
  writeFileSync(join(directory, 'admin', 'VERSION'), '1');
  return `
${SOCKETIO_INI}
multiauth.policies = account
multiauth.policy.account.use = accounts
kinto.includes = ${plugins.names().join(' ')}
kinto.account_create_principals = system.Everyone
kinto.user-data_delete_principals = account:alice
kinto.admin_assets_path = ${join(directory, 'admin')}
kinto.attachment.base_path = ${join(directory, 'files')}
kinto.socketio.commands_per_second = 1000
kinto.statsd_url = udp://127.0.0.1:9`;
}

/** Ids that lead somewhere: what is there is read, and what is not is refused. */
function idFor(name: string): string {
  return name.startsWith('bucket') ? 'b' : name.startsWith('collection') ? 'c' : 'there-is-none';
}

/** What each server gives names of its own. */
const MADE_BY_SERVERS = ['id', 'position', 'previous', 'ticket'];

/** Without what two requests cannot have in common: ids that are made, times, numbers that have grown, and lines. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shape);
  if (typeof value === 'string') {
    const [line] = value.split('\n');
    return line!
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.+]+/g, 'TIME')
      .replaceAll(/[\w-]{20,}/g, 'MADE')
      .replaceAll(/\d+(\.\d+)?/g, '0');
  }
  if (typeof value === 'number') return 0;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, MADE_BY_SERVERS.includes(key) ? key : shape(inner)]),
  );
}
