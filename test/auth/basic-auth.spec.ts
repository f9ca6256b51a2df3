import { basicAuth, startTestServer, type TestServer } from '../support/server.js';

let server: TestServer;
beforeAll(async () => (server = await startTestServer()));
afterAll(() => server.close());

async function userIdOf(authorization: string, where = server): Promise<unknown> {
  const { json } = await where.request('GET', '/v1/', { auth: null, headers: { authorization } });
  return (json.user as { id: string } | undefined)?.id;
}

describe('Basic authentication', () => {
  it.each([
    ['mat', '8a931a10fc88ab2f6d1cc02a07d3a81b5d4768f6f13e85c5d8d4180419acb1b4'],
    ['bob', 'c031ced27503f788b102ca54269a062ec73794bb075154c74a0d4311e74ca8b6'],
    ['alice', 'd5b0026601f1b251974e09548d44155e16812e3c64ff7ae053fe3542e2ca1570'],
    ['admin', 'bb7fe7b98e759578ef0de85b546dd57d21fe1e399390ad8dafc9886043a00e5c'],
  ])('knows %s by the id that Kinto has', async (user, id) => {
    expect(await userIdOf(basicAuth(user))).toBe(`basicauth:${id}`);
  });

  it('takes another password for another user', async () => {
    expect(await userIdOf(basicAuth('mat', 'other'))).not.toBe(await userIdOf(basicAuth('mat')));
    expect(await userIdOf(basicAuth('mat', ''))).toMatch(/^basicauth:[0-9a-f]{64}$/);
  });

  it('minds neither the case of the scheme nor spaces after it', async () => {
    const expected = await userIdOf(basicAuth('mat'));
    const credentials = btoa('mat:secret');
    for (const scheme of ['basic ', 'BASIC ', 'Basic   ']) expect(await userIdOf(scheme + credentials)).toBe(expected);
  });

  it('reads UTF-8, and latin-1 where it is none', async () => {
    const utf8 = `Basic ${Buffer.from('zoé:pw', 'utf8').toString('base64')}`;
    const latin1 = `Basic ${Buffer.from('zoé:pw', 'latin1').toString('base64')}`;
    expect(await userIdOf(utf8)).toBe(await userIdOf(latin1));
    expect(await userIdOf(utf8)).toMatch(/^basicauth:/);
  });

  it.each(['Basic', 'Basic !!!', 'Bearer abc', `Basic ${btoa('mat')}`, `Basic ${btoa(':secret')}`, 'Token x', 'x'])(
    'knows nobody by %s',
    async (authorization) => {
      expect(await userIdOf(authorization)).toBeUndefined();
      const answer = await server.request('GET', '/v1/buckets', { auth: null, headers: { authorization } });
      expect(answer.status).toBe(401);
      expect(answer.text).not.toContain(authorization);
    },
  );

  it('has other ids under another secret, and the name that the settings give it', async () => {
    const ini = [
      'multiauth.policies = Local',
      'multiauth.policy.Local.use = kinto.core.authentication.BasicAuthAuthenticationPolicy',
      'kinto.userid_hmac_secret = s3cret',
    ].join('\n');
    const other = await startTestServer({ ini });
    const id = String(await userIdOf(basicAuth('mat'), other));
    expect(id).toMatch(/^local:[0-9a-f]{64}$/);
    expect(id.split(':')[1]).not.toBe(String(await userIdOf(basicAuth('mat'))).split(':')[1]);
    await other.close();
  });
});
