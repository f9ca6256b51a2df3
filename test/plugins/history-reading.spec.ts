import { make } from '../support/places.js';
import { scenario } from '../support/scenario.js';
import { startTestServer, USER_IDS, type Answer, type TestServer } from '../support/server.js';

const BUCKET = '/v1/buckets/b';
const COLLECTION = `${BUCKET}/collections/1`;
const HISTORY = `${BUCKET}/history`;

let server: TestServer;

/** A bucket that alice may read, a collection that bob may, a record that everybody may who is logged in. */
async function start(ini = ''): Promise<void> {
  server = await startTestServer({ ini: `kinto.includes = kinto.plugins.history\n${ini}` });
  await make(server, BUCKET, { permissions: { read: [USER_IDS.alice] } });
  await make(server, `${BUCKET}/groups/1`, { data: { members: [] } });
  await make(server, COLLECTION, { permissions: { read: [USER_IDS.bob] } });
  await make(server, `${COLLECTION}/records/1`, { data: { foo: 42 } });
  await make(server, `${COLLECTION}/records/r`, { permissions: { read: ['system.Authenticated'] } });
}

afterEach(() => server.close());

async function urisFor(query: string): Promise<unknown[]> {
  return (await server.request('GET', HISTORY + query)).list.map(({ uri }) => uri);
}

describe('Reading the history', () => {
  beforeEach(() => start());

  it('takes the filters, sorts, pages and projections of any list', async () => {
    const record = '/buckets/b/collections/1/records/1';
    expect(await urisFor('?resource_name=bucket')).toEqual(['/buckets/b']);
    expect(await urisFor('?bucket_id=b')).toEqual(['/buckets/b']);
    expect(await urisFor('?target.data.foo=42')).toEqual([record]);
    expect(await urisFor('?action=delete')).toEqual([]);
    expect(await urisFor(`?uri=${record}`)).toEqual([record]);
    expect((await urisFor('?_sort=date'))[0]).toBe('/buckets/b');
    const page = await server.request('GET', `${HISTORY}?_limit=2&_fields=uri,target.data.foo`);
    expect(page.list.map((entry) => Object.keys(entry).sort().join())).toEqual([
      'id,last_modified,target,uri',
      'id,last_modified,target,uri',
    ]);
    const next = new URL(page.headers.get('next-page')!);
    const rest = await server.request('GET', next.pathname + next.search);
    expect(rest.list.map(({ uri }) => uri)).toEqual(['/buckets/b/collections/1', '/buckets/b/groups/1']);
  });

  it('says where the next page is to a HEAD too, and counts nothing', async () => {
    const { headers } = await server.request('HEAD', `${HISTORY}?_limit=2`);
    expect(headers.get('next-page')).toContain('_token=');
    expect(headers.get('total-objects')).toBeNull();
  });

  it('has no fields to choose for a DELETE', async () => {
    await scenario(server, ['GET', `${HISTORY}?_fields=foo`], { status: 400, errno: 107 });
    await scenario(server, ['DELETE', `${HISTORY}?foo=1`], { status: 400, errno: 107 });
    const { list } = await server.request('DELETE', `${HISTORY}?_fields=foo&resource_name=bucket`);
    expect(list).toMatchObject([{ deleted: true }]);
  });

  it('compares ids as texts, also where they are written as numbers', async () => {
    const record = '/buckets/b/collections/1/records/1';
    expect(await urisFor('?record_id=1')).toEqual([record]);
    expect(await urisFor('?record_id="1"')).toEqual([record]);
    expect(await urisFor('?collection_id=1')).toHaveLength(3);
    expect(await urisFor('?not_record_id=1&resource_name=record')).toEqual(['/buckets/b/collections/1/records/r']);
    const page = await server.request('GET', `${HISTORY}?collection_id=1&_limit=2`);
    const next = new URL(page.headers.get('next-page')!);
    expect((await server.request('GET', next.pathname + next.search)).list).toHaveLength(1);
    // As in Kinto, groups are left out of this.
    expect(await urisFor('?group_id=1')).toEqual([]);
  });

  it.each([
    ['movie=bourne', { location: 'querystring', name: 'movie', description: "Unknown filter field 'movie'" }],
    ['gt_movie.x=1', { location: 'querystring', name: 'gt_movie.x', description: "Unknown filter field 'gt_movie.x'" }],
    ['_sort=-movie', { location: 'querystring', name: null, description: "Unknown sort field 'movie'" }],
    [
      '_fields=movie,id',
      { location: 'body', name: 'Invalid _fields parameter', description: 'Fields movie do not exist' },
    ],
  ])('refuses fields that no entry has: %s', async (query, detail) => {
    await scenario(server, ['GET', `${HISTORY}?${query}`], { status: 400, errno: 107, body: { details: [detail] } });
    // Who may not read it at all is told that first.
    await scenario(server, ['GET', `/v1/buckets/other/history?${query}`], { status: 403 });
    if (query.startsWith('_fields')) return;
    await scenario(server, ['DELETE', `${HISTORY}?${query}`], { status: 400, errno: 107, changes: [] });
    expect(await urisFor('')).toHaveLength(5);
  });

  it('is conditional, and tells no totals', async () => {
    const { etag } = await server.request('GET', HISTORY);
    await scenario(server, ['GET', HISTORY, { headers: { 'if-none-match': `"${etag}"` } }], { status: 304 });
    await scenario(server, ['HEAD', HISTORY], {
      status: 200,
      headers: { etag: `"${etag}"`, 'total-objects': null, 'total-records': null },
    });
    await make(server, `${BUCKET}/collections/2`);
    await scenario(server, ['GET', HISTORY, { headers: { 'if-none-match': `"${etag}"` } }], { status: 200 });
  });

  it.each(['POST', 'PUT', 'PATCH'])('is all there is: no %s', async (method) => {
    const allow = 'GET, HEAD, DELETE, OPTIONS';
    await scenario(server, [method, HISTORY, { body: {} }], { status: 405, errno: 115, headers: { allow } });
  });

  it('has no endpoint for one entry', async () => {
    const [entry] = (await server.request('GET', HISTORY)).list;
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE']) {
      await scenario(server, [method, `${HISTORY}/${entry!.id as string}`], { status: 404, errno: 111 });
    }
  });

  it('can be deleted, whole or in part, by who may write to the bucket', async () => {
    await scenario(server, ['DELETE', HISTORY, { auth: 'alice' }], { status: 403 });
    const { ids } = await server.request('GET', `${HISTORY}?resource_name=record`);
    const answer = await server.request('DELETE', `${HISTORY}?resource_name=record`);
    expect(answer.ids).toEqual(ids);
    expect(answer.list).toEqual(ids.map(() => expect.objectContaining({ deleted: true }) as object));
    expect(await urisFor('')).toHaveLength(3);
    expect((await server.request('GET', `${HISTORY}?_since=0&deleted=true`)).list).toHaveLength(2);
    // Nobody reads it by an entry that is gone.
    await scenario(server, ['GET', HISTORY, { auth: 'bob' }], { status: 200 });
    await scenario(server, ['DELETE', HISTORY], {
      status: 200,
      changes: [expect.stringContaining('delete /buckets/b/') as string],
    });
    expect(await urisFor('')).toEqual([]);
    await scenario(server, ['GET', HISTORY, { auth: 'bob' }], { status: 403 });
  });
});

describe('Who may read the history', () => {
  async function countFor(auth: 'mat' | 'alice' | 'bob' | null): Promise<Answer['status'] | string> {
    const answer = await server.request('GET', HISTORY, { auth });
    return answer.status === 200 ? `${answer.list.length} entries` : answer.status;
  }

  it('is who could read the object at the time', async () => {
    await start();
    expect(await countFor('mat')).toBe('5 entries');
    expect(await countFor('alice')).toBe('5 entries');
    expect(await countFor('bob')).toBe('3 entries');
    expect(await countFor(null)).toBe(401);
    const answer = await server.request('GET', HISTORY, {
      auth: null,
      headers: { authorization: `Basic ${btoa('jack:secret')}` },
    });
    expect(answer.list.map(({ uri }) => uri)).toEqual(['/buckets/b/collections/1/records/r']);

    await server.request('PATCH', BUCKET, { body: { permissions: { read: [] } } });
    await make(server, `${BUCKET}/collections/new`);
    // What alice could see she still can; what came since is not hers.
    expect(await countFor('alice')).toBe('5 entries');
    expect(await countFor('mat')).toBe('7 entries');
  });

  it('is nobody for a bucket that there is not', async () => {
    await start();
    await scenario(server, ['GET', '/v1/buckets/none/history'], { status: 403, errno: 121 });
    await scenario(server, ['GET', '/v1/buckets/none/history', { auth: null }], { status: 401, errno: 104 });
    await scenario(server, ['DELETE', '/v1/buckets/none/history'], { status: 403, errno: 121 });
  });

  it('may be said for all buckets in the settings', async () => {
    await start(`kinto.history_read_principals = ${USER_IDS.bob}`);
    expect(await countFor('bob')).toBe('5 entries');
    await scenario(server, ['DELETE', HISTORY, { auth: 'bob' }], { status: 403 });
  });

  it('is who may read the bucket now, where permissions are never added by themselves', async () => {
    server = await startTestServer({
      ini: 'kinto.includes = kinto.plugins.history\nkinto.explicit_permissions = false',
    });
    await make(server, BUCKET, { permissions: { write: ['system.Authenticated'] } });
    await make(server, COLLECTION, { permissions: { write: [USER_IDS.alice] } });
    const requests = ['1', '2'].map((id) => ({ method: 'PUT', path: `${COLLECTION}/records/${id}` }));
    await server.request('POST', '/v1/batch', { body: { requests } });
    expect(await countFor('alice')).toBe('4 entries');
    await server.request('PATCH', BUCKET, { body: { permissions: { write: [USER_IDS.mat] } } });
    expect(await countFor('alice')).toBe(403);
    expect(await countFor('mat')).toBe('5 entries');
  });
});
