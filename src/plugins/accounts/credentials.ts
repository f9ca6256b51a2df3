import { AuthSettings } from '../../auth/auth.settings.js';
import type { Cache } from '../../cache/cache.js';
import { readSettings, type SettingSource } from '../../settings/settings.js';
import { AccountsSettings } from './accounts.settings.js';
import { Passwords } from './passwords.js';
import { VerifiedLogins } from './verified-logins.js';

/** What the policy, which asks for passwords, and the endpoints, which change them, must share. */
export interface Credentials {
  readonly passwords: Passwords;
  readonly logins: VerifiedLogins;
}

/** By the cache that they keep their answers in: both are made apart from each other, with the same one. */
const shared = new WeakMap<Cache, Credentials>();

/** @throws SettingsError */
export function credentialsOf(cache: Cache, source: SettingSource): Credentials {
  const known = shared.get(cache);
  if (known !== undefined) return known;
  const { cacheTtl, maxWaitingHashes } = readSettings(AccountsSettings, source);
  const { useridHmacSecret } = readSettings(AuthSettings, source);
  const made: Credentials = {
    passwords: new Passwords(maxWaitingHashes),
    logins: new VerifiedLogins(cache, useridHmacSecret, cacheTtl * 1000),
  };
  shared.set(cache, made);
  return made;
}
