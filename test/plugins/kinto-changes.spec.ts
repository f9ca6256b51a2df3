import type { JsonObject } from '../../src/wire/json.js';
import { startTestServer, type TestServer } from '../support/server.js';

const MONITOR = '/v1/buckets/monitor/collections/changes';

let server: TestServer;

/** Who asks is nobody in particular: what is compared was seen of Kinto 26.5 with kinto-changes 4.1.2. */
async function start(ini = ''): Promise<void> {
  const settings = [
    'kinto.includes = kinto_changes',
    'kinto.changes.resources = /buckets/a /buckets/b/collections/c',
    'kinto.http_host = www.example.org',
  ];
  server = await startTestServer({ ini: [...settings, ini].join('\n') });
  for (const id of ['a', 'b', 'p']) {
    const permissions: JsonObject = id === 'p' ? {} : { read: ['system.Everyone'] };
    await server.request('PUT', `/v1/buckets/${id}`, { body: { permissions } });
  }
  for (const uri of ['a/collections/x', 'a/collections/y', 'b/collections/c', 'p/collections/p']) {
    await server.request('PUT', `/v1/buckets/${uri}`, { body: { data: { meta: 1 } } });
  }
  for (const uri of ['a/collections/y/records/q', 'a/collections/x/records/r', 'b/collections/c/records/r']) {
    await server.request('PUT', `/v1/buckets/${uri}`, { body: { data: { n: 1 } } });
  }
}

afterEach(() => server.close());

const get = (path: string, headers = {}) => server.request('GET', path, { auth: null, headers });

describe('monitor/changes', () => {
  it('says when each collection last changed, under the ids of kinto-changes, to everybody', async () => {
    await start();
    const answer = await get(`${MONITOR}/records`);
    expect(answer.status).toBe(200);
    const list = await server.request('GET', '/v1/buckets/b/collections/c/records');
    expect(answer.etag).toBe(list.etag);
    expect(answer.list.map(({ id, bucket, collection }) => [id, bucket, collection])).toEqual([
      [expect.any(String), 'b', 'c'],
      ['bde8ff39-fa4d-40ca-cd3c-19a763ecb0f6', 'a', 'x'],
      ['4727b540-0b83-7e17-bb14-b8d0d2db559a', 'a', 'y'],
    ]);
    expect(answer.list[0]).toMatchObject({ last_modified: list.etag, host: 'www.example.org' });
    expect(answer.headers.get('cache-control')).toBe('no-cache, no-store');
    expect((await get('/v1/')).json.capabilities).toMatchObject({
      changes: { version: '4.1.2', collections: ['/buckets/a', '/buckets/b/collections/c'] },
    });
  });

  it('is a list that is filtered, sorted, read in pages and asked conditionally', async () => {
    await start();
    const whole = await get(`${MONITOR}/records`);
    const [, x, y] = whole.list;
    const since = await get(`${MONITOR}/records?_since="${y!.last_modified as number}"&_expected=1`);
    expect(since.list.map(({ collection }) => collection)).toEqual(['c', 'x']);
    expect((await get(`${MONITOR}/records?bucket=a&collection=x&_fields=bucket`)).list).toEqual([
      { id: x!.id, last_modified: x!.last_modified, bucket: 'a' },
    ]);
    const first = await get(`${MONITOR}/records?_sort=collection&_limit=2`);
    expect(first.list.map(({ collection }) => collection)).toEqual(['c', 'x']);
    const next = new URL(first.headers.get('next-page')!);
    const second = await get(next.pathname + next.search);
    expect(second.list.map(({ collection }) => collection)).toEqual(['y']);
    expect(second.headers.get('next-page')).toBeNull();
    expect((await get(`${MONITOR}/records`, { 'if-none-match': whole.headers.get('etag')! })).status).toBe(304);
    expect((await get(`${MONITOR}/records`, { 'if-match': '"5"' })).status).toBe(412);
    expect((await get(`${MONITOR}/records?nope=1`)).json.message).toBe("Unknown filter field 'nope'");
    expect((await server.request('POST', `${MONITOR}/records`, { body: {} })).status).toBe(405);
  });

  it('leads who was away for long to the whole', async () => {
    await start();
    const answer = await get(`${MONITOR}/records?_since="1000"&bucket=a`);
    expect([answer.status, answer.headers.get('location')]).toEqual([
      307,
      `https://www.example.org${MONITOR}/records?bucket=a`,
    ]);
    expect(answer.headers.get('cache-control')).toBe('max-age=86400');
    const changeset = await get(`${MONITOR}/changeset?_expected=0&_since="1000"`);
    expect(changeset.headers.get('location')).toBe(`https://www.example.org${MONITOR}/changeset?_expected=0`);
  });

  it('leads nobody anywhere if the settings say so', async () => {
    await start('kinto.changes.since_max_age_days = -1');
    expect((await get(`${MONITOR}/records?_since="1000"`)).list).toHaveLength(3);
  });

  it('may be kept by caches as the settings say, for longer where the URL says what is expected', async () => {
    await start(
      [
        'monitor.changes.record_cache_expires_seconds = 60',
        'monitor.changes.record_cache_maximum_expires_seconds = 3600',
        'a.x.record_cache_expires_seconds = 7',
      ].join('\n'),
    );
    const caching = async (path: string) => (await get(path)).headers.get('cache-control');
    expect(await caching(`${MONITOR}/records`)).toBe('max-age=60');
    expect(await caching(`${MONITOR}/records?_expected=1`)).toBe('max-age=3600');
    expect(await caching(`${MONITOR}/changeset?_expected=1`)).toBe('max-age=3600');
    expect(await caching('/v1/buckets/a/collections/x/changeset?_expected=1')).toBe('max-age=7');
    expect(await caching('/v1/buckets/b/collections/c/changeset?_expected=1')).toBeNull();
  });
});

describe('A changeset', () => {
  beforeEach(() => start());

  it('has the collection, its timestamp and its records', async () => {
    await server.request('PUT', '/v1/buckets/a/collections/x/records/gone');
    await server.request('DELETE', '/v1/buckets/a/collections/x/records/gone');
    const path = '/v1/buckets/a/collections/x/changeset?_expected=0';
    const timestamp = (await server.request('GET', '/v1/buckets/a/collections/x/records')).etag;
    const { json } = await get(path);
    expect(json).toMatchObject({ metadata: { id: 'x', meta: 1 }, timestamp, changes: [{ id: 'r', n: 1 }] });
    const since = (await get(`${path}&_since="1000"`)).json;
    expect(since.changes).toMatchObject([{ id: 'gone', deleted: true }, { id: 'r' }]);
    expect((await get(`${path}&_since="1000"&_limit=1`)).json.changes).toMatchObject([{ id: 'gone' }]);
  });

  it('of monitor/changes has the entries', async () => {
    const { json } = await get(`${MONITOR}/changeset?_expected=0&bucket=a`);
    expect(json).toMatchObject({ metadata: {}, changes: [{ collection: 'x' }, { collection: 'y' }] });
    const all = (await get(`${MONITOR}/records`)).etag;
    expect(json.timestamp).toBe(all);
  });

  it.each([
    ['', '_expected', 'Required'],
    ['?_expected=0&_since=1000', '_since', 'The value should be integer between double quotes.'],
    ['?_expected=0&_limit=abc', '_limit', '"abc" is not a number'],
  ])('refuses %p', async (query, name, description) => {
    const { status, json } = await get(`/v1/buckets/a/collections/x/changeset${query}`);
    expect([status, json.details]).toEqual([400, [{ location: 'querystring', name, description }]]);
  });

  it('is for who may read the collection', async () => {
    const status = async (uri: string, auth: 'mat' | null) => {
      return (await server.request('GET', `/v1/buckets/${uri}/changeset?_expected=0`, { auth })).status;
    };
    expect(await status('p/collections/p', null)).toBe(401);
    expect(await status('p/collections/p', 'mat')).toBe(200);
    expect(await status('a/collections/none', null)).toBe(404);
    expect(await status('none/collections/none', 'mat')).toBe(403);
  });
});

describe('What is monitored', () => {
  it('is a bucket or a collection', async () => {
    await start();
    const wrong = startTestServer({ ini: 'kinto.includes = kinto_changes\nkinto.changes.resources = /accounts/a' });
    await expect(wrong).rejects.toThrow('/accounts/a is not the URI of a bucket or a collection');
  });
});
