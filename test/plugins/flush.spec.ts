import { make } from '../support/places.js';
import { scenario } from '../support/scenario.js';
import { startTestServer, USER_IDS, type TestServer } from '../support/server.js';

const FLUSH = '/v1/__flush__';
const INI =
  'kinto.includes = kinto.plugins.flush kinto.plugins.history\nkinto.experimental_permissions_endpoint = true';

let server: TestServer;
beforeEach(async () => (server = await startTestServer({ ini: INI })));
afterEach(() => server.close());

describe('The flush endpoint', () => {
  it('is not there unless it is included', async () => {
    const other = await startTestServer();
    await scenario(other, ['POST', FLUSH], { status: 404, errno: 111 });
    await other.close();
  });

  it('is announced in Kinto’s words', async () => {
    await scenario(server, ['GET', '/v1/'], {
      status: 200,
      body: {
        capabilities: {
          flush_endpoint: {
            description: 'The __flush__ endpoint can be used to remove all data from all backends.',
            url: 'https://kinto.readthedocs.io/en/latest/api/1.x/flush.html',
          },
        },
      },
    });
  });

  it('removes objects, tombstones, permissions, groups and history, and announces none of it', async () => {
    await make(server, '/v1/buckets/b');
    await make(server, '/v1/buckets/b/groups/g', { data: { members: [USER_IDS.bob] } });
    await make(server, '/v1/buckets/b/collections/c');
    await make(server, '/v1/buckets/b/collections/c/records/r');
    await server.request('DELETE', '/v1/buckets/b/collections/c/records/r');
    await scenario(server, ['POST', FLUSH, { auth: null }], { status: 202, body: {}, changes: [] });
    expect((await server.request('GET', '/v1/buckets?_since=1')).list).toEqual([]);
    expect((await server.request('GET', '/v1/permissions')).ids).toEqual([undefined]);
    // What is made anew inherits nothing from what was there.
    await make(server, '/v1/buckets/b', {}, { auth: 'alice' });
    await make(server, '/v1/buckets/b/collections/c', {}, { auth: 'alice' });
    await scenario(server, ['GET', '/v1/buckets/b/collections/c'], { status: 403 });
    const asBob = await server.request('GET', '/v1/', { auth: 'bob' });
    expect(JSON.stringify(asBob.json.user)).not.toContain('/buckets/b/groups/g');
    const history = await server.request('GET', '/v1/buckets/b/history', { auth: 'alice' });
    expect(history.list).toHaveLength(2);
    const records = await server.request('GET', '/v1/buckets/b/collections/c/records?_since=1', { auth: 'alice' });
    expect(records.list).toEqual([]);
  });

  it('makes no list whose ETag somebody could have from before', async () => {
    const list = '/v1/buckets/b/collections/c/records';
    const makeList = async () => {
      await make(server, '/v1/buckets/b');
      await make(server, '/v1/buckets/b/collections/c');
    };
    await makeList();
    // A burst of writes runs ahead of the clock, which a list made anew must not start at.
    const requests = Array.from({ length: 25 }, (_, n) => ({
      method: 'PUT',
      path: `/buckets/b/collections/c/records/${n}`,
    }));
    for (let round = 0; round < 4; round++) await server.request('POST', '/v1/batch', { body: { requests } });
    const ahead = { data: { last_modified: Date.now() + 5000 } };
    await server.request('PUT', `${list}/ahead`, { body: ahead });
    const before = (await server.request('GET', list)).etag;
    await server.request('POST', FLUSH);
    await makeList();
    const after = await server.request('GET', list, { headers: { 'if-none-match': `"${before}"` } });
    expect(after.status).toBe(200);
    expect(after.etag).toBeGreaterThan(before);
    expect((await server.request('GET', '/v1/buckets')).etag).toBeGreaterThan(before);
  });

  it('lets a timestamp far in the future not set everybody’s clock', async () => {
    await make(server, '/v1/buckets/b');
    await make(server, '/v1/buckets/b/collections/c');
    const year = 365 * 24 * 3600 * 1000;
    await make(server, '/v1/buckets/far', { data: { last_modified: Date.now() + year } });
    await server.request('POST', FLUSH);
    expect((await server.request('GET', '/v1/buckets')).etag).toBeLessThan(Date.now() + 60_000);
  });

  it('leaves the change log and its positions as they are', async () => {
    await make(server, '/v1/buckets/b');
    await server.request('POST', FLUSH);
    await make(server, '/v1/buckets/b');
    const [first, second, ...rest] = await server.newLogged();
    expect(rest).toEqual([]);
    expect(second!.id).toBe(first!.id + 1);
    expect(second!.position.epoch).not.toBe(first!.position.epoch);
    await server.request('POST', FLUSH);
    await make(server, '/v1/buckets/c');
    // From the place that a reader had reached, it goes on as if nothing had been.
    expect((await server.newLogged()).map(({ id, objectId }) => [id, objectId])).toEqual([[second!.id + 1, 'c']]);
  });

  it('empties the cache: the next page of a DELETE cannot be asked for any more', async () => {
    await make(server, '/v1/buckets/b1');
    await make(server, '/v1/buckets/b2');
    const { headers } = await server.request('DELETE', '/v1/buckets?_limit=1');
    const next = headers.get('next-page')!.slice(server.url.length);
    await server.request('POST', FLUSH);
    await scenario(server, ['DELETE', next], { status: 400, errno: 107 });
  });

  it.each(['GET', 'PUT', 'PATCH', 'DELETE'])('takes no %s', async (method) => {
    await make(server, '/v1/buckets/b');
    await scenario(server, [method, FLUSH], { status: 405, errno: 115, headers: { allow: 'POST, OPTIONS' } });
    await scenario(server, ['GET', '/v1/buckets/b'], { status: 200 });
  });

  it('does nothing for another site, nor on a server that is only read', async () => {
    const strict = await startTestServer({ ini: `${INI}\nkinto.cors_origins = https://ok.example` });
    await make(strict, '/v1/buckets/b');
    const headers = { origin: 'https://bad.example' };
    await scenario(strict, ['POST', FLUSH, { auth: null, headers }], { status: 400, errno: 107 });
    await scenario(strict, ['GET', '/v1/buckets/b'], { status: 200 });
    await strict.close();
    const readOnly = await startTestServer({ ini: `${INI}\nkinto.readonly = true` });
    await scenario(readOnly, ['POST', FLUSH], { status: 405, errno: 115 });
    await readOnly.close();
  });
});
