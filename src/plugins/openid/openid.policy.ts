import type { AuthPolicy, AuthPolicyFactory, KnownUser, RequestHeaders } from '../../auth/auth-policy.js';
import { AuthSettings } from '../../auth/auth.settings.js';
import { readSettings, SettingsError } from '../../settings/settings.js';
import type { JsonObject } from '../../wire/json.js';
import { openIdProviders, type OpenIdProvider } from './provider.js';
import { TokenVerifier } from './token-verifier.js';

/** Bearer tokens of one identity provider (kinto-api.md, 8.5). */
export class OpenIdPolicy implements AuthPolicy {
  readonly challenge: string;
  private readonly scheme: string;

  /** @param prefix the policy's configured name */
  constructor(
    readonly prefix: string,
    private readonly provider: OpenIdProvider,
    private readonly verifier: TokenVerifier,
  ) {
    const { headerType, realm } = provider.settings;
    this.scheme = headerType.toLowerCase();
    this.challenge = `${headerType} realm="${realm.replace(/["\\]/g, '\\$&')}"`;
  }

  async authenticate({ authorization }: RequestHeaders): Promise<KnownUser | undefined> {
    const [, scheme, token] = /^(\S+) +(\S+) *$/.exec(authorization ?? '') ?? [];
    if (scheme?.toLowerCase() !== this.scheme || token === undefined) return undefined;
    const profile = await this.verifier.findProfile(token);
    const id = profile === undefined ? undefined : userIdIn(profile, this.provider.settings.userIdField);
    return profile === undefined || id === undefined ? undefined : { id, profile };
  }
}

/** An address that nobody has verified is only what somebody typed: it must not make them its owner. */
function userIdIn(profile: JsonObject, field: string): string | undefined {
  if (field === 'email' && (profile.email_verified === false || profile.email_verified === 'false')) return undefined;
  const id = profile[field];
  if (typeof id === 'number') return String(id);
  return typeof id === 'string' && id !== '' ? id : undefined;
}

/** Also without the plugin: then there are tokens, and no login. */
export const openIdPolicy: AuthPolicyFactory = (name, { source, settingsPrefix, cache }) => {
  const provider = openIdProviders(source).find((each) => settingsPrefix === `multiauth.policy.${each.name}.`);
  if (provider === undefined) throw new SettingsError('multiauth.policies', `${name} is no identity provider`);
  // Asked now so that the first user need not wait for it; whether it answers is not our start's business.
  void provider.discovery.find();
  const { useridHmacSecret } = readSettings(AuthSettings, source);
  return new OpenIdPolicy(name, provider, new TokenVerifier(provider, cache, useridHmacSecret));
};
