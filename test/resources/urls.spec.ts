import { scenario } from '../support/scenario.js';
import { startTestServer, type TestServer } from '../support/server.js';

let server: TestServer;
beforeAll(async () => (server = await startTestServer()));
afterAll(() => server.close());

describe('A path without the version', () => {
  it.each([
    ['GET', '/', '/v1/'],
    ['GET', '/buckets?a=1&b=%20', '/v1/buckets?a=1&b=%20'],
    ['POST', '/buckets', '/v1/buckets'],
    ['GET', '/vx', '/v1/vx'],
  ])('is where %s %s leads from', async (method, path, target) => {
    await scenario(server, [method, path], {
      status: 307,
      headers: {
        location: server.url + target,
        'content-type': 'text/plain; charset=UTF-8',
        'cache-control': null,
      },
    });
  });

  it('answers a browser’s preflight in place, since browsers follow no redirect there', async () => {
    const answer = await scenario(server, ['OPTIONS', '/buckets', { headers: { origin: 'http://a.example' } }], {
      status: 200,
      headers: { 'access-control-allow-origin': '*' },
    });
    expect(answer.text).toBe('');
  });

  it('is not repeated in a Location header when it holds a line break', async () => {
    const answer = await server.requestExactly('GET', '/a%0d%0aSet-Cookie:x');
    expect(answer.status).toBe(404);
    expect(answer.headers.get('location')).toBeNull();
  });

  it('leads to no other host, however many slashes it begins with', async () => {
    const answer = await server.requestExactly('GET', '//evil.example/x');
    expect(answer.headers.get('location')).toMatch(new RegExp(`^http://[^/]*127.0.0.1:${server.port}/v1/`));
  });

  it('is unknown where redirects are switched off', async () => {
    const strict = await startTestServer({ ini: 'kinto.version_prefix_redirect_enabled = false' });
    await scenario(strict, ['GET', '/buckets'], { status: 404, errno: 116 });
    await strict.close();
  });
});

describe('A slash too many', () => {
  it.each([
    ['/v1', '/v1/'],
    ['/v1?a=1', '/v1/?a=1'],
    ['/v1/buckets/?a=1', '/v1/buckets?a=1'],
    ['/v1/nothing/here//', '/v1/nothing/here'],
  ])('sends %s to %s, for an hour', async (path, target) => {
    const answer = await scenario(server, ['GET', path], {
      status: 307,
      headers: { location: server.url + target, 'cache-control': 'max-age=3600' },
    });
    expect(Date.parse(answer.headers.get('expires') ?? '')).toBeGreaterThan(Date.now() + 3_500_000);
  });

  it('is an unknown URL where redirects are switched off', async () => {
    const strict = await startTestServer({ ini: 'kinto.trailing_slash_redirect_enabled = false' });
    await scenario(strict, ['GET', '/v1/buckets/'], { status: 404, errno: 111 });
    await scenario(strict, ['GET', '/v1'], { status: 404, errno: 111 });
    await strict.close();
  });

  it('is not remembered where the settings say so', async () => {
    const forgetful = await startTestServer({ ini: 'kinto.trailing_slash_redirect_ttl_seconds = 0' });
    await scenario(forgetful, ['GET', '/v1/buckets/'], {
      status: 307,
      headers: { 'cache-control': 'max-age=0, must-revalidate, no-cache, no-store', pragma: 'no-cache' },
    });
    await forgetful.close();
  });
});

describe('An unknown URL', () => {
  it.each(['/v1/nothing', '/v1/buckets/b/nothing', '/v1/buckets/a%2Fb', '/v1/buckets//collections'])(
    'is said to be one: %s',
    async (path) => {
      await scenario(server, ['GET', path], {
        status: 404,
        body: {
          code: 404,
          errno: 111,
          error: 'Not Found',
          message: 'The resource you are looking for could not be found.',
        },
        headers: { 'content-type': 'application/json' },
      });
    },
  );

  it.each(['/v0/buckets', '/v2/buckets', '/v12/'])('is of another version: %s', async (path) => {
    await scenario(server, ['GET', path], {
      status: 404,
      body: { errno: 116, message: 'The requested API version is not available on this server.' },
    });
  });
});

describe('A URL that is not UTF-8', () => {
  it.each(['/v1/buckets/%E9', '/v1/%ff', '/v1/buckets/%zz%E9', '/%E9'])('is refused in the path: %s', async (path) => {
    const answer = await server.requestExactly('GET', path);
    expect(answer.json).toEqual({ code: 400, errno: 107, error: 'Bad Request', message: 'Invalid URL path.' });
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it.each(['GET', 'POST', 'DELETE'])('is refused in the query string of a %s, which is repeated', async (method) => {
    const answer = await server.requestExactly(method, '/v1/buckets?name=%E9', { auth: null });
    expect(answer.json).toMatchObject({ code: 400, errno: 107, error: 'Bad Request' });
    expect(answer.json.message).toMatch(/incorrect encoding in the querystring.*name=%E9$/);
  });
});

describe('A method that an endpoint does not have', () => {
  it.each([
    ['POST', '/v1/buckets/b', 'GET, HEAD, PUT, PATCH, DELETE, OPTIONS'],
    ['PUT', '/v1/buckets', 'HEAD, GET, POST, DELETE, OPTIONS'],
    ['PATCH', '/v1/buckets/b/collections', 'HEAD, GET, POST, DELETE, OPTIONS'],
    ['DELETE', '/v1/', 'GET, HEAD, OPTIONS'],
    ['POST', '/v1/__heartbeat__', 'GET, HEAD, OPTIONS'],
  ])('is refused with those it has, before anybody is asked who they are: %s %s', async (method, path, allow) => {
    await scenario(server, [method, path, { auth: null }], {
      status: 405,
      body: { errno: 115, error: 'Method Not Allowed', message: 'Method not allowed on this endpoint.' },
      headers: { allow, 'access-control-expose-headers': null },
    });
  });

  it('is refused too where Node alone knows it', async () => {
    const answer = await server.requestExactly('PROPFIND', '/v1/buckets');
    expect(answer.status).toBe(405);
  });
});

describe('A server that only reads', () => {
  it('refuses every write, known URL or not', async () => {
    const readonly = await startTestServer({ ini: 'kinto.readonly = true' });
    await scenario(readonly, ['PUT', '/v1/buckets/b', { body: {} }], { status: 405, errno: 115 });
    await scenario(readonly, ['POST', '/v1/nothing'], { status: 405, errno: 115 });
    await scenario(readonly, ['GET', '/v1/'], { status: 200, body: { settings: { readonly: true } } });
    await readonly.close();
  });
});
