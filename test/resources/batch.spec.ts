import type { JsonObject, JsonValue } from '../../src/wire/json.js';
import { makeCollection, uriOf } from '../support/places.js';
import { scenario } from '../support/scenario.js';
import { basicAuth, startTestServer, USER_IDS, type Ask, type TestServer } from '../support/server.js';

let server: TestServer;
let collection: string;
let records: string;
beforeAll(async () => (server = await startTestServer()));
beforeEach(async () => {
  collection = await makeCollection(server);
  records = `${collection}/records`;
  await server.newChanges();
});
afterAll(() => server.close());

interface SubResponse {
  readonly status: number;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: JsonObject & { data: JsonObject };
}

async function batch(requests: JsonValue[], { defaults, ...ask }: Ask & { defaults?: JsonObject } = {}) {
  const body = defaults === undefined ? { requests } : { requests, defaults };
  const answer = await server.request('POST', '/v1/batch', { ...ask, body });
  expect(answer.status).toBe(200);
  return answer.json.responses as unknown as SubResponse[];
}

describe('A batch', () => {
  it('does several things as one request', async () => {
    const [first, second, third] = await batch([
      { method: 'PUT', path: `${records}/a`, body: { data: { n: 1 } } },
      { method: 'PUT', path: `${records}/b`, body: { data: { n: 2 } } },
      { path: `${records}?_sort=n` },
    ]);
    expect([first!.status, second!.status, third!.status]).toEqual([201, 201, 200]);
    expect(third!.body.data).toEqual([first!.body.data, second!.body.data]);
    expect(await server.newChanges()).toEqual([`create ${uriOf(records)} a b`]);
  });

  it('answers each with what it would have got alone', async () => {
    await server.request('PUT', `${records}/é`.replace('é', 'e'), { body: { data: { title: 'é' } } });
    const alone = await server.request('GET', `${records}/e`);
    const [sub] = await batch([{ path: `${records}/e?_x=1` }]);
    expect(sub!.path).toBe(`${records}/e`);
    expect(sub!.body).toEqual(alone.json);
    expect(sub!.headers).toMatchObject({
      ETag: alone.headers.get('etag'),
      'Content-Type': 'application/json',
      'Content-Length': String(alone.text.length),
      'Access-Control-Expose-Headers': alone.headers.get('access-control-expose-headers'),
    });
  });

  it('merges the defaults into each request, at every depth, and never over it', async () => {
    const defaults = {
      method: 'POST',
      path: records,
      body: { data: { a: 1, deep: { x: 1 } } },
      headers: { 'X-A': 'b' },
    };
    const [first, second] = await batch([{}, { body: { data: { a: 2, deep: { y: 2 } } } }], { defaults });
    expect(first!.body.data).toMatchObject({ a: 1, deep: { x: 1 } });
    expect(second!.body.data).toMatchObject({ a: 2, deep: { x: 1, y: 2 } });
  });

  it('gives each request its own caller, the batch’s unless it says otherwise', async () => {
    const [mine, bobs, nobodys] = await batch([
      { path: '/' },
      { path: '/', headers: { authorization: basicAuth('bob') } },
      { path: '/', headers: { Authorization: 'none' } },
    ]);
    expect(mine!.body.user).toMatchObject({ id: USER_IDS.mat });
    expect(bobs!.body.user).toMatchObject({ id: USER_IDS.bob });
    expect(nobodys!.body.user).toBeUndefined();
  });

  it('goes on after a refusal, which undoes nothing else and announces nothing', async () => {
    const responses = await batch([
      { method: 'PUT', path: `${records}/a`, body: {} },
      { method: 'PUT', path: `${records}/a`, headers: { 'If-None-Match': '*' }, body: {} },
      { path: `${records}/missing` },
      { method: 'PATCH', path: `${records}/a`, body: {} },
      { method: 'PUT', path: '/buckets/b', headers: { authorization: 'none' } },
      { path: '/nowhere' },
      { method: 'PUT', path: `${records}/b`, body: {} },
    ]);
    expect(responses.map(({ status }) => status)).toEqual([201, 412, 404, 400, 401, 404, 201]);
    expect(responses[1]!.body.details).toMatchObject({ existing: { id: 'a' } });
    expect(responses[4]!.headers['WWW-Authenticate']).toBe('Basic realm="Realm"');
    expect(await server.newChanges()).toEqual([`create ${uriOf(records)} a b`]);
  });

  it('takes back what a refused request had written', async () => {
    const [refused] = await batch([{ method: 'PUT', path: `${records}/a`, headers: { Origin: 'http://evil' } }]);
    // Every origin may call this server; the collection's last_modified below shows that writes were real.
    expect(refused!.status).toBe(201);
    const strict = await startTestServer({ ini: 'kinto.cors_origins = http://good' });
    try {
      const home = '/v1/buckets/default/collections/c/records';
      const body = {
        requests: [
          { method: 'PUT', path: `${home}/a`, headers: { Origin: 'http://evil' } },
          { method: 'PUT', path: `${home}/b`, headers: { Origin: 'http://good' } },
        ],
      };
      const answer = await strict.request('POST', '/v1/batch', { body });
      expect((answer.json.responses as unknown as SubResponse[]).map(({ status }) => status)).toEqual([400, 201]);
      expect((await strict.request('GET', home)).ids).toEqual(['b']);
      expect((await strict.newChanges()).filter((change) => change.includes('records'))).toEqual([
        expect.stringMatching(/^create .*\/records b$/),
      ]);
    } finally {
      await strict.close();
    }
  });

  it('fails as a whole on a conflict, and nothing was done', async () => {
    const made = await server.request('PUT', `${records}/z`, { body: { data: {} } });
    await server.newChanges();
    const twin = { data: { last_modified: made.lastModified - 5 } };
    const requests = [
      { method: 'PUT', path: `${records}/a`, body: twin },
      { method: 'PUT', path: `${records}/b`, body: twin },
      { method: 'PUT', path: `${records}/c`, body: {} },
    ];
    await scenario(server, ['POST', '/v1/batch', { body: { requests } }], { status: 409, errno: 122, changes: [] });
    expect((await server.request('GET', records)).ids).toEqual(['z']);
  });

  it('sees at once what it has done itself: members, deletions, schemas of lists', async () => {
    const bucket = collection.split('/').slice(0, 4).join('/');
    const group = uriOf(`${bucket}/groups/g`);
    const responses = await batch([
      { method: 'PUT', path: `${bucket}/groups/g`, body: { data: { members: [USER_IDS.bob] } } },
      { method: 'PATCH', path: collection, body: { permissions: { read: [group] } } },
      { path: records, headers: { authorization: basicAuth('bob') } },
      { method: 'DELETE', path: collection },
      { method: 'POST', path: records, body: {} },
    ]);
    expect(responses.map(({ status }) => status)).toEqual([201, 200, 200, 200, 404]);
  });

  it('says where a redirect led, and what was asked for where it led to a refusal', async () => {
    expect(await batch([{ path: `${collection}/` }, { path: '/v1/buckets/none/' }])).toMatchObject([
      { status: 200, path: collection },
      { status: 403, path: '/v1/buckets/none/', body: { errno: 121 } },
    ]);
  });

  it('takes an empty mapping for no body', async () => {
    const put = { method: 'PUT', path: `${records}/a`, headers: { 'Content-Type': 'text/plain' } };
    const answers = await batch([
      { ...put, body: {} },
      { ...put, body: { data: {} } },
    ]);
    expect(answers.map(({ status }) => status)).toEqual([415, 201]);
  });

  it('follows a redirect once, with method and body', async () => {
    const [created] = await batch([{ method: 'PUT', path: `${records}/a/`, body: { data: { n: 1 } } }]);
    expect(created).toMatchObject({ status: 201, path: `${records}/a`, body: { data: { n: 1 } } });
  });

  it('puts a 304 and a HEAD in without a body', async () => {
    const made = await server.request('PUT', `${records}/a`, { body: {} });
    const [unchanged, counted] = await batch([
      { path: `${records}/a`, headers: { 'If-None-Match': made.headers.get('etag') } },
      { method: 'HEAD', path: records },
    ]);
    expect(unchanged).toMatchObject({ status: 304, body: '' });
    expect(counted).toMatchObject({ status: 200, body: '' });
    expect(counted!.headers['Total-Objects']).toBe('1');
  });

  it('merges where the request says that it is a merge patch', async () => {
    await server.request('PUT', `${records}/a`, { body: { data: { n: 1, m: 1 } } });
    const [merged] = await batch([
      {
        method: 'PATCH',
        path: `${records}/a`,
        headers: { 'Content-Type': 'application/merge-patch+json' },
        body: { data: { n: null } },
      },
    ]);
    expect(merged!.body.data).not.toHaveProperty('n');
    expect(merged!.body.data).toMatchObject({ m: 1 });
  });

  it('makes the default bucket and its collection once', async () => {
    const home = '/buckets/default/collections/tasks/records';
    const requests = Array.from({ length: 25 }, (_, n) => ({ method: 'POST', path: home, body: { data: { n } } }));
    const responses = await batch(requests, { auth: 'alice' });
    expect(new Set(responses.map(({ status, path }) => `${status} ${path}`))).toEqual(new Set([`201 /v1${home}`]));
    const changes = await server.newChanges();
    expect(changes).toHaveLength(3);
    expect(changes[2]!.split(' ')).toHaveLength(27);
  });

  it('counts as what it asked for in its own order', async () => {
    expect(await batch([])).toEqual([]);
    const responses = await batch([{ path: '/__heartbeat__' }, { path: '/__lbheartbeat__' }, { path: '/' }]);
    expect(responses.map(({ path }) => path)).toEqual(['/v1/__heartbeat__', '/v1/__lbheartbeat__', '/v1/']);
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200]);
  });
});

describe('A batch is refused', () => {
  async function refuse(body: JsonValue, name: string, description: string): Promise<void> {
    await scenario(server, ['POST', '/v1/batch', { body }], {
      status: 400,
      errno: 107,
      body: { details: [{ location: 'body', name, description }] },
      changes: [],
    });
  }
  const NOT_A_MAPPING = 'is not a mapping type: Does not implement dict-like functionality.';

  it.each<[JsonValue, string, string]>([
    [{}, 'requests', 'Required'],
    [{ requests: {} }, 'requests', '"{}" is not iterable'],
    [{ requests: null }, 'requests', '"None" is not iterable'],
    [{ requests: [1] }, 'requests.0', `"1" ${NOT_A_MAPPING}`],
    [{ requests: [{}] }, 'requests.0.path', 'Required'],
    [{ requests: [{ path: '/' }, { path: 1 }] }, 'requests.1.path', "1 is not a string: {'path': ''}"],
    [{ requests: [{ path: 'a' }] }, 'requests.0.path', 'String does not match expected pattern'],
    [
      { requests: [{ path: '/', method: 'get' }] },
      'requests.0.method',
      '"get" is not one of GET, HEAD, DELETE, TRACE, POST, PUT, PATCH',
    ],
    [{ requests: [{ path: '/', headers: { a: 1 } }] }, 'requests.0.headers', "{'a': 1} contains non string value"],
    [{ requests: [{ path: '/', headers: null }] }, 'requests.0.headers', `"None" ${NOT_A_MAPPING}`],
    [{ requests: [{ path: '/', body: [] }] }, 'requests.0.body', `"[]" ${NOT_A_MAPPING}`],
    [{ requests: [{ path: '/', foo: 1 }] }, 'requests.0', `Unrecognized keys in mapping: "{'foo': 1}"`],
    [{ requests: [], foo: 1 }, '', `Unrecognized keys in mapping: "{'foo': 1}"`],
    [{ requests: [], defaults: 1 }, 'defaults', `"1" ${NOT_A_MAPPING}`],
    [[], '', `"[]" ${NOT_A_MAPPING}`],
  ])('for %j', refuse);

  it.each(['/batch', '/v1/batch', '/batch/', '/batch?x=1', '/b%61tch'])('for a batch inside it: %s', async (path) => {
    await refuse({ requests: [{ path }] }, 'requests', 'Recursive call on /batch endpoint is forbidden.');
  });

  it('not for a name that only contains the word', async () => {
    const [answer] = await batch([{ method: 'PUT', path: '/buckets/batch-jobs' }]);
    expect(answer!.status).toBe(201);
  });

  it('for more requests than the setting allows', async () => {
    const requests = Array.from({ length: 26 }, () => ({ path: '/' }));
    await refuse({ requests }, 'requests', 'Number of requests is limited to 25');
  });

  it('for another type than JSON', async () => {
    const headers = { 'content-type': 'text/plain' };
    await scenario(server, ['POST', '/v1/batch', { raw: '{"requests":[]}', headers }], { status: 415 });
  });

  it('with 405 for another method', async () => {
    const answer = await scenario(server, ['GET', '/v1/batch'], { status: 405, errno: 115 });
    expect(answer.headers.get('allow')).toBe('POST, OPTIONS');
  });
});

describe('Integers beyond 2^53', () => {
  const BIG = '{"data":{"id":"big","n":9223372036854775807,"m":[36893488147419103233]}}';

  it('come back as they were written, through PUT, PATCH, lists, batches and the change log', async () => {
    await server.request('PUT', `${records}/big`, { raw: BIG });
    const patched = await server.request('PATCH', `${records}/big`, { body: { data: { x: 1 } } });
    const viaBatch = await server.request('POST', '/v1/batch', {
      raw: `{"requests":[{"path":"${records}"},{"method":"PATCH","path":"${records}/big","body":{"data":{"n":-9223372036854775809}}}]}`,
    });
    const projected = await server.request('GET', `${records}?_fields=n`);
    for (const { text } of [patched, viaBatch]) {
      expect(text).toContain('"n":9223372036854775807');
      expect(text).toContain('"m":[36893488147419103233]');
    }
    expect(viaBatch.text).toContain('"n":-9223372036854775809');
    expect(projected.text).toContain('"n":-9223372036854775809');
    expect((await server.newLogged()).at(-1)!.newText).toContain('"n":-9223372036854775809');
  });

  it('are told apart by filters and sorted by their value', async () => {
    for (const n of ['9007199254740993', '9007199254740992', '9007199254740994', '1']) {
      await server.request('PUT', `${records}/r${n}`, { raw: `{"data":{"n":${n}}}` });
    }
    const found = async (query: string) =>
      (await server.request('GET', `${records}?${query}`)).list.map(({ id }) => id);
    expect(await found('n=9007199254740993')).toEqual(['r9007199254740993']);
    expect(await found('in_n=9007199254740992,1&_sort=n')).toEqual(['r1', 'r9007199254740992']);
    expect(await found('gt_n=9007199254740992&_sort=-n')).toEqual(['r9007199254740994', 'r9007199254740993']);
    const first = await server.request('GET', `${records}?_sort=n&_limit=2`);
    const next = await fetch(first.headers.get('next-page')!, { headers: { authorization: basicAuth('mat') } });
    expect(((await next.json()) as { data: { id: string }[] }).data.map(({ id }) => id)).toEqual([
      'r9007199254740993',
      'r9007199254740994',
    ]);
  });
});
