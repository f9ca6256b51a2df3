import { Discovery } from '../../src/plugins/openid/discovery.js';
import { ProviderTrouble } from '../../src/plugins/openid/provider-trouble.js';
import { SettingSource } from '../../src/settings/settings.js';
import { startServer } from '../../src/app.server.js';
import { FakeIdentityProvider } from '../support/fake-identity-provider.js';
import { RecordingLog } from '../support/recording-log.js';
import { scenario } from '../support/scenario.js';
import { startTestServer, type TestServer } from '../support/server.js';

const DOCUMENT = '/.well-known/openid-configuration';
const SECRET = 'a-secret-that-no-log-may-have';

let idp: FakeIdentityProvider;
beforeEach(async () => (idp = await FakeIdentityProvider.open()));
afterEach(() => idp.close());

describe('While an identity provider is down', () => {
  let server: TestServer;
  afterEach(() => server.close());

  it('the server starts, its tokens are nobody’s, and everybody else is who they are', async () => {
    idp.replies.set(DOCUMENT, 'cut');
    server = await startTestServer({ ini: ini() });
    const headers = { authorization: 'Bearer some-token' };
    await scenario(server, ['GET', '/v1/buckets/b', { auth: null, headers }], { status: 401, errno: 104 });
    await scenario(server, ['GET', '/v1/buckets/b'], { status: 403 });
    const { json } = await server.request('GET', '/v1/');
    expect(json.capabilities).toMatchObject({
      openid: { providers: [{ name: 'p', issuer: idp.issuer, userinfo_endpoint: null }] },
    });
  });

  it('a login says that it is to be tried later, and opens no state', async () => {
    idp.replies.set(DOCUMENT, { status: 500, body: '' });
    server = await startTestServer({ ini: ini() });
    const query = 'callback=http://localhost/&scope=openid';
    await scenario(server, ['GET', `/v1/openid/p/login?${query}`, { auth: null }], {
      status: 503,
      errno: 201,
      headers: { 'retry-after': '3', location: null },
    });
  });

  it('tokens that it vouched for before are still good', async () => {
    idp.profiles.set('t', { sub: 'alice' });
    server = await startTestServer({ ini: ini() });
    const headers = { authorization: 'Bearer t' };
    const user = { id: 'p:alice', profile: { sub: 'alice' } };
    await scenario(server, ['GET', '/v1/', { auth: null, headers }], { status: 200, body: { user } });
    idp.replies.set('/me', 'cut');
    await scenario(server, ['GET', '/v1/', { auth: null, headers }], { status: 200, body: { user } });
    expect(idp.count('/me')).toBe(1);
  });

  it('a login that was on its way fails without a word of the secret or of the code', async () => {
    server = await startTestServer({ ini: ini() });
    const begun = await server.request('GET', '/v1/openid/p/login?callback=http://localhost/&scope=openid', {
      auth: null,
    });
    const state = new URL(begun.headers.get('location') ?? '').searchParams.get('state');
    idp.replies.set('/token', 'cut');
    const answer = await scenario(server, ['GET', `/v1/openid/p/token?code=c0de&state=${state}`, { auth: null }], {
      status: 503,
      errno: 201,
    });
    expect(answer.text).not.toMatch(new RegExp(`${SECRET}|c0de`));
  });
});

describe('The discovery document', () => {
  it.each([
    ['is no JSON', { status: 200, body: '<html>' }],
    ['has no endpoints', { status: 200, body: '{"issuer": "https://idp.example"}' }],
    ['has endpoints that are none', { status: 200, body: documentWith('file:///etc/passwd') }],
    ['is not there', { status: 404, body: '{}' }],
  ])('that %s is said once per pause to be missing, and asked for again after it', async (_title, reply) => {
    const log = new RecordingLog();
    idp.replies.set(DOCUMENT, reply);
    const trouble = new ProviderTrouble('p', 60_000, log);
    const discovery = new Discovery({ issuer: idp.issuer, timeout: 5000, retry: 60_000, trouble });
    expect(await Promise.all([discovery.find(), discovery.find()])).toEqual([undefined, undefined]);
    expect(await discovery.find()).toBeUndefined();
    expect(idp.count(DOCUMENT)).toBe(1);
    expect(log.lines).toEqual([expect.stringMatching(/^warn: p: the discovery document cannot be had: /)]);

    const patient = new Discovery({ issuer: `${idp.issuer}/`, timeout: 5000, retry: 0, trouble });
    expect(await patient.find()).toBeUndefined();
    idp.replies.clear();
    expect(await patient.find()).toMatchObject({ issuer: idp.issuer, userinfoEndpoint: `${idp.issuer}/me` });
    expect(await patient.find()).toBe(patient.known);
    expect(idp.count(DOCUMENT)).toBe(3);
    expect(log.lines).toHaveLength(1);
  });
});

describe('Trouble with a provider', () => {
  it('is told again after the pause, and repeats nothing that was read', () => {
    const log = new RecordingLog();
    let now = 0;
    const trouble = new ProviderTrouble('p', 1000, log, () => now + 1);
    const parsing = new SyntaxError(`Unexpected token in "${SECRET}"`);
    for (now of [0, 500, 1000]) trouble.report('a profile', parsing);
    expect(log.lines).toEqual(Array(2).fill('warn: p: a profile cannot be had: SyntaxError'));
  });
});

describe('The settings of a provider', () => {
  it.each([
    ['issuer = nowhere', 'multiauth.policy.p.issuer'],
    ['client_id =', 'multiauth.policy.p.client_id'],
    ['state_length = 4', 'multiauth.policy.p.state_length'],
    ['trusted_callback_urls = *', 'multiauth.policy.p.trusted_callback_urls'],
  ])('keep the server from starting when they cannot be meant: %s', async (line, key) => {
    const source = SettingSource.fromText(`[app:main]\nkinto.storage_backend = memory${ini(line)}`);
    await expect(startServer(source, { port: 0 })).rejects.toThrow(key);
  });
});

function ini(line = ''): string {
  const lines = [
    'use = openid',
    `issuer = ${idp.issuer}`,
    'client_id = c',
    `client_secret = ${SECRET}`,
    ...(line === '' ? [] : [line]),
  ];
  const byKey = new Map(lines.map((each) => [each.split(' ', 1)[0]!, `multiauth.policy.p.${each}`]));
  return `
multiauth.policies = p basicauth
kinto.includes = kinto.plugins.openid
${[...byKey.values()].join('\n')}`;
}

function documentWith(url: string): string {
  const names = ['issuer', 'authorization_endpoint', 'token_endpoint', 'userinfo_endpoint', 'jwks_uri'];
  return JSON.stringify(Object.fromEntries(names.map((name) => [name, url])));
}
