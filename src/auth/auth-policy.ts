import type { Cache } from '../cache/cache.js';
import type { SettingSource } from '../settings/settings.js';
import type { Storage } from '../storage/storage.js';
import type { JsonObject } from '../wire/json.js';
import { Registry } from '../wire/registry.js';

/** The headers of a request, names in lower case. */
export type RequestHeaders = Readonly<Record<string, string | undefined>>;

/** Somebody whom a policy knows. */
export interface KnownUser {
  /** Without the policy's prefix. */
  readonly id: string;
  /** What an identity provider says of them, for hello. */
  readonly profile?: JsonObject;
}

/** One way of knowing who is calling. Policies are asked in the order of `multiauth.policies`; the first answer counts. */
export interface AuthPolicy {
  /** What the user ids of this policy begin with, before the colon. */
  readonly prefix: string;
  /** The value of `WWW-Authenticate` on a 401. */
  readonly challenge: string;
  /**
   * `undefined` when these credentials are not its own, or wrong. It is asked before the request has a snapshot or a
   * unit of work, so it may wait for whatever it needs.
   */
  authenticate(headers: RequestHeaders): Promise<KnownUser | undefined>;
}

/** What a policy is made with. */
export interface PolicyParts {
  readonly source: SettingSource;
  /** What the keys of this policy begin with: `multiauth.policy.<name>.`. */
  readonly settingsPrefix: string;
  readonly storage: Storage;
  readonly cache: Cache;
}

/** Makes a policy that is listed in `multiauth.policies` under `name`, here in lower case. */
export type AuthPolicyFactory = (name: string, parts: PolicyParts) => AuthPolicy;

/** The implementations there are, by the word for `multiauth.policy.<name>.use`. */
export class AuthPolicyKinds extends Registry<AuthPolicyFactory> {
  constructor() {
    super('authentication policy');
  }
}
