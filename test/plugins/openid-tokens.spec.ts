import { createHmac } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { exportSPKI, generateKeyPair, importJWK, UnsecuredJWT, type CryptoKey } from 'jose';
import { MemoryCache } from '../../src/cache/memory-cache.js';
import { OpenIdPolicy } from '../../src/plugins/openid/openid.policy.js';
import { openIdProviders } from '../../src/plugins/openid/provider.js';
import { TokenVerifier } from '../../src/plugins/openid/token-verifier.js';
import { SettingSource } from '../../src/settings/settings.js';
import { FakeIdentityProvider } from '../support/fake-identity-provider.js';

Logger.overrideLogger(false);

let idp: FakeIdentityProvider;
/** The cache's clock, in ms. */
let now: number;

beforeEach(async () => {
  idp = await FakeIdentityProvider.open();
  now = 1_000_000;
});
afterEach(() => idp.close());

describe('A token that the provider vouches for', () => {
  it('is believed for the time that the settings say, and not longer because it is in use', async () => {
    idp.profiles.set('t', { sub: 'alice' });
    const policy = makePolicy('verification_ttl_seconds = 100');
    for (const second of [0, 40, 80]) {
      now = 1_000_000 + second * 1000;
      expect(await ask(policy, 't')).toEqual({ id: 'alice', profile: { sub: 'alice' } });
    }
    expect(idp.count('/me')).toBe(1);
    idp.profiles.delete('t');
    now = 1_000_000 + 101_000;
    expect(await ask(policy, 't')).toBeUndefined();
    expect(idp.count('/me')).toBe(2);
  });

  it('is not believed after the end that it names itself', async () => {
    const token = await idp.sign({ sub: 'alice' }, { expires: 10 });
    idp.profiles.set(token, { sub: 'alice' });
    const policy = makePolicy('verification_ttl_seconds = 1000');
    expect(await ask(policy, token)).toMatchObject({ id: 'alice' });
    now += 11_000;
    expect(await ask(policy, token)).toMatchObject({ id: 'alice' });
    expect(idp.count('/me')).toBe(2);
  });

  it('is kept as a hash with a key, the same as Kinto’s', async () => {
    idp.profiles.set('t', { sub: 'alice' });
    const cache = new MemoryCache(100_000, () => now);
    const policy = makePolicy('audience =', cache);
    await ask(policy, 't');
    const digest = createHmac('sha256', 'pepper').update(`${idp.issuer}:c::t`).digest('hex');
    expect(await cache.get(`openid:verify:${digest}`)).toBe('{"sub":"alice"}');
  });

  it.each([
    ['sub', { email: 'a@example.com' }],
    ['email', { sub: 'alice', email: 'a@example.com', email_verified: false }],
    ['email', { sub: 'alice', email: '' }],
    ['email', { sub: 'alice', email: ['a@example.com'] }],
  ])('is nobody when %s is not to be believed: %j', async (field, profile) => {
    idp.profiles.set('t', profile);
    expect(await ask(makePolicy(`userid_field = ${field}`), 't')).toBeUndefined();
  });

  it.each(['Basic t', 'Bearer', 'Bearer ', 't', ''])('is not what %j is', async (authorization) => {
    idp.profiles.set('t', { sub: 'alice' });
    expect(await makePolicy().authenticate({ authorization })).toBeUndefined();
    expect(idp.count('/me')).toBe(0);
  });
});

describe('A token for an audience', () => {
  const AUDIENCE = 'audience = us';

  it('is somebody when the provider has signed it for us', async () => {
    const token = await idp.sign({ aud: ['them', 'us'] });
    idp.profiles.set(token, { sub: 'alice' });
    expect(await ask(makePolicy(AUDIENCE), token)).toMatchObject({ id: 'alice' });
  });

  const forgeries: Record<string, () => Promise<string>> = {
    'is for others': () => idp.sign({ aud: 'them' }),
    'is for nobody': () => idp.sign({}),
    'is of another issuer': () => idp.sign({ aud: 'us', iss: 'https://other.example' }),
    'has ended': () => idp.sign({ aud: 'us' }, { expires: -120 }),
    'is signed with another key': async () => {
      const { privateKey } = await generateKeyPair('RS256');
      return idp.sign({ aud: 'us' }, { key: privateKey });
    },
    'is not signed': async () => new UnsecuredJWT({ iss: idp.issuer, aud: 'us' }).encode(),
    'is signed with the public key as if it were a secret': async () => hmacWithPublicKey(),
    'is no JWT': async () => 'opaque',
    'has another payload under its signature': async () => {
      const [header, , signature] = (await idp.sign({ aud: 'us' })).split('.');
      const claims = { iss: idp.issuer, aud: 'us', sub: 'mallory', exp: Math.floor(Date.now() / 1000) + 60 };
      return [header, base64(claims), signature].join('.');
    },
  };

  it.each(Object.keys(forgeries))('is nobody when it %s, and the provider is not asked', async (title) => {
    const token = await forgeries[title]!();
    idp.profiles.set(token, { sub: 'alice' });
    expect(await ask(makePolicy(AUDIENCE), token)).toBeUndefined();
    expect(idp.count('/me')).toBe(0);
  });

  it('is somebody only while the provider still knows it', async () => {
    expect(await ask(makePolicy(AUDIENCE), await idp.sign({ aud: 'us' }))).toBeUndefined();
    expect(idp.count('/me')).toBe(1);
  });

  it('is not held against its bearer when the keys cannot be had', async () => {
    const token = await idp.sign({ aud: 'us' });
    idp.profiles.set(token, { sub: 'alice' });
    idp.replies.set('/keys', { status: 500, body: '' });
    const policy = makePolicy(AUDIENCE);
    expect(await ask(policy, token)).toBeUndefined();
    idp.replies.clear();
    expect(await ask(policy, token)).toMatchObject({ id: 'alice' });
  });
});

function makePolicy(line = 'audience =', cache = new MemoryCache(100_000, () => now)): OpenIdPolicy {
  const text = `[app:main]
multiauth.policies = p
multiauth.policy.p.use = openid
multiauth.policy.p.issuer = ${idp.issuer}
multiauth.policy.p.client_id = c
multiauth.policy.p.${line}`;
  const [provider] = openIdProviders(SettingSource.fromText(text));
  return new OpenIdPolicy('p', provider!, new TokenVerifier(provider!, cache, 'pepper'));
}

function ask(policy: OpenIdPolicy, token: string) {
  return policy.authenticate({ authorization: `Bearer ${token}` });
}

function base64(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** The old attack on libraries that let the token choose: what everybody knows becomes the secret. */
async function hmacWithPublicKey(): Promise<string> {
  const key = await exportSPKI((await importJWK({ ...idp.keys[0]!, ext: true }, 'RS256')) as CryptoKey);
  const claims = { iss: idp.issuer, aud: 'us', exp: Math.floor(Date.now() / 1000) + 60 };
  const signed = `${base64({ alg: 'HS256', kid: 'first' })}.${base64(claims)}`;
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
}
