import type { JsonObject } from '../../src/wire/json.js';
import { make, makeBucket, makeCollection } from '../support/places.js';
import { scenario } from '../support/scenario.js';
import { startTestServer, type Ask, type TestServer } from '../support/server.js';

const ORIGIN = 'https://shop.example';
const STRANGE = { origin: 'https://evil.example' };
const STALE = { 'if-match': '"12"' };
const BAD = { 'if-match': 'abc' };

let server: TestServer;
let bucket: string;
let records: string;
beforeAll(async () => (server = await startTestServer({ ini: `kinto.cors_origins = ${ORIGIN}` })));
beforeEach(async () => {
  bucket = await makeBucket(server);
  records = `${await makeCollection(server)}/records`;
});
afterAll(() => server.close());

/** What `details` has, in this order; and nothing was written. */
async function expectProblems(
  request: readonly [method: string, path: string, ask?: Ask],
  names: readonly (string | null)[],
): Promise<JsonObject[]> {
  const answer = await scenario(server, request, { status: 400, errno: 107, changes: [] });
  const details = answer.json.details as JsonObject[];
  expect(details.map(({ name }) => name)).toEqual(names);
  return details;
}

describe('All that is wrong with a request itself', () => {
  it('is told at once: origin, headers, querystring, data, permissions', async () => {
    const body = { data: { members: [''] }, permissions: { read: [1] } };
    const group = `${bucket}/groups/g`;
    await expectProblems(['PUT', group, { body }], ['data.members.0', 'permissions.read.0']);
    const headers = { ...STRANGE, ...BAD };
    await expectProblems(
      ['PUT', group, { headers, body }],
      ['If-Match', 'Origin', 'data.members.0', 'permissions.read.0'],
    );
    await expectProblems(
      ['GET', `${records}?_limit=a&_since=b`, { headers }],
      ['If-Match', 'Origin', '_limit', '_since'],
    );
    await expectProblems(['GET', `${records}/r`, { headers }], ['If-Match', 'Origin']);
    await expectProblems(
      ['DELETE', `${records}/r?last_modified=a`, { headers }],
      ['If-Match', 'Origin', 'last_modified'],
    );
  });

  it('comes before the id, the object and its state', async () => {
    const body = { data: { cache_expires: 'abc', id: 'other' } };
    for (const headers of [STALE, { 'if-match': '*' }]) {
      await expectProblems(['PUT', `${bucket}/collections/c`, { headers, body }], ['data.cache_expires']);
    }
    await expectProblems(['PUT', `${bucket}/collections/_x`, { body }], ['data.cache_expires']);
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      await expectProblems([method, `${records}/none`, { headers: STRANGE }], ['Origin']);
      await expectProblems([method, `${records}/_x`, { headers: BAD }], ['If-Match']);
    }
  });

  it('is the body alone, and the origin, where that is no JSON', async () => {
    for (const [method, raw] of [
      ['PUT', '{'],
      ['PATCH', '12'],
    ] as const) {
      await expectProblems([method, `${records}/r`, { headers: { ...BAD, ...STRANGE }, raw }], ['', '', 'Origin']);
    }
  });
});

describe('A PATCH', () => {
  it('asks for data or permissions when nothing else is wrong', async () => {
    await make(server, `${records}/r`, {});
    const message = 'Provide at least one of data or permissions';
    for (const ask of [{}, { body: {} }]) {
      await expectProblems(['PATCH', `${records}/_x`, ask], [null]);
      await scenario(server, ['PATCH', `${records}/none`, ask], { status: 404, errno: 110 });
      await scenario(server, ['PATCH', `${records}/r`, { ...ask, headers: STALE }], { status: 412 });
      const [problem] = await expectProblems(['PATCH', `${records}/r`, ask], ['data']);
      expect(problem).toMatchObject({ description: message });
    }
  });

  it('tells the first attribute that it leaves wrong, before another id', async () => {
    const collection = `${bucket}/collections/c`;
    await make(server, collection, {});
    const body = { data: { id: 'other', cache_expires: 'abc', schema: [] } };
    await expectProblems(['PATCH', collection, { body }], ['schema']);
    await expectProblems(['PATCH', collection, { body: { data: { id: 'other' } } }], ['id']);
  });
});

describe('Of a list', () => {
  it.each(['contains_id=1', 'like_x=1', '_since=', '_token=x'])('the state comes before %s', async (query) => {
    const { etag } = await server.request('GET', records);
    const path = `${records}?${query}`;
    await scenario(server, ['GET', path, { headers: { 'if-none-match': `"${etag}"` } }], { status: 304 });
    for (const method of ['GET', 'DELETE']) await scenario(server, [method, path, { headers: STALE }], { status: 412 });
    await scenario(server, ['GET', path], { status: 400, errno: 107 });
  });

  it('only the first of those is told, and none beside a parameter that has a type', async () => {
    await expectProblems(['GET', `${records}?like_x=1&contains_id=1&_token=x`], ['like_x']);
    await expectProblems(['GET', `${records}?like_x=1&last_modified=abc`], ['last_modified']);
    await expectProblems(['GET', `${records}?_token=12`], ['_token']);
  });
});

describe('What is above a list or an object', () => {
  it('is missed in a list only by those who may ask for that', async () => {
    const missing = `${bucket}/collections/none/records`;
    for (const method of ['GET', 'DELETE']) {
      await scenario(server, [method, missing, { auth: null }], { status: 401 });
      await scenario(server, [method, missing, { auth: 'bob' }], { status: 403 });
      const details = { id: 'none', resource_name: 'collection' };
      await scenario(server, [method, missing], { status: 404, errno: 111, body: { details } });
    }
  });

  it.each(['groups/g', 'collections/c', 'collections/c/records/r', 'collections/_x/records/r'])(
    'is named from the top when it can have no such id: %s',
    async (below) => {
      const details = { id: 'a b', resource_name: 'bucket' };
      for (const method of ['PUT', 'PATCH', 'DELETE']) {
        const request = [method, `/v1/buckets/a%20b/${below}`] as const;
        await scenario(server, request, { status: 404, errno: 111, body: { details } });
      }
      await scenario(server, ['GET', `/v1/buckets/a%20b/${below}`, { auth: 'bob' }], { status: 403 });
    },
  );
});

describe('The id in a POST', () => {
  it('is looked at before who asks, and whatever else the body has', async () => {
    for (const body of [{ data: { id: '_x' } }, { data: { id: null }, foo: 1 }]) {
      await expectProblems(['POST', records, { headers: BAD, body }], [null]);
      await scenario(server, ['POST', records, { auth: null, body }], { status: 400, errno: 107 });
    }
    const request = ['POST', `${bucket}/collections/none/records`, { body: { data: { id: '_x' } } }] as const;
    await scenario(server, request, { status: 404, errno: 111 });
  });
});
