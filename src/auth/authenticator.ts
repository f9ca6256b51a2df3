import { groupMemberships } from '../permissions/group-memberships.js';
import {
  readSettings,
  resolveDottedName,
  settingProblem,
  SettingsError,
  type SettingSource,
} from '../settings/settings.js';
import type { SqlSession } from '../storage/sql-session.js';
import { AUTHENTICATED, EVERYONE } from '../wire/principals.js';
import type { JsonObject } from '../wire/json.js';
import type { AuthPolicy, AuthPolicyKinds, PolicyParts, RequestHeaders } from './auth-policy.js';
import { AuthPolicySettings, type AuthSettings } from './auth.settings.js';

/** Who is calling, before anybody asked the database. */
export interface Identity {
  /** With the policy's prefix, e.g. `basicauth:8a93…`; `undefined`: nobody is logged in. */
  readonly userId: string | undefined;
  /** What the identity provider says of them. */
  readonly profile?: JsonObject;
}

/** Who is calling, and everything they count as. */
export interface Caller extends Identity {
  /** The user id first, if there is one; then `system.Everyone`, `system.Authenticated`, the groups. */
  readonly principals: readonly string[];
}

/** Asks the policies in their order. */
export class Authenticator {
  constructor(private readonly policies: readonly AuthPolicy[]) {}

  /** @throws SettingsError when a policy names no implementation that there is, or its own settings are wrong */
  static fromSettings(
    settings: AuthSettings,
    kinds: AuthPolicyKinds,
    parts: Omit<PolicyParts, 'settingsPrefix'>,
  ): Authenticator {
    return new Authenticator(settings.policies.map((name) => makePolicy(name, kinds, parts)));
  }

  /** One value of `WWW-Authenticate` per policy. */
  get challenges(): string[] {
    return [...new Set(this.policies.map(({ challenge }) => challenge))];
  }

  async identify(headers: RequestHeaders): Promise<Identity> {
    for (const policy of this.policies) {
      const user = await policy.authenticate(headers);
      if (user === undefined) continue;
      const userId = `${policy.prefix}:${user.id}`;
      return user.profile === undefined ? { userId } : { userId, profile: user.profile };
    }
    return { userId: undefined };
  }

  async callerOf({ userId }: Identity, sql: SqlSession): Promise<Caller> {
    if (userId === undefined) return { userId, principals: [EVERYONE] };
    const groups = await groupMemberships.groupsOf(sql, userId);
    return { userId, principals: [userId, EVERYONE, AUTHENTICATED, ...groups] };
  }
}

function makePolicy(name: string, kinds: AuthPolicyKinds, parts: Omit<PolicyParts, 'settingsPrefix'>): AuthPolicy {
  const { source } = parts;
  const settingsPrefix = policyPrefix(name);
  const factory = kinds.find(policyKind(name, source));
  if (factory !== undefined) return factory(name.toLowerCase(), { ...parts, settingsPrefix });
  const expected = `expected one of ${kinds.names().join(', ')}`;
  const raw = source.find(`${settingsPrefix}use`);
  throw raw === undefined
    ? new SettingsError(
        'multiauth.policies',
        `${name}: ${settingsPrefix}use is not set, and the name is no policy: ${expected}`,
      )
    : settingProblem(raw, expected);
}

/** Our word for the implementation of the policy called `name`. */
export function policyKind(name: string, source: SettingSource): string {
  const { use } = readSettings(AuthPolicySettings, source, { prefixes: [policyPrefix(name)] });
  return resolveDottedName('policy', use === '' ? name : use);
}

function policyPrefix(name: string): string {
  return `multiauth.policy.${name}.`;
}
