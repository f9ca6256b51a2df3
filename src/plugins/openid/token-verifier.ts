import { createHmac } from 'node:crypto';
import { createRemoteJWKSet, decodeJwt, errors, jwtVerify, type JWTVerifyGetKey } from 'jose';
import type { Cache } from '../../cache/cache.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../wire/json.js';
import type { OpenIdProvider } from './provider.js';
import { ProviderAnswer } from './provider-trouble.js';
import type { ProviderDocument } from './discovery.js';

/**
 * Signatures with a key pair. Which of them may be used is up to the key; with `none`, or with a shared secret, whoever
 * knows the public key could sign.
 */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

/** How many refused tokens are remembered, so that a client that repeats one does not bother the provider. */
const MAX_REFUSED = 1_000;

/** Whose an access token is: the provider is asked, and its answer kept for a while. */
export class TokenVerifier {
  private readonly pending = new Map<string, Promise<JsonObject | undefined>>();
  /** Until when, in ms. Not in the cache: anybody can make up tokens, and would push everything else out of it. */
  private readonly refused = new Map<string, number>();
  private keys: { readonly uri: string; readonly get: JWTVerifyGetKey } | undefined;

  /** @param secret `userid_hmac_secret`: a stolen cache holds no token */
  constructor(
    private readonly provider: OpenIdProvider,
    private readonly cache: Cache,
    private readonly secret: string,
  ) {}

  /** The profile; `undefined` when the provider does not vouch for the token. Requests with one token share one answer. */
  async findProfile(token: string): Promise<JsonObject | undefined> {
    const key = this.keyOf(token);
    const cached = await this.cache.get(key);
    if (cached !== undefined) return JSON.parse(cached) as JsonObject;
    if ((this.refused.get(key) ?? 0) > Date.now()) return undefined;
    let asked = this.pending.get(key);
    if (asked === undefined) {
      asked = this.verify(key, token).finally(() => this.pending.delete(key));
      this.pending.set(key, asked);
    }
    return asked;
  }

  private async verify(key: string, token: string): Promise<JsonObject | undefined> {
    const { settings } = this.provider;
    const document = await this.provider.discovery.find();
    if (document === undefined) return undefined;
    const doubt = await this.findDoubt(token, document);
    const profile = doubt === 'none' ? await this.askProvider(token, document) : doubt;
    if (profile === 'refused') {
      if (this.refused.size >= MAX_REFUSED) this.refused.clear();
      this.refused.set(key, Date.now() + settings.retry * 1000);
      return undefined;
    }
    if (profile === undefined) return undefined;
    // Set once and never again: a token that is in use all the time is shown to the provider as often as any other.
    const ttl = Math.min(settings.verificationTtl * 1000, remainingLife(token));
    if (ttl > 0) await this.cache.set(key, JSON.stringify(profile), ttl);
    return profile;
  }

  private async askProvider(
    token: string,
    { userinfoEndpoint }: ProviderDocument,
  ): Promise<JsonObject | 'refused' | undefined> {
    try {
      const response = await fetch(userinfoEndpoint, {
        headers: { Authorization: `Bearer ${token}`, Accept: 'application/json' },
        // Wherever else it pointed, the token would go there too.
        redirect: 'error',
        signal: AbortSignal.timeout(this.provider.settings.timeout * 1000),
      });
      if (response.status >= 400 && response.status < 500 && response.status !== 429) {
        await response.body?.cancel();
        return 'refused';
      }
      if (!response.ok) throw new ProviderAnswer(`status ${response.status}`);
      const profile = (await response.json()) as JsonValue;
      if (!isJsonObject(profile)) throw new ProviderAnswer('it is no object');
      return profile;
    } catch (error) {
      this.provider.trouble.report('a profile', error);
      return undefined;
    }
  }

  /** Whether the token was made for this audience; without one, the provider's word is enough. `undefined`: no keys. */
  private async findDoubt(
    token: string,
    { issuer, jwksUri }: ProviderDocument,
  ): Promise<'none' | 'refused' | undefined> {
    const { audience } = this.provider.settings;
    if (audience === '') return 'none';
    try {
      // The issuer as the provider writes it: settings often have one slash more or less at the end.
      await jwtVerify(token, this.keysAt(jwksUri), { issuer, audience, algorithms: ALGORITHMS });
      return 'none';
    } catch (error) {
      if (!isOutage(error)) return 'refused';
      this.provider.trouble.report('the keys', error);
      return undefined;
    }
  }

  private keysAt(uri: string): JWTVerifyGetKey {
    if (this.keys?.uri !== uri) {
      const timeoutDuration = this.provider.settings.timeout * 1000;
      this.keys = { uri, get: createRemoteJWKSet(new URL(uri), { timeoutDuration }) };
    }
    return this.keys.get;
  }

  /** Kinto's own, so that a shared cache is one cache (kinto-api.md, 8.5). */
  private keyOf(token: string): string {
    const { issuer, clientId, audience } = this.provider.settings;
    const digest = createHmac('sha256', this.secret).update(`${issuer}:${clientId}:${audience}:${token}`).digest('hex');
    return `openid:verify:${digest}`;
  }
}

/** Not the token's fault: the keys could not be fetched. */
function isOutage(error: unknown): boolean {
  if (error instanceof errors.JWKSTimeout) return true;
  return !(error instanceof errors.JOSEError) || error.code === 'ERR_JOSE_GENERIC';
}

/** In ms, as the token itself says; it can only ask for less than the settings give it. */
function remainingLife(token: string): number {
  try {
    const { exp } = decodeJwt(token);
    return exp === undefined ? Infinity : exp * 1000 - Date.now();
  } catch {
    return Infinity;
  }
}
