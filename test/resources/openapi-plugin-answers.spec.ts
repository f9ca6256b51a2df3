import type { JsonObject, JsonValue } from '../../src/wire/json.js';
import { by } from '../support/accounts-server.js';
import { formAsk } from '../support/attachment-server.js';
import { EveryPluginServer } from '../support/every-plugin-server.js';
import type { FakeIdentityProvider } from '../support/fake-identity-provider.js';
import type { OpenApiChecker } from '../support/openapi-checker.js';
import type { Ask } from '../support/server.js';

const RECORDS = '/v1/buckets/b/collections/c/records';
const ALICE = by('alice');
const CALLBACK = 'http://localhost:3000/#tokens=';
const LOGIN = `/v1/openid/one/login?callback=${encodeURIComponent(CALLBACK)}&scope=openid`;

let plugins: EveryPluginServer;
let api: OpenApiChecker;
let provider: FakeIdentityProvider;
beforeAll(async () => {
  plugins = await EveryPluginServer.start();
  ({ api, provider } = plugins);
}, 150_000);
afterAll(() => plugins.close());

function body(value: JsonValue, ask: Ask = ALICE): Ask {
  return { ...ask, body: value };
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
