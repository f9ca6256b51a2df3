import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addPlugins } from '../../src/app.kinds.js';
import { Plugins } from '../../src/resources/plugin.js';
import type { JsonObject, JsonValue } from '../../src/wire/json.js';
import { by } from '../support/accounts-server.js';
import { formAsk } from '../support/attachment-server.js';
import { FakeIdentityProvider } from '../support/fake-identity-provider.js';
import { OpenApiChecker } from '../support/openapi-checker.js';
import { structureProblem } from '../support/openapi-structure.js';
import { startTestServer, type Ask, type TestServer } from '../support/server.js';

const RECORDS = '/v1/buckets/b/collections/c/records';
const ALICE = by('alice');
const CALLBACK = 'http://localhost:3000/#tokens=';
const LOGIN = `/v1/openid/one/login?callback=${encodeURIComponent(CALLBACK)}&scope=openid`;

let directory: string;
let provider: FakeIdentityProvider;
let server: TestServer;
let api: OpenApiChecker;

/** Whatever plugins there are. */
function iniOf(): string {
  const plugins = new Plugins();
  addPlugins(plugins);
  return `
multiauth.policies = account one
multiauth.policy.account.use = accounts
multiauth.policy.one.use = openid
multiauth.policy.one.issuer = ${provider.issuer}
multiauth.policy.one.client_id = kumocast
multiauth.policy.one.client_secret = secret
kinto.includes = ${plugins.names().join(' ')}
kinto.account_create_principals = system.Everyone
kinto.account_write_principals = account:admin
kinto.user-data_delete_principals = account:alice
kinto.admin_assets_path = ${join(directory, 'admin')}
kinto.attachment.base_path = ${join(directory, 'files')}
kinto.quotas.bucket_small_max_items = 1
kinto.statsd_url = udp://127.0.0.1:9`;
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'openapi-'));
  mkdirSync(join(directory, 'admin', 'assets'), { recursive: true });
  writeFileSync(join(directory, 'admin', 'index.html'), '<p>admin</p>');
  writeFileSync(join(directory, 'admin', 'VERSION'), '1');
  writeFileSync(join(directory, 'admin', 'assets', 'a.js'), '1');
  provider = await FakeIdentityProvider.open();
  server = await startTestServer({ ini: iniOf() });
  api = await OpenApiChecker.of(server);
  await api.request('PUT', '/v1/accounts/alice', { auth: null, body: { data: { password: 'pw' } } });
  await api.request('PUT', '/v1/buckets/b', ALICE);
  await api.request('PUT', '/v1/buckets/b/collections/c', ALICE);
}, 60_000);
afterAll(async () => {
  await server.close();
  await provider.close();
  rmSync(directory, { recursive: true });
});

function body(value: JsonValue, ask: Ask = ALICE): Ask {
  return { ...ask, body: value };
}

/** Everything in `paths` that is an operation. */
function operations(): (JsonObject & { readonly key: string })[] {
  return Object.entries(api.paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => method !== 'parameters')
      .map(([method, operation]) => ({ ...(operation as JsonObject), key: `${method.toUpperCase()} ${path}` })),
  );
}

function resolved(value: JsonValue): JsonObject {
  const { $ref: reference } = value as JsonObject;
  if (typeof reference !== 'string') return value as JsonObject;
  const keys = reference.slice(2).split('/');
  return keys.reduce<JsonValue>((parent, key) => (parent as JsonObject)[key]!, api.document) as JsonObject;
}

describe('The document of a server with every plugin', () => {
  it('is OpenAPI 3.1 in every part', () => {
    expect(structureProblem(api.document)).toBeUndefined();
  });

  it.each<[string, (document: JsonObject) => void]>([
    ['a word that there is not', (document) => (document.path = {})],
    ['a path without a slash', (document) => ((document.paths as JsonObject).buckets = {})],
    ['an answer without a description', (document) => deleteFrom(document, 'paths', '/', 'get', 'responses', '200')],
    ['a schema that is none', (document) => ((document.components as JsonObject).schemas = { X: { type: 'text' } })],
  ])('would not be with %s', (_what, spoil) => {
    const document = structuredClone(api.document);
    spoil(document);
    expect(structureProblem(document)).toBeDefined();
  });

  it('leaves no endpoint undescribed', () => {
    for (const { key, tags, summary } of operations()) {
      expect([key, tags]).not.toEqual([key, ['Others']]);
      expect([key, summary]).toEqual([key, expect.stringMatching(/^[A-Z][^/]+\.$/)]);
    }
  });

  it('says of every parameter what it is for', () => {
    for (const [path, item] of Object.entries(api.paths)) {
      const all = Object.values(item).flatMap((operation) => (operation as JsonObject).parameters ?? []);
      for (const parameter of [...((item.parameters ?? []) as JsonObject[]), ...(all as JsonObject[])]) {
        const { name, description } = resolved(parameter);
        expect([path, name, description]).toEqual([path, name, expect.stringMatching(/\S/)]);
      }
    }
  });

  it('names each operation once, and each parameter of it once', () => {
    const ids = operations().map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const item of Object.values(api.paths)) {
      for (const operation of Object.values(item)) {
        const own = ((operation as JsonObject).parameters ?? []) as JsonObject[];
        const names = [...((item.parameters ?? []) as JsonObject[]), ...own].map((parameter) => {
          const { name, in: place } = resolved(parameter);
          return `${place as string} ${name as string}`;
        });
        expect(names).toEqual([...new Set(names)]);
      }
    }
  });

  it('has each heading once, that of the resources before those of plugins', () => {
    const names = (api.document.tags as JsonObject[]).map(({ name }) => name);
    const own = ['Utilities', 'Batch', 'Buckets', 'Groups', 'Collections', 'Records'];
    expect(names.slice(0, own.length)).toEqual(own);
    expect(names.slice(own.length).sort()).toEqual(['Accounts', 'Attachments', 'History', 'OpenID']);
    expect(new Set(operations().flatMap(({ tags }) => tags as string[]))).toEqual(new Set(names));
  });

  it('has no schema that nothing speaks of', () => {
    const { schemas } = api.document.components as { schemas: JsonObject };
    const text = JSON.stringify(api.document);
    for (const name of Object.keys(schemas)) expect(text).toMatch(new RegExp(`"#/components/schemas/${name}["/]`));
    expect(Object.keys(schemas)).toEqual(expect.arrayContaining(['History', 'AccountInput', 'JsonSchema']));
    expect(Object.keys(schemas)).not.toContain('HistoryInput');
  });

  it('tells of the default bucket wherever a bucket is named, and where it is there only', async () => {
    const below = Object.entries(api.paths).filter(([path]) => path.startsWith('/buckets/'));
    expect(below.length).toBeGreaterThan(8);
    for (const [, { parameters }] of below) {
      const [first, ...others] = parameters as JsonObject[];
      expect(first!.description).toContain('`/buckets/default`');
      expect(JSON.stringify(others)).not.toContain('/buckets/default');
    }
    for (const ini of ['kinto.includes =', 'kinto.includes = default-bucket\nkinto.readonly = true']) {
      const other = await startTestServer({ ini });
      const { document } = await OpenApiChecker.of(other);
      await other.close();
      expect(JSON.stringify(document)).not.toContain('/buckets/default');
    }
  });

  it('says that a schema is a JSON Schema', () => {
    const put = (schema: JsonValue) => {
      return api.bodyProblem('PUT', '/v1/buckets/b/collections/x', 'application/json', { data: { schema } });
    };
    expect(
      put({ type: 'object', properties: { n: { type: 'integer', minimum: 1 } }, required: ['n'] }),
    ).toBeUndefined();
    for (const wrong of ['x', true, { type: 'text' }, { properties: 1 }, { items: { required: 'n' } }, { $ref: 1 }]) {
      expect([wrong, put(wrong)]).toEqual([wrong, expect.stringMatching(/schema/)]);
    }
  });

  it('wants no password where one can stay as it is, and shows none', () => {
    const problem = (method: string, path: string, data: JsonObject) => {
      return api.bodyProblem(method, path, 'application/json', { data });
    };
    expect(problem('PUT', '/v1/accounts/x', {})).toMatch(/password/);
    expect(problem('PUT', '/v1/accounts/x', { password: 'x'.repeat(73) })).toMatch(/password/);
    expect(problem('PUT', '/v1/accounts/x', { password: 'x' })).toBeUndefined();
    expect(problem('POST', '/v1/accounts', { password: 'x' })).toMatch(/id/);
    expect(problem('PATCH', '/v1/accounts/x', { a: 1 })).toBeUndefined();
    const { Account } = (api.document.components as { schemas: Record<string, JsonObject> }).schemas;
    expect(Object.keys(Account!.properties as JsonObject)).toEqual(['id', 'last_modified']);
  });

  it('has the very methods that the server has', async () => {
    for (const [path, item] of Object.entries(api.paths)) {
      const url = `/v1${path.replace(/\{[^}]+\}/g, 'x')}`;
      const { status, headers } = await server.requestExactly('PURGE', url, { auth: null });
      expect([path, status]).toEqual([path, 405]);
      const allowed = (headers.get('allow') ?? '').split(/,\s*/);
      const documented = Object.keys(item).filter((key) => key !== 'parameters');
      const served = allowed.filter((method) => method !== 'OPTIONS').map((method) => method.toLowerCase());
      expect([path, served.sort()]).toEqual([path, documented.sort()]);
    }
  });
});

function deleteFrom(document: JsonObject, ...keys: string[]): void {
  const holder = keys.reduce<JsonObject>((parent, key) => parent[key] as JsonObject, document);
  delete holder.description;
}

describe('Every answer of a plugin is one that the document has:', () => {
  it('accounts', async () => {
    await api.request('POST', '/v1/accounts', body({ data: { id: 'bob', password: 'pw' } }, { auth: null }));
    await api.request('POST', '/v1/accounts', body({ data: { password: 'pw' } }, { auth: null }));
    await api.request('PUT', '/v1/accounts/carol', body({ data: {} }, { auth: null }));
    await api.request('GET', '/v1/accounts', { auth: null });
    await api.request('GET', '/v1/accounts', ALICE);
    await api.request('HEAD', '/v1/accounts', ALICE);
    await api.request('GET', '/v1/accounts/alice', ALICE);
    await api.request('GET', '/v1/accounts/bob', ALICE);
    await api.request('PATCH', '/v1/accounts/alice', body({ data: { name: 'Alice' } }));
    expect((await api.request('DELETE', '/v1/accounts/bob', by('bob'))).status).toBe(200);
  });

  it('default bucket', async () => {
    const url = '/v1/buckets/default/collections/tasks/records';
    expect((await api.request('POST', url, body({ data: { n: 1 } }))).status).toBe(201);
    await api.request('GET', '/v1/buckets/default', ALICE);
    await api.request('GET', url, { auth: null });
  });

  it('history and snapshot', async () => {
    const { lastModified } = await api.request('PUT', `${RECORDS}/r`, body({ data: { n: 1 } }));
    await api.request('PUT', `${RECORDS}/r`, body({ data: { n: 2 } }));
    const { list } = await api.request('GET', '/v1/buckets/b/history', ALICE);
    expect(list.map(({ action }) => action)).toEqual(['update', 'create', 'create', 'create']);
    await api.request('HEAD', '/v1/buckets/b/history', ALICE);
    await api.request('GET', '/v1/buckets/b/history?_fields=uri&resource_name=record', ALICE);
    await api.request('GET', '/v1/buckets/b/history?color=red', ALICE);
    await api.request('GET', '/v1/buckets/b/history', { auth: null });
    const snapshot = `/v1/buckets/b/snapshot/collections/c@${lastModified}`;
    expect((await api.request('GET', snapshot, ALICE)).list).toMatchObject([{ id: 'r', n: 1 }]);
    await api.request('HEAD', snapshot, ALICE);
    await api.request('GET', snapshot, { auth: null });
    await api.request('GET', '/v1/buckets/b/snapshot/collections/c@soon', ALICE);
    await api.request('GET', '/v1/buckets/b/snapshot/collections/c', ALICE);
    expect((await api.request('DELETE', '/v1/buckets/b/history', ALICE)).list).toHaveLength(4);
  });

  it('attachments', async () => {
    const at = `${RECORDS}/a/attachment`;
    const first = await api.request('POST', at, await formAsk({ data: { n: 1 }, permissions: { read: ['x'] } }, ALICE));
    expect(first.status).toBe(201);
    expect((await api.request('PUT', at, await formAsk({}, ALICE))).status).toBe(200);
    const { attachment } = (await api.request('GET', `${RECORDS}/a`, ALICE)).data as { attachment: JsonObject };
    const file = `/v1/attachments/${attachment.location as string}`;
    const { status, headers } = await api.request('GET', file, { auth: null });
    expect(status).toBe(200);
    const known = { auth: null, headers: { 'if-none-match': headers.get('etag')! } };
    expect((await api.request('GET', file, known)).status).toBe(304);
    await api.request('HEAD', file, { auth: null });
    await api.request('GET', '/v1/attachments/nothing', { auth: null });
    await api.request('POST', at, await formAsk({}, { auth: null }));
    await api.request('POST', at, body({}));
    await api.request('POST', at, await formAsk({ filename: 'a.exe' }, ALICE));
    const stale = { ...ALICE.headers, 'if-match': '"1"' };
    expect((await api.request('POST', at, await formAsk({}, { ...ALICE, headers: stale }))).status).toBe(412);
    expect((await api.request('DELETE', at, ALICE)).status).toBe(204);
    await api.request('DELETE', `${RECORDS}/none/attachment`, ALICE);
  });

  it('quotas', async () => {
    await api.request('PUT', '/v1/buckets/small', ALICE);
    await api.request('PUT', '/v1/buckets/small/collections/c', ALICE);
    await api.request('PUT', '/v1/buckets/small/collections/c/records/1', ALICE);
    const full = await api.request('PUT', '/v1/buckets/small/collections/c/records/2', ALICE);
    expect(full.status).toBe(507);
    const form = await formAsk({}, ALICE);
    expect((await api.request('POST', '/v1/buckets/small/collections/c/records/3/attachment', form)).status).toBe(507);
  });

  it('openid', async () => {
    const { status, headers } = await api.request('GET', LOGIN, { auth: null });
    expect(status).toBe(307);
    const state = new URL(headers.get('location')!).searchParams.get('state')!;
    await api.request('GET', '/v1/openid/one/login', { auth: null });
    await api.request('GET', LOGIN.replace('one', 'two'), { auth: null });
    provider.replies.set('/token', { status: 200, body: '{}' });
    const token = `/v1/openid/one/token?state=${state}`;
    await api.request('GET', token, { auth: null });
    expect((await api.request('GET', `${token}&code=x`, { auth: null })).status).toBe(307);
    expect((await api.request('GET', `${token}&code=x`, { auth: null })).status).toBe(400);
    provider.replies.set('/token', 'cut');
    const again = await api.request('GET', LOGIN, { auth: null });
    const other = new URL(again.headers.get('location')!).searchParams.get('state')!;
    const cut = await api.request('GET', `/v1/openid/one/token?state=${other}&code=x`, { auth: null });
    expect(cut.status).toBe(503);
  });

  it('admin', async () => {
    await api.request('GET', '/v1/admin', { auth: null });
    const { status, headers, text } = await api.request('GET', '/v1/admin/', { auth: null });
    expect([status, text]).toEqual([200, '<p>admin</p>']);
    const known = { auth: null, headers: { 'if-none-match': headers.get('etag')! } };
    expect((await api.request('GET', '/v1/admin/', known)).status).toBe(304);
    await api.request('GET', '/v1/admin/assets/a.js', { auth: null });
    await api.request('GET', '/v1/admin/nothing.js', { auth: null });
  });

  it('counters, metrics, permissions, hello, the document and its page', async () => {
    expect((await api.request('GET', '/v1/__counters__', { auth: null })).json.objects).toMatchObject({ bucket: 3 });
    const { text } = await api.request('GET', '/v1/__metrics__', { auth: null });
    expect(text).toContain('# TYPE');
    await api.request('GET', '/v1/permissions', { auth: null });
    const { list } = await api.request('GET', '/v1/permissions?_sort=uri', ALICE);
    expect(list.map(({ uri }) => uri)).toContain('/buckets/b');
    await api.request('GET', '/v1/permissions?color=red', ALICE);
    await api.request('HEAD', '/v1/permissions', ALICE);
    await api.request('GET', '/v1/permissions', { ...ALICE, headers: { ...ALICE.headers, accept: 'text/html' } });
    await api.request('GET', '/v1/', ALICE);
    await api.request('GET', '/v1/__api__', { auth: null });
    await api.request('GET', '/v1/__api__/docs', { auth: null });
    expect((await api.request('GET', '/v1/__heartbeat__', { auth: null })).status).toBe(200);
  });

  it('user data, and flush at last', async () => {
    await api.request('DELETE', '/v1/__user_data__/account:alice', { auth: null });
    expect((await api.request('DELETE', '/v1/__user_data__/account:bob', ALICE)).status).toBe(200);
    expect((await api.request('POST', '/v1/__flush__', { auth: null })).status).toBe(202);
    expect((await api.request('GET', '/v1/__counters__', { auth: null })).json).toEqual({
      objects: {},
      tombstones: {},
    });
  });
});
