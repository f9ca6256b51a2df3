import { make } from '../support/places.js';
import { startTestServer, USER_IDS, type TestServer } from '../support/server.js';
import type { JsonObject } from '../../src/wire/json.js';

const BUCKET = '/v1/buckets/b';
const COLLECTION = `${BUCKET}/collections/c`;

let server: TestServer;

/** Keeps two entries, and trims when there are more than five. */
async function start(ini = ''): Promise<void> {
  const trimming = 'kinto.history.auto_trim_max_count = 2\nkinto.history.auto_trim_threshold = 3';
  server = await startTestServer({ ini: `kinto.includes = kinto.plugins.history\n${trimming}\n${ini}` });
  await make(server, BUCKET, { permissions: { write: [USER_IDS.bob] } });
  await make(server, COLLECTION);
}

afterEach(() => server.close());

async function patch(path: string, n: number, auth: 'mat' | 'bob' = 'mat'): Promise<void> {
  expect((await server.request('PATCH', path, { auth, body: { data: { n } } })).status).toBe(200);
}

async function namesOf(query: string): Promise<unknown[]> {
  const { list } = await server.request('GET', `${BUCKET}/history?${query}`);
  return list.map(({ target }) => ((target as JsonObject).data as JsonObject).n);
}

describe('A history that is trimmed', () => {
  it('loses its oldest entries once there are too many of one kind, and no others', async () => {
    await start();
    const counts: number[] = [];
    for (let n = 1; n <= 9; n++) {
      await patch(COLLECTION, n);
      counts.push((await namesOf('resource_name=collection')).length);
    }
    // One of its own creation, then four more, then the next is too many.
    expect(counts).toEqual([2, 3, 4, 5, 2, 3, 4, 5, 2]);
    expect(await namesOf('resource_name=collection')).toEqual([9, 8]);
    expect(await namesOf('resource_name=bucket')).toEqual([undefined]);
    // They are really gone: not even tombstones are left.
    expect(await namesOf('resource_name=collection&_since=0')).toEqual([9, 8]);
  });

  it('does so within one batch', async () => {
    await start();
    const requests = Array.from({ length: 8 }, (_, n) => ({
      method: 'PATCH',
      path: COLLECTION,
      body: { data: { n } },
    }));
    await server.request('POST', '/v1/batch', { body: { requests } });
    // As if they had come one by one: the sixth of all was too many, and three came after it.
    expect(await namesOf('resource_name=collection')).toEqual([7, 6, 5, 4, 3]);
  });

  it('counts again after what did not come to be', async () => {
    await start();
    for (let n = 1; n <= 4; n++) await patch(COLLECTION, n);
    const requests = [
      { method: 'PATCH', path: COLLECTION, body: { data: { n: 5 } } },
      { method: 'GET', path: `${COLLECTION}/nowhere` },
      { method: 'PATCH', path: `${BUCKET}/collections/none`, body: { data: {} } },
    ];
    await server.request('POST', '/v1/batch', { body: { requests } });
    expect(await namesOf('resource_name=collection')).toEqual([5, 4]);
  });

  it('leaves nobody a way in by an entry that is gone', async () => {
    await start();
    const permissions = { read: [USER_IDS.alice] };
    await make(server, `${BUCKET}/groups/g`, { data: { members: [] }, permissions });
    expect((await server.request('GET', `${BUCKET}/history`, { auth: 'alice' })).list).toHaveLength(1);
    await server.request('PUT', `${BUCKET}/groups/g`, { body: { permissions: { read: ['x'] } } });
    for (let n = 1; n <= 4; n++) await patch(`${BUCKET}/groups/g`, n);
    expect((await server.request('GET', `${BUCKET}/history`, { auth: 'alice' })).status).toBe(403);
  });

  it('loses only the entries of the users that are named', async () => {
    await start(`kinto.history.auto_trim_user_ids = ${USER_IDS.bob}`);
    for (let n = 1; n <= 7; n++) await patch(COLLECTION, n);
    for (let n = 11; n <= 16; n++) await patch(COLLECTION, n, 'bob');
    expect(await namesOf('resource_name=collection')).toEqual([16, 15, 7, 6, 5, 4, 3, 2, 1, undefined]);
    const { json } = await server.request('GET', '/v1/');
    expect((json.capabilities as JsonObject).history).toMatchObject({
      auto_trim_max_count: 2,
      auto_trim_user_ids: [USER_IDS.bob],
    });
  });
});
