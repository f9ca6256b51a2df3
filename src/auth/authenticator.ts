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
import type { AuthPolicy, AuthPolicyKinds, RequestHeaders } from './auth-policy.js';
import { AuthPolicySettings, type AuthSettings } from './auth.settings.js';

/** Who is calling, before anybody asked the database. */
export interface Identity {
  /** With the policy's prefix, e.g. `basicauth:8a93…`; `undefined`: nobody is logged in. */
  readonly userId: string | undefined;
}

/** Who is calling, and everything they count as. */
export interface Caller extends Identity {
  /** The user id first, if there is one; then `system.Everyone`, `system.Authenticated`, the groups. */
  readonly principals: readonly string[];
}

/** Asks the policies in their order. */
export class Authenticator {
  constructor(private readonly policies: readonly AuthPolicy[]) {}

  /** @throws SettingsError when a policy names no implementation that there is */
  static fromSettings(settings: AuthSettings, source: SettingSource, kinds: AuthPolicyKinds): Authenticator {
    return new Authenticator(settings.policies.map((name) => makePolicy(name, source, kinds)));
  }

  /** One value of `WWW-Authenticate` per policy. */
  get challenges(): string[] {
    return [...new Set(this.policies.map(({ challenge }) => challenge))];
  }

  async identify(headers: RequestHeaders): Promise<Identity> {
    for (const policy of this.policies) {
      const id = await policy.authenticate(headers);
      if (id !== undefined) return { userId: `${policy.prefix}:${id}` };
    }
    return { userId: undefined };
  }

  async callerOf({ userId }: Identity, sql: SqlSession): Promise<Caller> {
    if (userId === undefined) return { userId, principals: [EVERYONE] };
    const groups = await groupMemberships.groupsOf(sql, userId);
    return { userId, principals: [userId, EVERYONE, AUTHENTICATED, ...groups] };
  }
}

function makePolicy(name: string, source: SettingSource, kinds: AuthPolicyKinds): AuthPolicy {
  const prefix = `multiauth.policy.${name}.`;
  const { use } = readSettings(AuthPolicySettings, source, { prefixes: [prefix] });
  const factory = kinds.find(resolveDottedName('policy', use === '' ? name : use));
  if (factory !== undefined) return factory(name.toLowerCase());
  const expected = `expected one of ${kinds.names().join(', ')}`;
  const raw = source.find(`${prefix}use`);
  throw raw === undefined
    ? new SettingsError(
        'multiauth.policies',
        `${name}: ${prefix}use is not set, and the name is no policy: ${expected}`,
      )
    : settingProblem(raw, expected);
}
