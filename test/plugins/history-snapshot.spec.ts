import { make } from '../support/places.js';
import { scenario } from '../support/scenario.js';
import { startTestServer, USER_IDS, type TestServer } from '../support/server.js';

const BUCKET = '/v1/buckets/b';
const RECORDS = `${BUCKET}/collections/c/records`;

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer({
    ini: 'kinto.includes = kinto.plugins.history kinto.plugins.default_bucket\nkinto.bucket_read_principals = system.Everyone',
  });
  await make(server, BUCKET);
  await make(server, `${BUCKET}/collections/c`, { permissions: { read: [USER_IDS.bob] } });
});
afterEach(() => server.close());

function snapshot(timestamp: number | string, collection = 'c'): string {
  return `${BUCKET}/snapshot/collections/${collection}@${timestamp}`;
}

/** As `r1 r2=3`: ids and, where there is one, the field `n`. */
async function recordsAt(timestamp: number): Promise<string> {
  const { list } = await server.request('GET', snapshot(timestamp));
  return list.map(({ id, n }) => `${id as string}${n === undefined ? '' : `=${n as number}`}`).join(' ');
}

/** @returns the `last_modified` it got */
async function write(method: string, id: string, n?: number): Promise<number> {
  const answer = await server.request(method, `${RECORDS}/${id}`, n === undefined ? {} : { body: { data: { n } } });
  return answer.lastModified;
}

describe('A snapshot of a collection', () => {
  it('has the records as they were, the latest changed first', async () => {
    const times = [
      await write('PUT', 'a', 1),
      await write('PUT', 'b', 1),
      await write('PUT', 'c', 1),
      await write('PUT', 'a', 2),
      await write('DELETE', 'b'),
      await write('PUT', 'b', 3),
      await write('DELETE', 'c'),
    ];
    expect(await recordsAt(times[0]! - 1)).toBe('');
    const seen = [];
    for (const time of times) seen.push(await recordsAt(time));
    expect(seen).toEqual(['a=1', 'b=1 a=1', 'c=1 b=1 a=1', 'a=2 c=1 b=1', 'a=2 c=1', 'b=3 a=2 c=1', 'b=3 a=2']);
    expect(await recordsAt(Date.now() + 1e9)).toBe('b=3 a=2');
  });

  it('has them whole, as the list would have had them', async () => {
    await write('PUT', 'a', 1);
    const before = await server.request('GET', RECORDS);
    await write('PUT', 'a', 2);
    const answer = await server.request('GET', snapshot(before.etag));
    expect(answer.json).toEqual(before.json);
    expect(answer.headers.get('etag')).toBeNull();
    expect((await server.request('HEAD', snapshot(before.etag))).status).toBe(200);
  });

  it('knows what happened within one batch', async () => {
    const requests = ['PUT', 'DELETE', 'PUT'].map((method, n) => ({
      method,
      path: `${RECORDS}/a`,
      ...(method === 'PUT' ? { body: { data: { n } } } : {}),
    }));
    const { json } = await server.request('POST', '/v1/batch', { body: { requests } as never });
    const answers = json.responses as { body: { data: { last_modified: number } } }[];
    const times = answers.map(({ body }) => body.data.last_modified);
    await write('PUT', 'a', 9);
    const seen = [];
    for (const time of times) seen.push(await recordsAt(time));
    expect(seen).toEqual(['a=0', '', 'a=2']);
  });

  it('is not of another collection, nor of another bucket', async () => {
    const time = await write('PUT', 'a', 1);
    await write('PUT', 'a', 2);
    await make(server, `${BUCKET}/collections/d`);
    await make(server, `${BUCKET}/collections/d/records/a`, { data: { n: 7 } });
    await scenario(server, ['GET', snapshot(Date.now() + 1e6, 'none')], { status: 200, body: { data: [] } });
    expect(await recordsAt(time)).toBe('a=1');
  });

  it('is for who holds a permission on the bucket or the collection', async () => {
    await scenario(server, ['GET', snapshot(1)], { status: 200 });
    await scenario(server, ['GET', snapshot(1), { auth: 'bob' }], { status: 200 });
    // Settings that let everybody read buckets do not count here, as in Kinto.
    await scenario(server, ['GET', snapshot(1), { auth: 'alice' }], { status: 403, errno: 121 });
    await scenario(server, ['GET', snapshot(1), { auth: null }], { status: 401, errno: 104 });
    await scenario(server, ['GET', '/v1/buckets/none/snapshot/collections/c@1'], { status: 403 });
  });

  it.each(['abc', '-1', '1.5', '0x1', '1__0', '_1'])('is not of the time %s', async (timestamp) => {
    const description = `Invalid timestamp '${timestamp}'`;
    await scenario(server, ['GET', snapshot(timestamp), { auth: null }], {
      status: 400,
      errno: 107,
      body: { message: description, details: [{ location: 'path', name: 'timestamp', description }] },
    });
  });

  it.each(['%201', '+1', '1_0', '99999999999999999999999999'])('takes the time %s', async (timestamp) => {
    await scenario(server, ['GET', snapshot(timestamp)], { status: 200, body: { data: [] } });
  });

  it('is not there for what is no name', async () => {
    const at = (path: string) => `${BUCKET}/snapshot/collections/${path}`;
    const named = (id: string, resource_name: string) => ({
      status: 404,
      errno: 111,
      body: { details: { id, resource_name } },
    });
    for (const path of ['c', 'c@', '@1']) await scenario(server, ['GET', at(path)], { status: 404, errno: 111 });
    await scenario(server, ['GET', at('_c@1')], named('_c', 'collection'));
    await scenario(server, ['GET', at('c@1@2')], named('c@1', 'collection'));
    await scenario(server, ['GET', '/v1/buckets/_b/snapshot/collections/c@1'], named('_b', 'bucket'));
    await scenario(server, ['POST', at('c@1'), { body: {} }], {
      status: 405,
      headers: { allow: 'GET, HEAD, OPTIONS' },
    });
  });

  it('is found under the alias of the default bucket', async () => {
    await make(server, '/v1/buckets/default/collections/c/records/r');
    const { ids } = await server.request('GET', `/v1/buckets/default/snapshot/collections/c@${Date.now() + 1e6}`);
    expect(ids).toEqual(['r']);
  });
});
