import { ClientCache, readRecordExpiries } from '../../src/resources/endpoints/client-cache.js';
import { SettingSource } from '../../src/settings/settings.js';
import { make } from '../support/places.js';
import { startTestServer, type TestServer } from '../support/server.js';

const FOR_ALL = { permissions: { read: ['system.Everyone'] } };
const NOT_AT_ALL = { 'cache-control': 'no-cache, no-store', expires: null, pragma: null };

let server: TestServer;
beforeAll(async () => {
  const ini = ['record', 'collection'].map((name) => `kinto.${name}_cache_expires_seconds = 60`);
  server = await startTestServer({ ini: [...ini, 'kinto.bucket_cache_expires_seconds = 0'].join('\n') });
  await make(server, '/v1/buckets/b', FOR_ALL);
  await make(server, '/v1/buckets/b/groups/g');
  await make(server, '/v1/buckets/b/collections/c', FOR_ALL);
  await make(server, '/v1/buckets/b/collections/c/records/r');
  await make(server, '/v1/buckets/b/collections/long', { data: { cache_expires: 3600 } });
  await make(server, '/v1/buckets/b/collections/short', { data: { cache_expires: 6 } });
});
afterAll(() => server.close());

async function headersOf(path: string, options: { auth?: 'mat'; method?: string } = {}) {
  const { auth = null, method = 'GET' } = options;
  const { headers, status } = await server.request(method, `/v1/buckets/b${path}`, { auth });
  expect(status).toBe(200);
  return Object.fromEntries(['cache-control', 'expires', 'pragma'].map((name) => [name, headers.get(name)]));
}

describe('Whom nobody knows', () => {
  it.each([
    ['/collections', 60],
    ['/collections/c', 60],
    ['/collections/c/records', 60],
    ['/collections/c/records/r', 60],
    ['/collections/c/records/r?_fields=a', 60],
    ['/collections/long/records', 3600],
    ['/collections/short/records', 60],
  ])('may keep %s for %i seconds', async (path, seconds) => {
    for (const method of ['GET', 'HEAD']) {
      const { 'cache-control': control, expires, pragma } = await headersOf(path, { method });
      expect([control, pragma]).toEqual([`max-age=${seconds}`, null]);
      const left = Date.parse(String(expires)) - Date.now();
      expect(left).toBeGreaterThan((seconds - 20) * 1000);
      expect(left).toBeLessThanOrEqual(seconds * 1000);
    }
  });

  it.each(['', '/groups/g'])('may not keep "%s", where nothing, or 0, is set', async (path) => {
    expect(await headersOf(path)).toEqual(NOT_AT_ALL);
  });
});

describe('Whoever is known', () => {
  it.each(['/collections/c', '/collections/long/records'])('asks for %s again', async (path) => {
    expect(await headersOf(path, { auth: 'mat' })).toEqual(NOT_AT_ALL);
  });
});

describe('An answer that is none, or a write', () => {
  it('says nothing of keeping it', async () => {
    const { headers } = await server.request('PUT', '/v1/buckets/b/collections/c/records/w', { auth: 'mat', body: {} });
    const missing = await server.request('GET', '/v1/buckets/b/collections/c/records/none', { auth: null });
    const etag = (await server.request('GET', '/v1/buckets/b/collections/c/records/r')).headers.get('etag');
    const same = await server.request('GET', '/v1/buckets/b/collections/c/records/r', {
      auth: null,
      headers: { 'if-none-match': etag ?? '' },
    });
    expect([missing.status, same.status]).toEqual([404, 304]);
    for (const each of [headers, missing.headers, same.headers]) expect(each.get('cache-control')).toBeNull();
  });
});

describe('Settings named after buckets and collections', () => {
  const INI = `[app:main]
kinto.b.c.record_cache_expires_seconds = 1
b.record_cache_expires_seconds = 2
kinto.b_c_record_cache_expires_seconds = 4
kinto.old_record_cache_expires_seconds = 5
kinto.record_cache_expires_seconds = 3
kinto.bucket_cache_expires_seconds = 9
`;

  it('are those of the file, and a variable changes one', () => {
    const env = { KINTO_B_C_RECORD_CACHE_EXPIRES_SECONDS: '7' };
    const source = SettingSource.fromText(INI, { env });
    expect(Object.fromEntries(readRecordExpiries(source))).toEqual({
      'b.c.record_cache_expires_seconds': 7,
      'b.record_cache_expires_seconds': 2,
      b_c_record_cache_expires_seconds: 7,
      old_record_cache_expires_seconds: 5,
    });
    expect(source.unknownKeys().map(({ key }) => key)).not.toContain('b.c.record_cache_expires_seconds');
  });

  it('must be seconds', () => {
    const source = SettingSource.fromText('[app:main]\nkinto.b.record_cache_expires_seconds = soon\n');
    expect(() => readRecordExpiries(source)).toThrow('expected a whole number of seconds');
  });

  it.each([
    ['b', 'c', undefined, 1],
    ['b', 'other', undefined, 2],
    ['old', 'c', undefined, 5],
    ['old', 'c', 3, 3],
    ['none', 'c', undefined, undefined],
  ])('apply to %s/%s, with %p for all, as %p', (bucket, collection, recordCacheExpires, seconds) => {
    const byPlace = readRecordExpiries(SettingSource.fromText(INI));
    const cache = new ClientCache({ recordCacheExpires }, byPlace);
    const place = { resource: 'record', collectionUri: `/buckets/${bucket}/collections/${collection}` };
    expect(cache.secondsFor(place, undefined)).toBe(seconds);
  });
});
