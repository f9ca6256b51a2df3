import { makeCollection } from '../support/places.js';
import { scenario } from '../support/scenario.js';
import { startTestServer, type TestServer } from '../support/server.js';

const ALWAYS = ['Alert', 'Backoff', 'Content-Length', 'Content-Type', 'Retry-After'];
const OBJECT = [...ALWAYS, 'Cache-Control', 'ETag', 'Expires', 'Last-Modified', 'Pragma'].sort();
const WRITTEN = [...ALWAYS, 'Change-Position'].sort();
const LIST = [...OBJECT, 'Next-Page', 'Change-Position'].sort();
const COUNT = [...LIST, 'Total-Objects', 'Total-Records'].sort();

const ORIGIN = { origin: 'http://app.example' };

let server: TestServer;
let collection: string;
beforeAll(async () => {
  server = await startTestServer();
  collection = await makeCollection(server);
});
afterAll(() => server.close());

describe('What a browser may read', () => {
  it.each([
    ['GET', '', OBJECT],
    ['GET', '/records', LIST],
    ['HEAD', '/records', COUNT],
    ['POST', '/records', WRITTEN],
    ['PUT', '/records/r', WRITTEN],
    ['PATCH', '', WRITTEN],
    ['DELETE', '/records', WRITTEN],
    ['GET', '/records/missing', OBJECT],
  ])('of %s …%s is what that method answers with', async (method, path, exposed) => {
    const body = method === 'PATCH' ? { body: { data: {} } } : {};
    const answer = await server.request(method, collection + path, { headers: ORIGIN, ...body });
    expect(answer.headers.get('access-control-expose-headers')?.split(', ').sort()).toEqual(exposed);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
  });

  it.each(['/v1/', '/v1/nothing'])('of %s is what every answer has', async (path) => {
    const answer = await server.request('GET', path, { headers: ORIGIN });
    expect(answer.headers.get('access-control-expose-headers')?.split(', ').sort()).toEqual(ALWAYS);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  });

  it('is said without an origin too, but nobody is let in', async () => {
    const answer = await server.request('GET', collection);
    expect(answer.headers.get('access-control-expose-headers')).not.toBeNull();
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('A preflight', () => {
  const asking = (method: string, headers = '') => ({
    auth: null,
    headers: {
      ...ORIGIN,
      'access-control-request-method': method,
      ...(headers === '' ? {} : { 'access-control-request-headers': headers }),
    },
  });

  it('is answered to anybody, and takes every header that is asked for', async () => {
    const answer = await scenario(server, ['OPTIONS', `${collection}/records`, asking('POST', 'X-Mine, If-Match')], {
      status: 200,
      headers: {
        'access-control-allow-origin': '*',
        'access-control-allow-methods': 'HEAD,GET,POST,DELETE,OPTIONS',
        'access-control-max-age': '3600',
        'access-control-expose-headers': null,
      },
    });
    expect(answer.text).toBe('null');
    const allowed = answer.headers.get('access-control-allow-headers')?.split(',');
    expect(allowed?.sort()).toEqual([...COUNT, 'If-Match', 'X-Mine'].sort());
  });

  it('repeats no header that is none', async () => {
    const answer = await server.request('OPTIONS', collection, asking('GET', 'X-Fine, not a token, <script>'));
    const allowed = answer.headers.get('access-control-allow-headers')?.split(',');
    expect(allowed?.sort()).toEqual([...OBJECT, 'Change-Position', 'X-Fine'].sort());
  });

  it('needs an origin and a method', async () => {
    await scenario(server, ['OPTIONS', collection, { auth: null }], {
      status: 400,
      errno: 107,
      body: {
        details: [
          { location: 'header', name: 'Access-Control-Request-Method', description: 'this header is mandatory' },
          { location: 'header', name: 'Origin', description: 'this header is mandatory' },
        ],
      },
    });
  });

  it('needs them before anybody looks at the method', async () => {
    const headers = { 'access-control-request-method': 'BREW' };
    const details = [{ location: 'header', name: 'Origin', description: 'this header is mandatory' }];
    await scenario(server, ['OPTIONS', collection, { auth: null, headers }], { status: 400, body: { details } });
  });

  it('is refused for a method that is not there', async () => {
    const description = 'Method not allowed';
    await scenario(server, ['OPTIONS', '/v1/buckets', asking('PUT')], {
      status: 400,
      body: { details: [{ location: 'header', name: 'Access-Control-Request-Method', description }] },
    });
  });

  it('finds nothing at an unknown URL', async () => {
    await scenario(server, ['OPTIONS', '/v1/nothing', asking('GET')], {
      status: 404,
      errno: 111,
      headers: { 'access-control-allow-origin': '*' },
    });
  });
});

describe('Where the settings name the origins', () => {
  let strict: TestServer;
  beforeAll(async () => {
    const ini = 'kinto.cors_origins = https://shop.example https://*.good.example\nkinto.cors_max_age_seconds = 60';
    strict = await startTestServer({ ini });
  });
  afterAll(() => strict.close());

  it.each(['https://shop.example', 'https://a.b.good.example'])('lets %s in by name', async (origin) => {
    await scenario(strict, ['GET', '/v1/buckets', { headers: { origin } }], {
      status: 200,
      headers: { 'access-control-allow-origin': origin },
    });
  });

  it.each(['https://evil.example', 'https://SHOP.example', 'https://shop.example.evil', 'https://shopXexample'])(
    'refuses %s',
    async (origin) => {
      await scenario(strict, ['GET', '/v1/buckets', { headers: { origin } }], {
        status: 400,
        errno: 107,
        body: { details: [{ location: 'header', name: 'Origin', description: `${origin} not allowed` }] },
        headers: { 'access-control-allow-origin': null },
      });
    },
  );

  it.each([
    ['https://shop.example', 'https://shop.example'],
    ['https://a.b.good.example', null],
  ])('lets %s read that nothing is there only when it is named as it stands', async (origin, allowed) => {
    for (const path of ['/v1/nothing', '/v0/buckets', '/v1/buckets?n=%E9']) {
      const answer = await strict.request('GET', path, { headers: { origin } });
      expect([path, answer.headers.get('access-control-allow-origin')]).toEqual([path, allowed]);
    }
  });

  it('writes nothing for a stranger’s origin', async () => {
    const headers = { origin: 'https://evil.example' };
    await scenario(strict, ['PUT', '/v1/buckets/b', { headers, body: {} }], { status: 400, changes: [] });
    await scenario(strict, ['GET', '/v1/buckets/b'], { status: 403 });
  });

  it('asks who is calling first', async () => {
    const headers = { origin: 'https://evil.example' };
    await scenario(strict, ['PUT', '/v1/buckets/b', { auth: null, headers, body: {} }], { status: 401 });
  });
});
