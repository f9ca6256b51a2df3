import type { JsonObject } from '../../src/wire/json.js';
import { OpenApiChecker } from '../support/openapi-checker.js';
import { startTestServer, USER_IDS, type Answer, type TestServer } from '../support/server.js';
import { makeStream, STREAMS_INI } from './support/stream-client.js';

const STREAMS = '/v1/streams';
const WISH = { object_types: ['record'] };

let server: TestServer;

function post(data: JsonObject, auth: 'mat' | 'bob' | null = 'mat'): Promise<Answer> {
  return server.request('POST', STREAMS, { auth, body: { data } });
}

afterEach(() => server.close());

describe('Where nobody has asked for app streams', () => {
  it('there are none', async () => {
    server = await startTestServer();
    expect((await server.request('GET', STREAMS)).status).toBe(404);
    expect((await server.request('GET', '/v1/')).json.capabilities).not.toHaveProperty('streams');
  });
});

describe('The streams of a user', () => {
  beforeEach(async () => {
    server = await startTestServer({ ini: STREAMS_INI });
  });

  it('are told of by hello, with their limits', async () => {
    const { capabilities } = (await server.request('GET', '/v1/')).json;
    expect((capabilities as JsonObject).streams).toMatchObject({
      live: '/streams/live',
      limits: { max_per_owner: 5, max_connected_per_owner: 2, keepalive: 50, max_scope: 50 },
    });
  });

  it('are made with a key, completed, and shown with where to connect', async () => {
    const answer = await post({ key: 'indexer', ...WISH });
    expect(answer.status).toBe(201);
    expect(answer.etag).toBe(answer.lastModified);
    expect(answer.data).toEqual({
      ...{ id: 'indexer', key: 'indexer', last_modified: expect.any(Number) as number, type: 'websocket' },
      ...{ object_types: ['record'], scope: [], filter: {}, include: [], echo: true },
      endpoint: `${server.url.replace('http', 'ws')}/v1/streams/live`,
      ...{ position: null, acked: null, connected: 0 },
    });
    expect((await server.request('GET', `${STREAMS}/indexer`)).data).toEqual(answer.data);
  });

  it('are in the OpenAPI document as they are', async () => {
    const api = await OpenApiChecker.of(server);
    expect(api.operations.filter((operation) => operation.includes('/streams'))).toHaveLength(9);
    const body = { data: { key: 'indexer', ...WISH, filter: { record: { status: 'open' } } } };
    await api.request('POST', STREAMS, { body });
    await api.request('POST', STREAMS, { body });
    await api.request('GET', STREAMS);
    await api.request('GET', `${STREAMS}/indexer`);
    await api.request('PUT', `${STREAMS}/indexer`, { body: { data: WISH } });
    await api.request('PATCH', `${STREAMS}/indexer`, { body: { data: { echo: false } } });
    await api.request('PATCH', `${STREAMS}/none`, { body: { data: { echo: false } } });
    await api.request('DELETE', `${STREAMS}/indexer`);
    await api.request('GET', `${STREAMS}/indexer`);
    await api.request('DELETE', STREAMS);
  });

  it('get a number where no key is given', async () => {
    expect((await post(WISH)).data.key).toMatch(/^\d{1,32}$/);
  });

  it('are answered as they are when they are made again', async () => {
    const first = await post({ key: 'indexer', ...WISH });
    const again = await post({ key: 'indexer', object_types: ['bucket'] });
    expect([again.status, again.data]).toEqual([200, first.data]);
  });

  it('are theirs alone, whatever others call theirs', async () => {
    await post({ key: 'indexer', ...WISH });
    expect((await server.request('GET', `${STREAMS}/indexer`, { auth: 'bob' })).status).toBe(404);
    expect((await server.request('GET', STREAMS, { auth: 'bob' })).list).toEqual([]);
    expect((await post({ key: 'indexer', object_types: ['bucket'] }, 'bob')).status).toBe(201);
    expect((await server.request('GET', `${STREAMS}/indexer`)).data.object_types).toEqual(['record']);
    expect((await server.request('DELETE', STREAMS, { auth: 'bob' })).ids).toEqual(['indexer']);
    expect((await server.request('GET', STREAMS)).ids).toEqual(['indexer']);
  });

  it('need a login', async () => {
    for (const method of ['GET', 'POST', 'DELETE']) {
      expect((await server.request(method, STREAMS, { auth: null })).json.errno).toBe(104);
    }
    expect((await server.request('PUT', `${STREAMS}/x`, { auth: null, body: { data: WISH } })).status).toBe(401);
  });

  it('are five at most', async () => {
    for (const key of ['a', 'b', 'c', 'd', 'e']) await makeStream(server, { key, ...WISH });
    const sixth = await post({ key: 'f', ...WISH });
    expect([sixth.status, sixth.json.errno, sixth.json.details]).toEqual([403, 121, { limit: 5 }]);
    expect((await server.request('PUT', `${STREAMS}/f`, { body: { data: WISH } })).status).toBe(403);
    await server.request('DELETE', `${STREAMS}/a`);
    expect((await post({ key: 'f', ...WISH })).status).toBe(201);
  });

  it('are replaced and patched, all but the key', async () => {
    const { etag } = await post({ key: 'indexer', ...WISH, note: 'mine' });
    const path = `${STREAMS}/indexer`;
    const headers = { 'If-Match': `"${etag}"` };
    const patched = await server.request('PATCH', path, { headers, body: { data: { include: ['old'] } } });
    expect(patched.data).toMatchObject({ object_types: ['record'], include: ['old'], note: 'mine' });
    const stale = await server.request('PATCH', path, { headers, body: { data: { include: [] } } });
    expect([stale.status, stale.json.errno]).toEqual([412, 114]);
    const replaced = await server.request('PUT', path, { body: { data: { object_types: ['bucket'], echo: false } } });
    expect(replaced.data).toMatchObject({ key: 'indexer', object_types: ['bucket'], include: [], echo: false });
    expect(replaced.data).not.toHaveProperty('note');
    expect((await server.request('PATCH', path, { body: { data: { key: 'other' } } })).status).toBe(400);
  });

  it('keep nothing that only the server says', async () => {
    await post({ key: 'indexer', ...WISH, endpoint: 'wss://elsewhere.example', connected: 9, acked: 'x' });
    expect((await server.request('GET', `${STREAMS}/indexer`)).data).toMatchObject({ connected: 0, acked: null });
  });

  it('leave tombstones in their list', async () => {
    const { lastModified } = await post({ key: 'indexer', ...WISH });
    const deleted = await server.request('DELETE', `${STREAMS}/indexer`);
    expect(deleted.data).toMatchObject({ id: 'indexer', deleted: true });
    const since = await server.request('GET', `${STREAMS}?_since=${lastModified}`);
    expect(since.list).toEqual([deleted.data]);
  });

  it('are in no change log, and no permission of anybody', async () => {
    await server.newChanges();
    await post({ key: 'indexer', ...WISH });
    await server.request('DELETE', `${STREAMS}/indexer`);
    expect(await server.newChanges()).toEqual([]);
    const body = { data: WISH, permissions: { read: [USER_IDS.bob] } };
    expect((await server.request('PUT', `${STREAMS}/x`, { body })).status).toBe(400);
  });

  it.each([
    ['no types', {}, 'data.object_types'],
    ['none of the types', { object_types: [] }, 'data.object_types'],
    ['a type that is none', { object_types: ['post'] }, 'data.object_types'],
    ['a list that is none', { object_types: 'record' }, 'data.object_types'],
    ['another wire', { ...WISH, type: 'carrier-pigeon' }, 'data.type'],
    ['a scope that is no pattern', { ...WISH, scope: ['/elsewhere'] }, 'data.scope'],
    ['a scope within an id', { ...WISH, scope: ['/buckets/b/things'] }, 'data.scope'],
    ['too large a scope', { ...WISH, scope: Array.from({ length: 51 }, () => '/buckets/b') }, 'data.scope'],
    ['something else to include', { ...WISH, include: ['password'] }, 'data.include'],
    ['an echo that is neither', { ...WISH, echo: 'no' }, 'data.echo'],
    ['a filter of another type', { ...WISH, filter: { grant: {} } }, 'data.filter.grant'],
    ['a filter that is none', { ...WISH, filter: { record: { _sort: 'x' } } }, 'data.filter.record'],
    ['a filter that a list refuses', { ...WISH, filter: { record: { last_modified: 'x' } } }, 'data.filter.record'],
  ])('are refused with %s', async (_what, data, name) => {
    const answer = await post(data);
    expect([answer.status, answer.json.errno]).toEqual([400, 107]);
    expect((answer.json.details as JsonObject[]).map((detail) => detail.name)).toContain(name);
  });

  it.each(['with-dash', '', 'x'.repeat(33), 'a\n'])('are refused with the key %j', async (key) => {
    expect((await post({ key, ...WISH })).status).toBe(400);
  });
});
