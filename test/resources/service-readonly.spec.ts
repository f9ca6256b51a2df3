import { scenario } from '../support/scenario.js';
import { startTestServer, type TestServer } from '../support/server.js';

describe('A server that only reads', () => {
  let server: TestServer;
  beforeAll(async () => (server = await startTestServer({ ini: 'kinto.readonly = true' })));
  afterAll(() => server.close());

  it.each([
    ['PUT', '/v1/buckets/b'],
    ['PATCH', '/v1/buckets/b'],
    ['DELETE', '/v1/buckets'],
    ['POST', '/v1/nothing'],
    ['POST', '/v1/__flush__'],
    ['PUT', '/'],
    ['POST', '/v1/batch'],
    ['PUT', '/v1/buckets/default'],
    // What is no UTF-8 never reaches the routes.
    ['DELETE', '/v1/buckets/%E9'],
  ])('refuses every write, known URL or not: %s %s', async (method, path) => {
    await scenario(server, [method, path, { body: {}, headers: { origin: 'http://a.example' } }], {
      status: 405,
      errno: 115,
      headers: { allow: null, 'access-control-allow-origin': '*' },
    });
  });

  it.each(['/v1/buckets/default', '/v1/buckets/default/collections/c/records'])(
    'makes no default bucket for whoever reads it: %s',
    async (path) => {
      await scenario(server, ['GET', path], { status: 405, errno: 115 });
    },
  );

  it('tells browsers beforehand', async () => {
    const headers = { origin: 'http://a.example', 'access-control-request-method': 'POST' };
    await scenario(server, ['OPTIONS', '/v1/buckets', { headers }], { status: 400, errno: 107 });
    await scenario(
      server,
      ['OPTIONS', '/v1/buckets', { headers: { ...headers, 'access-control-request-method': 'GET' } }],
      { status: 200, headers: { 'access-control-allow-methods': 'HEAD,GET,OPTIONS' } },
    );
  });

  it('reads, and lets hello be remembered for a day', async () => {
    await scenario(server, ['GET', '/v1/buckets'], { status: 200, body: { data: [] } });
    const answer = await scenario(server, ['GET', '/v1/'], {
      status: 200,
      body: { settings: { readonly: true } },
      headers: { 'cache-control': 'max-age=86400' },
    });
    expect(Date.parse(answer.headers.get('expires') ?? '')).toBeGreaterThan(Date.now() + 86_000_000);
  });

  it('lets hello be remembered for as long as the settings say', async () => {
    const forgetful = await startTestServer({ ini: 'kinto.readonly = true\nkinto.root_cache_expires_seconds = 5' });
    await scenario(forgetful, ['GET', '/v1/'], { status: 200, headers: { 'cache-control': 'max-age=5' } });
    await forgetful.close();
  });
});

describe('A server that writes', () => {
  it('does not let hello be remembered', async () => {
    const server = await startTestServer();
    await scenario(server, ['GET', '/v1/'], { status: 200, headers: { 'cache-control': null, expires: null } });
    await server.close();
  });
});
