import { make } from '../support/places.js';
import { scenario } from '../support/scenario.js';
import { startTestServer, USER_IDS, type TestServer } from '../support/server.js';

/** Of mat, with empty secrets (kinto-api.md, 9). */
const ID = 'ddaf8694-fa9e-2949-ed0e-77198a7907fb';
const OWN = `/buckets/${ID}`;
const DEFAULT = '/v1/buckets/default';

let server: TestServer;
beforeEach(async () => (server = await startTestServer()));
afterEach(() => server.close());

describe('The default bucket', () => {
  it('is made when it is first asked for, under the id of its user', async () => {
    await scenario(server, ['GET', DEFAULT], {
      status: 200,
      body: { data: { id: ID }, permissions: { write: [USER_IDS.mat] } },
      changes: ['create /buckets ' + ID],
    });
    await scenario(server, ['GET', DEFAULT], { status: 200, changes: [] });
    await scenario(server, ['GET', `/v1${OWN}`], { status: 200 });
    await scenario(server, ['GET', `/v1${OWN}`, { auth: 'bob' }], { status: 403 });
  });

  it('is another one for everybody', async () => {
    const { data } = await server.request('GET', DEFAULT, { auth: 'bob' });
    expect(data.id).not.toBe(ID);
    expect(data.id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });

  it('is nobody’s when nobody is logged in', async () => {
    for (const path of ['', '/collections/c/records']) {
      await scenario(server, ['GET', DEFAULT + path, { auth: null }], { status: 401, errno: 104 });
    }
    const headers = { origin: 'http://a.example', 'access-control-request-method': 'GET' };
    await scenario(server, ['OPTIONS', DEFAULT, { auth: null, headers }], { status: 200 });
  });

  it('has the collections one writes into, each announced before what is in it', async () => {
    const answer = await scenario(
      server,
      ['PUT', `${DEFAULT}/collections/tasks/records/r`, { body: { data: { n: 1 } } }],
      {
        status: 201,
        body: { data: { id: 'r', n: 1 } },
        changes: [
          `create /buckets ${ID}`,
          `create ${OWN}/collections tasks`,
          `create ${OWN}/collections/tasks/records r`,
        ],
      },
    );
    const real = await server.request('GET', `/v1${OWN}/collections/tasks/records/r`);
    expect(real.data).toEqual(answer.data);
    await scenario(server, ['GET', `${DEFAULT}/collections/tasks`], {
      status: 200,
      body: { permissions: { write: [USER_IDS.mat] } },
    });
  });

  it('makes what it needs for reading, too', async () => {
    const answer = await scenario(server, ['GET', `${DEFAULT}/collections/tasks/records`], {
      status: 200,
      changes: [`create /buckets ${ID}`, `create ${OWN}/collections tasks`],
    });
    expect(answer.list).toEqual([]);
  });

  it.each([
    ['GET', '/collections/tasks/records/none', 404],
    ['PUT', '/collections/tasks/records/r', 400],
    ['DELETE', '/collections/tasks/records/none', 404],
  ])('stays when the request proper is refused: %s …%s with %d', async (method, path, status) => {
    const ask = method === 'PUT' ? { raw: '{' } : {};
    await scenario(server, [method, DEFAULT + path, ask], {
      status,
      changes: [`create /buckets ${ID}`, `create ${OWN}/collections tasks`],
    });
    await scenario(server, ['GET', `/v1${OWN}/collections/tasks`], { status: 200, changes: [] });
  });

  it('is not made for a URL that leads nowhere', async () => {
    await scenario(server, ['GET', `${DEFAULT}/nothing`], { status: 404, errno: 111, changes: [] });
    await scenario(server, ['GET', `${DEFAULT}/collections/tasks/`], {
      status: 307,
      headers: { location: `${server.url}${DEFAULT}/collections/tasks` },
      changes: [],
    });
    await scenario(server, ['GET', `/v1${OWN}`], { status: 403 });
  });

  it('refuses a collection whose name is none, and makes nothing', async () => {
    await scenario(server, ['GET', `${DEFAULT}/collections/_tasks/records`], {
      status: 400,
      body: { details: [{ location: 'path', name: null, description: 'Invalid collection id' }] },
      changes: [],
    });
  });

  it.each(['collections', 'groups', 'collections/c'])('is not made for the redirect of %s/', async (path) => {
    const { status, headers } = await server.request('GET', `${DEFAULT}/${path}/`);
    expect(status).toBe(307);
    expect(new URL(headers.get('location') ?? '').pathname).toBe(`${DEFAULT}/${path}`);
    expect(await server.newChanges()).toEqual([]);
  });

  it('can be written itself, also under its alias', async () => {
    await scenario(server, ['PUT', DEFAULT, { body: { data: { id: 'default', n: 1 } } }], {
      status: 201,
      body: { data: { id: ID, n: 1 } },
      changes: [`create /buckets ${ID}`],
    });
    await scenario(server, ['PATCH', DEFAULT, { body: { data: { m: 2 } } }], {
      status: 200,
      body: { data: { n: 1, m: 2 } },
      changes: [`update /buckets ${ID}`],
    });
  });

  it('makes a collection that is PUT from what is in the request alone', async () => {
    await scenario(server, ['PUT', `${DEFAULT}/collections/tasks`, { body: { data: { title: 'x' } } }], {
      status: 201,
      body: { data: { title: 'x' } },
      changes: [`create /buckets ${ID}`, `create ${OWN}/collections tasks`],
    });
    const headers = { 'if-none-match': '*' };
    await scenario(server, ['PUT', `${DEFAULT}/collections/tasks`, { headers, body: {} }], { status: 412 });
  });

  it('can be deleted, with everything in it, and begins anew', async () => {
    await make(server, `${DEFAULT}/collections/tasks/records/r`);
    await scenario(server, ['DELETE', DEFAULT], { status: 200, changes: [`delete /buckets ${ID}`] });
    await scenario(server, ['GET', `${DEFAULT}/collections/tasks/records`], {
      status: 200,
      body: { data: [] },
      changes: [`create /buckets ${ID}`, `create ${OWN}/collections tasks`],
    });
  });

  it('wants to be told what a body is', async () => {
    const raw = new TextEncoder().encode('{"data":{}}');
    const response = await fetch(`${server.url}${DEFAULT}/collections/tasks/records`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa('mat:secret')}` },
      body: raw,
    });
    expect(response.status).toBe(415);
  });

  it('answers with the real URI where something is missing', async () => {
    await scenario(server, ['GET', `${DEFAULT}/groups/none`], {
      status: 404,
      body: { details: { id: 'none', resource_name: 'group' } },
      changes: [`create /buckets ${ID}`],
    });
  });

  it('is nobody’s below it either, also where nothing can be', async () => {
    for (const path of ['/nothing', '/collections/a%2Fb/records/r', '/collections/']) {
      await scenario(server, ['GET', DEFAULT + path, { auth: null }], { status: 401, errno: 104 });
      const requests = [{ path: DEFAULT + path }];
      const batch = await server.request('POST', '/v1/batch', { auth: null, body: { requests } });
      expect(batch.json.responses).toMatchObject([{ status: 401 }]);
    }
    await scenario(server, ['GET', `${DEFAULT}/nothing`], { status: 404, errno: 111, changes: [] });
    await scenario(server, ['GET', `${DEFAULT}/collections/`], { status: 307, changes: [] });
  });

  it('refuses a method with the headers that a browser may read', async () => {
    const refused = await scenario(server, ['POST', `${DEFAULT}/collections/c`, { body: {} }], { status: 405 });
    expect(refused.headers.get('allow')).toContain('PATCH');
    expect(refused.headers.get('access-control-expose-headers')).toContain('Backoff');
  });

  it('takes a POST or PATCH without a body for one with empty data, and leaves what is there to a PUT', async () => {
    await make(server, `${DEFAULT}/collections/c`, { data: { n: 1 } });
    await scenario(server, ['PATCH', `${DEFAULT}/collections/c`], {
      status: 200,
      body: { data: { n: 1 } },
      changes: [`update ${OWN}/collections c`],
    });
    await scenario(server, ['PUT', `${DEFAULT}/collections/c`], {
      status: 200,
      body: { data: { n: 1 } },
      changes: [`update ${OWN}/collections c`],
    });
    const posted = await server.request('POST', `${DEFAULT}/groups`);
    expect(posted.data.members).toEqual([]);
  });

  it('names the object that has no such id when it is the one to be made', async () => {
    const problem = (description: string) => ({ status: 400, body: { details: [{ name: null, description }] } });
    await scenario(server, ['GET', `${DEFAULT}/collections/-x`], problem('Invalid collection id'));
    await scenario(server, ['PUT', `${DEFAULT}/collections/-x`, { body: {} }], {
      ...problem('Invalid object id'),
      changes: [`create /buckets ${ID}`],
    });
  });

  it.each(['default-1234', 'defaultx', 'Default'])('is not meant by %s', async (id) => {
    await scenario(server, ['GET', `/v1/buckets/${id}`], { status: 403, changes: [] });
  });

  it('is made once, however many ask for it at once', async () => {
    const paths = Array.from({ length: 30 }, (_, n) => `${DEFAULT}/collections/tasks/records/r${n}`);
    const answers = await Promise.all(paths.map((path) => server.request('PUT', path)));
    expect(answers.map(({ status }) => status)).toEqual(paths.map(() => 201));
    const changes = await server.newChanges();
    expect(changes.filter((change) => change === `create /buckets ${ID}`)).toHaveLength(1);
    expect(changes.filter((change) => change === `create ${OWN}/collections tasks`)).toHaveLength(1);
  });
});

describe('The default bucket where nobody may make buckets', () => {
  it('is made all the same', async () => {
    const strict = await startTestServer({ ini: 'kinto.bucket_create_principals = basicauth:nobody' });
    await scenario(strict, ['PUT', '/v1/buckets/b'], { status: 403 });
    await scenario(strict, ['GET', DEFAULT], { status: 200, changes: [`create /buckets ${ID}`] });
    await strict.close();
  });
});
