import { make } from '../support/places.js';
import { scenario } from '../support/scenario.js';
import { startTestServer, type TestServer } from '../support/server.js';

const COUNTERS = '/v1/__counters__';

let server: TestServer;
beforeEach(async () => (server = await startTestServer({ ini: 'kinto.includes = kinto.plugins.counters' })));
afterEach(() => server.close());

describe('The counters', () => {
  it('are not there unless they are included', async () => {
    const other = await startTestServer();
    await scenario(other, ['GET', COUNTERS], { status: 404, errno: 111 });
    await other.close();
  });

  it('leave out what there is none of', async () => {
    const answer = await scenario(server, ['GET', COUNTERS, { auth: null }], { status: 200, changes: [] });
    expect(answer.json).toEqual({ objects: {}, tombstones: {} });
  });

  it('count what is there and what was deleted, everywhere', async () => {
    for (const bucket of ['a', 'b', 'c']) {
      await make(server, `/v1/buckets/${bucket}`);
      await make(server, `/v1/buckets/${bucket}/collections/c`);
      await make(server, `/v1/buckets/${bucket}/groups/g`);
      for (const id of ['r1', 'r2']) await make(server, `/v1/buckets/${bucket}/collections/c/records/${id}`);
    }
    await server.request('DELETE', '/v1/buckets/a/collections/c/records/r1');
    await server.request('DELETE', '/v1/buckets/b/groups/g');
    // What goes with a bucket leaves no tombstones.
    await server.request('DELETE', '/v1/buckets/c');
    const answer = await server.request('GET', COUNTERS, { auth: null });
    expect(answer.json).toEqual({
      objects: { bucket: 2, group: 1, collection: 2, record: 3 },
      tombstones: { bucket: 1, group: 1, record: 1 },
    });
  });

  it('are announced, and can only be read', async () => {
    const hello = await server.request('GET', '/v1/');
    expect(hello.json.capabilities).toHaveProperty('counters_endpoint.description');
    await scenario(server, ['POST', COUNTERS], { status: 405, errno: 115, headers: { allow: 'GET, HEAD, OPTIONS' } });
    const head = await scenario(server, ['HEAD', COUNTERS], { status: 200 });
    expect(head.text).toBe('');
  });
});
