import { Logger } from '@nestjs/common';
import { policyKind } from '../../auth/authenticator.js';
import { AuthSettings } from '../../auth/auth.settings.js';
import { readSettings, SettingsError, type SettingSource } from '../../settings/settings.js';
import { Discovery } from './discovery.js';
import { OpenIdSettings } from './openid.settings.js';
import { ProviderTrouble } from './provider-trouble.js';
import { readTrustedCallbacks, type CallbackPattern } from './trusted-callback.js';

/** One identity provider: its settings, and what it says of itself. */
export class OpenIdProvider {
  readonly discovery: Discovery;
  readonly trouble: ProviderTrouble;

  constructor(
    readonly name: string,
    readonly settings: OpenIdSettings,
    readonly trustedCallbacks: readonly CallbackPattern[],
  ) {
    const { issuer, timeout, retry } = settings;
    this.trouble = new ProviderTrouble(name, retry * 1000, new Logger('openid'));
    const { trouble } = this;
    this.discovery = new Discovery({ issuer, timeout: timeout * 1000, retry: retry * 1000, trouble });
  }
}

/** By the settings they were read from: the policy and the endpoints of a server speak of the same providers. */
const known = new WeakMap<SettingSource, readonly OpenIdProvider[]>();

/** Every provider in use, in the order of `multiauth.policies`. @throws SettingsError */
export function openIdProviders(source: SettingSource): readonly OpenIdProvider[] {
  let providers = known.get(source);
  if (providers === undefined) {
    const { policies } = readSettings(AuthSettings, source);
    providers = [...new Set(policies)]
      .filter((name) => policyKind(name, source) === 'openid')
      .map((name) => readProvider(name, source));
    known.set(source, providers);
  }
  return providers;
}

function readProvider(name: string, source: SettingSource): OpenIdProvider {
  const prefix = `multiauth.policy.${name}.`;
  const settings = readSettings(OpenIdSettings, source, { prefixes: [prefix] });
  if (!/^https?:$/.test(URL.parse(settings.issuer)?.protocol ?? '')) {
    throw new SettingsError(`${prefix}issuer`, 'expected the URL of an identity provider');
  }
  if (settings.clientId === '') throw new SettingsError(`${prefix}client_id`, 'is not set');
  return new OpenIdProvider(name, settings, readTrustedCallbacks(`${prefix}trusted_callback_urls`, settings));
}
