import { scenario } from '../support/scenario.js';
import { startTestServer, USER_IDS, type TestServer } from '../support/server.js';

describe('GET /v1/', () => {
  let server: TestServer;
  beforeAll(async () => (server = await startTestServer({ ini: 'kinto.project_name = shop' })));
  afterAll(() => server.close());

  it('says what this server is to somebody it does not know', async () => {
    const { json } = await scenario(server, ['GET', '/v1/', { auth: null }], {
      status: 200,
      body: {
        project_name: 'shop',
        http_api_version: '1.23',
        url: `${server.url}/v1/`,
        config: null,
        settings: { batch_max_requests: 25, readonly: false, explicit_permissions: true },
      },
      headers: { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' },
    });
    expect(json).not.toHaveProperty('user');
    expect(json).not.toHaveProperty('eos');
  });

  it('offers basic authentication in the very words that Kinto’s clients compare', async () => {
    await scenario(server, ['GET', '/v1/'], {
      status: 200,
      body: {
        capabilities: {
          basicauth: {
            description: 'Very basic authentication sessions. Not for production use.',
            url: 'http://kinto.readthedocs.io/en/stable/api/1.x/authentication.html',
          },
        },
      },
    });
  });

  it('tells a user their id, their principals and their own bucket', async () => {
    const { json } = await server.request('GET', '/v1/');
    expect(json.user).toEqual({
      id: USER_IDS.mat,
      principals: [USER_IDS.mat, 'system.Everyone', 'system.Authenticated'],
      bucket: 'ddaf8694-fa9e-2949-ed0e-77198a7907fb',
    });
  });

  it('builds its URL from the host that the caller used', async () => {
    const { json } = await server.requestExactly('GET', '/v1/', { headers: { host: 'sync.example.org' } });
    expect(json.url).toBe('http://sync.example.org/v1/');
  });

  it('answers HEAD without a body', async () => {
    const answer = await scenario(server, ['HEAD', '/v1/'], { status: 200 });
    expect(answer.text).toBe('');
  });
});

describe('What a server offers that is set up otherwise', () => {
  it('does not speak of policies and plugins that it does not have', async () => {
    const server = await startTestServer({ ini: 'multiauth.policies =\nkinto.includes =' });
    const { json } = await server.request('GET', '/v1/');
    expect(json.capabilities).not.toHaveProperty('basicauth');
    expect(json.capabilities).not.toHaveProperty('default_bucket');
    expect(json).not.toHaveProperty('user');
    await scenario(server, ['GET', '/v1/buckets'], { status: 401, errno: 104, headers: { 'www-authenticate': null } });
    await server.close();
  });
});

describe('Heartbeats', () => {
  let server: TestServer;
  beforeAll(async () => (server = await startTestServer()));
  afterAll(() => server.close());

  it('name every part that works', async () => {
    const { json } = await scenario(server, ['GET', '/v1/__heartbeat__', { auth: null }], { status: 200 });
    expect(json).toEqual({ storage: true, permission: true, cache: true });
  });

  it('are cheap for a load balancer', async () => {
    const { text } = await scenario(server, ['GET', '/v1/__lbheartbeat__', { auth: null }], { status: 200 });
    expect(text).toBe('{}');
  });
});
