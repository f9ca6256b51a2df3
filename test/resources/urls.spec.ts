import { METHODS } from 'node:http';
import { scenario } from '../support/scenario.js';
import { startTestServer, type TestServer } from '../support/server.js';

/** Those that this list has. */
const ALL_METHODS = ['HEAD', 'GET', 'POST', 'DELETE', 'OPTIONS'];

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
        'content-type': 'text/html; charset=UTF-8',
        'cache-control': null,
      },
    });
  });

  it.each([
    [undefined, 'text/plain; charset=UTF-8', 102, /^307 Temporary Redirect\n\nThe resource has been moved to \/v1\/;/],
    ['', 'text/plain; charset=UTF-8', 102, /^307/],
    ['image/png', 'text/plain; charset=UTF-8', 102, /^307/],
    ['application/json;q=0', 'text/plain; charset=UTF-8', 102, /^307/],
    ['*/*', 'text/html; charset=UTF-8', 203, /^<html>\n <head>\n {2}<title>307 Temporary Redirect<\/title>/],
    ['no media range', 'text/html; charset=UTF-8', 203, /^<html>/],
    ['text/html;q=0.5, application/json;q=0.5', 'text/html; charset=UTF-8', 203, /^<html>/],
    ['application/json', 'application/json', 160, /^\{"message": "The resource has been moved to \/v1\/;/],
    ['application/json, */*;q=0.1', 'application/json', 160, /"code": "307 Temporary Redirect"/],
  ])('tells whoever accepts %s so in %s, as Kinto does', async (accept, type, length, text) => {
    const answer = await server.requestExactly('GET', '/', { headers: accept === undefined ? {} : { accept } });
    expect(answer.headers.get('content-type')).toBe(type);
    expect(answer.headers.get('content-length')).toBe(String(length));
    expect(answer.text).toMatch(text);
  });

  it('is nothing that a browser would run, whatever is in it', async () => {
    const answer = await server.requestExactly('GET', '/<script>?<script>=&%20', { headers: { accept: 'text/html' } });
    expect(answer.text).toContain('/v1/%3Cscript%3E?&lt;script&gt;=&amp;%20;');
    expect(answer.text).not.toContain('<script');
  });

  it('is led on by one spelling of it', async () => {
    const answer = await server.requestExactly('GET', '/%c3%a9%41%2b%23%25');
    expect(answer.headers.get('location')).toMatch(/\/v1\/%C3%A9A\+%23%25$/);
  });

  it('is remembered for as long as the settings say', async () => {
    const lasting = await startTestServer({ ini: 'kinto.version_prefix_redirect_ttl_seconds = 60' });
    const answer = await scenario(lasting, ['GET', '/buckets'], {
      status: 307,
      headers: { 'cache-control': 'max-age=60' },
    });
    const expires = Date.parse(answer.headers.get('expires') ?? '');
    expect(expires).toBeGreaterThan(Date.now() + 50_000);
    expect(expires).toBeLessThanOrEqual(Date.now() + 61_000);
    await lasting.close();
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
    // To Kinto, what begins with the prefix is of this version.
    ['/v1x/', '/v1x'],
    ['/v10/', '/v10'],
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
  it.each(['/v1/nothing', '/v1/buckets/b/nothing', '/v1/buckets/a%2Fb', '/v1/buckets//collections', '/v1x', '/v12'])(
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

  it.each(['/v0/buckets', '/v2/buckets', '/v2/', '/v02'])('is of another version: %s', async (path) => {
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
    const answer = await server.requestExactly(method, '/v1/buckets?a=b&name=%E9&c', { auth: null });
    // Kinto's own words, to the missing space.
    const message =
      'A request with an incorrect encoding in the querystring wasreceived. Please make sure your requests are encoded in UTF-8: a=b&name=%E9&c';
    expect(answer.json).toEqual({ code: 400, errno: 107, error: 'Bad Request', message });
  });

  it('is repeated in part where it is long', async () => {
    const query = `a=%E9${'x'.repeat(5000)}`;
    const { json } = await server.requestExactly('GET', `/v1/buckets?${query}`);
    expect((json.message as string).endsWith(`UTF-8: ${query.slice(0, 2000)}`)).toBe(true);
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

  it.each(METHODS.filter((method) => method !== 'CONNECT' && !ALL_METHODS.includes(method)))(
    'is refused too where Node knows it: %s',
    async (method) => {
      const answer = await server.requestExactly(method, '/v1/buckets');
      expect(answer.status).toBe(405);
      expect(answer.headers.get('allow')).toBe('HEAD, GET, POST, DELETE, OPTIONS');
    },
  );
});
