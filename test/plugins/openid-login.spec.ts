import { IdentityProvider, LoginBrowser } from '../support/identity-provider.js';
import { scenario } from '../support/scenario.js';
import { startTestServer, type Answer, type TestServer } from '../support/server.js';

/** What the identity providers know this server by; the test takes it for the server's own port. */
const HOST = 'kumocast.example';
const CALLBACK = 'http://localhost:3000/#tokens=';

let one: IdentityProvider;
let two: IdentityProvider;
let server: TestServer;

beforeAll(async () => {
  one = await openProvider('one');
  two = await openProvider('two');
});
afterAll(async () => {
  await one.close();
  await two.close();
});

beforeEach(async () => {
  for (const provider of [one, two]) provider.requests.length = 0;
  server = await startTestServer({ ini: iniOf() });
});
afterEach(() => server.close());

describe('A login at an identity provider', () => {
  it('ends at the callback, with tokens that are somebody here', async () => {
    const tokens = await logIn('one', one, 'alice');
    expect(tokens).toMatchObject({ token_type: 'Bearer', scope: 'openid email' });

    const hello = await ask('/v1/', tokens.access_token);
    expect(hello.json.user).toMatchObject({
      id: 'one:alice',
      principals: expect.arrayContaining(['one:alice', 'system.Authenticated']) as unknown,
      profile: { sub: 'alice', email: 'alice@example.com' },
    });
    const headers = { authorization: `Bearer ${tokens.access_token}` };
    await scenario(server, ['PUT', '/v1/buckets/b', { auth: null, headers }], {
      status: 201,
      body: { permissions: { write: ['one:alice'] } },
      changes: ['create /buckets b'],
    });
    await scenario(server, ['GET', '/v1/buckets/b', { auth: null }], { status: 401 });
  });

  it('is good for the provider it was made at and for no other', async () => {
    const atOne = await logIn('one', one, 'alice');
    const atTwo = await logIn('two', two, 'alice');
    expect((await ask('/v1/', atOne.access_token)).json.user).toMatchObject({ id: 'one:alice' });
    expect((await ask('/v1/', atTwo.access_token, 'Token')).json.user).toMatchObject({ id: 'two:alice@example.com' });
    expect((await ask('/v1/', atOne.access_token, 'Token')).json.user).toBeUndefined();
    expect((await ask('/v1/', atTwo.access_token)).json.user).toBeUndefined();
  });

  it('asks the provider once per token, however many requests come at once', async () => {
    const { access_token: token } = await logIn('one', one, 'alice');
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask('/v1/', token)));
    for (const { json } of answers) expect(json.user).toMatchObject({ id: 'one:alice' });
    await ask('/v1/', token, 'bearer');
    expect(one.count('/me')).toBe(1);
    expect(one.count('/.well-known/openid-configuration')).toBe(1);
    expect(two.count('/me')).toBe(0);
  });

  it('is nobody with a token that was revoked or made up, whatever that costs the provider only once', async () => {
    const { access_token: token } = await logIn('one', one, 'alice');
    const form = { token, client_id: 'client-one', client_secret: 'secret-one' };
    const revoked = await fetch(`${one.issuer}/token/revocation`, { method: 'POST', body: new URLSearchParams(form) });
    expect(revoked.status).toBe(200);
    for (const bad of [token, token, 'made-up', 'made-up']) {
      const answer = await ask('/v1/buckets/b', bad);
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toContain('Bearer realm="Realm"');
    }
    expect(one.count('/me')).toBe(2);
  });

  it('takes each state once', async () => {
    const back = await goToProvider('one', one, 'alice');
    expect((await server.request('GET', back, { auth: null })).status).toBe(307);
    await refusedState(back);
  });

  it('takes no state that it did not give, or that began at another provider', async () => {
    await refusedState('/v1/openid/one/token?code=c&state=unknown');
    await refusedState('/v1/openid/one/token?error=denied&state=unknown');
    const back = await goToProvider('one', one, 'alice');
    await refusedState(back.replace('/one/', '/two/'));
    await refusedState(back);
    expect(two.count('/token')).toBe(0);
  });

  it('takes no code of another issuer', async () => {
    const back = await goToProvider('one', one, 'alice');
    const other = back.replace(/iss=[^&]*/, `iss=${encodeURIComponent(two.issuer)}`);
    expect(other).not.toBe(back);
    await scenario(server, ['GET', other, { auth: null }], { status: 400, errno: 107 });
    expect(one.count('/token')).toBe(0);
  });

  it('hands on what the provider refuses', async () => {
    const { location } = await begin('one', `${CALLBACK}`, 'openid');
    const state = new URL(location).searchParams.get('state');
    const query = `error=access_denied&error_description=no+way&state=${state}`;
    const answer = await server.request('GET', `/v1/openid/one/token?${query}`, { auth: null });
    expect(answer.status).toBe(307);
    expect(answer.headers.get('location')).toBe(`${CALLBACK}error=access_denied&error_description=no+way`);

    const again = new URL((await begin('one', CALLBACK, 'openid')).location).searchParams.get('state');
    const wrongCode = await server.request('GET', `/v1/openid/one/token?code=none&state=${again}`, { auth: null });
    expect(tokensIn(wrongCode.headers.get('location') ?? '')).toMatchObject({ error: 'invalid_grant' });
  });

  it('keeps redirects out of caches and of the next page', async () => {
    const answer = await server.request('GET', await goToProvider('one', one, 'alice'), { auth: null });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
    expect(answer.text).toBe('');
  });

  it('sends what the provider needs to know', async () => {
    const { location } = await begin('one', CALLBACK, 'openid email', '&prompt=none');
    const url = new URL(location);
    expect(url.origin + url.pathname).toBe(`${one.issuer}/auth`);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: 'client-one',
      response_type: 'code',
      scope: 'openid email',
      redirect_uri: `http://${HOST}/v1/openid/one/token`,
      state: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
      prompt: 'none',
    });
  });

  it.each([
    ['one', '', 'callback in querystring: Required'],
    ['one', 'callback=http://localhost/', 'scope in querystring: Required'],
    ['one', 'callback=nowhere&scope=openid', 'callback in querystring: Must be a URL'],
    ['one', 'callback=javascript:alert(1)&scope=openid', 'callback in querystring: Must be a URL'],
    [
      'one',
      'callback=http://localhost/&scope=openid&prompt=login',
      'prompt in querystring: String does not match expected pattern',
    ],
    [
      'one',
      'callback=http://localhost/&scope=openid+offline_access',
      'scope in body: Scopes not allowed: offline_access',
    ],
    ['one', 'callback=http://evil.example/&scope=openid', 'callback in body: Untrusted callback URL'],
    ['two', 'callback=http://localhost/&scope=openid', "Provider two requires 'email' scope"],
    ['basicauth', 'callback=http://localhost/&scope=openid', "Unknown provider 'basicauth'"],
    ['none', 'callback=http://localhost/&scope=openid', "Unknown provider 'none'"],
  ])('does not begin at %s with ?%s', async (provider, query, message) => {
    const { json } = await scenario(server, ['GET', `/v1/openid/${provider}/login?${query}`, { auth: null }], {
      status: 400,
      errno: 107,
      headers: { location: null },
    });
    // "Untrusted callback URL" names the parameter itself, so Kinto does not repeat it.
    expect([message, message.replace(/^callback in body: /, '')]).toContain(json.message);
  });

  it('does not begin with a callback that is too long', async () => {
    const query = `callback=http://localhost/${'a'.repeat(2048)}&scope=openid`;
    await scenario(server, ['GET', `/v1/openid/one/login?${query}`, { auth: null }], {
      status: 400,
      body: { message: 'callback in querystring: Longer than maximum length 2048' },
    });
  });

  it.each([
    ['', 'state in querystring: Required'],
    ['state=s', "Provide either 'state' and 'code', or 'error' and 'error_description', but not both."],
    ['state=s&code=c&error=e', "Provide either 'state' and 'code', or 'error' and 'error_description', but not both."],
  ])('does not end with ?%s', async (query, message) => {
    await scenario(server, ['GET', `/v1/openid/one/token?${query}`, { auth: null }], {
      status: 400,
      errno: 107,
      body: { message },
    });
  });

  it('is not begun or ended by whatever only looks at links', async () => {
    for (const step of ['login', 'token']) {
      await scenario(server, ['HEAD', `/v1/openid/one/${step}`, { auth: null }], { status: 405 });
    }
  });
});

describe('Hello', () => {
  it('lists the providers, and has an empty profile for whoever came another way', async () => {
    await logIn('one', one, 'alice');
    await logIn('two', two, 'alice');
    const { json } = await server.request('GET', '/v1/');
    expect(json.user).toMatchObject({ profile: {} });
    expect(json.capabilities).toMatchObject({
      openid: {
        description: 'OpenID connect support.',
        url: 'http://kinto.readthedocs.io/en/stable/api/1.x/authentication.html',
        providers: [describeProvider('one', one, 'Bearer'), describeProvider('two', two, 'Token')],
      },
    });
  });
});

interface Tokens {
  readonly access_token: string;
}

function describeProvider(name: string, { issuer }: IdentityProvider, headerType: string) {
  return {
    name,
    issuer,
    auth_path: `/openid/${name}/login`,
    client_id: `client-${name}`,
    audience: '',
    header_type: headerType,
    userinfo_endpoint: `${issuer}/me`,
  };
}

function openProvider(name: string): Promise<IdentityProvider> {
  const redirectUri = `http://${HOST}/v1/openid/${name}/token`;
  return IdentityProvider.open([{ id: `client-${name}`, secret: `secret-${name}`, redirectUri }]);
}

function iniOf(): string {
  const policy = (name: string, { issuer }: IdentityProvider) => `
multiauth.policy.${name}.use = kinto.plugins.openid.OpenIDConnectPolicy
multiauth.policy.${name}.issuer = ${issuer}
multiauth.policy.${name}.client_id = client-${name}
multiauth.policy.${name}.client_secret = secret-${name}`;
  return `
multiauth.policies = one two basicauth
kinto.includes = kinto.plugins.openid
kinto.http_host = ${HOST}
kinto.userid_hmac_secret =
${policy('one', one)}
${policy('two', two)}
multiauth.policy.two.userid_field = email
multiauth.policy.two.header_type = Token`;
}

async function begin(provider: string, callback: string, scope: string, more = ''): Promise<{ location: string }> {
  const query = `callback=${encodeURIComponent(callback)}&scope=${encodeURIComponent(scope)}${more}`;
  const answer = await server.request('GET', `/v1/openid/${provider}/login?${query}`, { auth: null });
  expect([answer.status, answer.text]).toEqual([307, '']);
  return { location: answer.headers.get('location') ?? '' };
}

/** @returns the path that the provider sends the user back to */
async function goToProvider(provider: string, { issuer }: IdentityProvider, user: string): Promise<string> {
  const { location } = await begin(provider, CALLBACK, 'openid email');
  expect(location).toContain(`${issuer}/auth?`);
  const back = await new LoginBrowser(user).follow(location, `http://${HOST}/`);
  return back.slice(`http://${HOST}`.length);
}

async function logIn(provider: string, at: IdentityProvider, user: string): Promise<Tokens> {
  const answer = await server.request('GET', await goToProvider(provider, at, user), { auth: null });
  expect([answer.status, answer.text]).toEqual([307, '']);
  return tokensIn(answer.headers.get('location') ?? '') as Tokens;
}

function tokensIn(location: string): unknown {
  expect(location.slice(0, CALLBACK.length)).toBe(CALLBACK);
  return JSON.parse(atob(decodeURIComponent(location.slice(CALLBACK.length)))) as unknown;
}

function ask(path: string, token: string, scheme = 'Bearer'): Promise<Answer> {
  return server.request('GET', path, { auth: null, headers: { authorization: `${scheme} ${token}` } });
}

async function refusedState(path: string): Promise<void> {
  await scenario(server, ['GET', path, { auth: null }], {
    status: 400,
    errno: 107,
    body: {
      message: 'Invalid state',
      details: [{ location: 'body', name: 'state', description: 'Invalid state', errno: 105 }],
    },
    headers: { location: null },
  });
}
