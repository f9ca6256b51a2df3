import type { Authenticator, Identity } from '../../auth/authenticator.js';
import type { RequestHeaders } from '../../auth/auth-policy.js';
import type { Access } from '../../permissions/access.js';
import type { StorageView } from '../../storage/storage.js';
import { ApiError } from '../../wire/api-error.js';
import { Authorization } from '../authorization.js';
import { findAbove } from '../object-above.js';
import type { ResourcePlace } from '../resource-place.js';

/** What somebody who follows a list may be told of it. */
export interface LiveRights {
  /** The objects that are shared with them; `undefined`: they may read the whole list. */
  readonly onlyIds: ReadonlySet<string> | undefined;
  /** Who may write the list is told who else does. */
  readonly mayWrite: boolean;
}

/** That the list is not there any more, or is not theirs to read. */
export type Refused = 'gone' | 'revoked';

/** The questions that a list's own endpoint asks at each request, for those who stay. */
export class LiveAccess {
  private readonly authorization: Authorization;

  constructor(
    private readonly access: Access,
    private readonly authenticator: Authenticator,
  ) {
    this.authorization = new Authorization(access);
  }

  /** Who these headers belong to now: a password may have changed, a token may have expired. */
  identify(headers: RequestHeaders): Promise<Identity> {
    return this.authenticator.identify(headers);
  }

  async rightsOf(view: StorageView, place: ResourcePlace, identity: Identity): Promise<LiveRights | Refused> {
    // First: whoever followed the list may know that it is gone, and its permissions are gone with it.
    const { definition, parentName, above } = place;
    if (definition.needsParent && (await findAbove(view, place, parentName)) === undefined) return 'gone';
    const caller = await this.authenticator.callerOf(identity, view.sql);
    const { principals } = caller;
    try {
      const { onlyIds } = await this.authorization.scopeOf({ view, caller, identity }, place, 'read');
      if (onlyIds !== undefined) return { onlyIds: new Set(onlyIds), mayWrite: false };
    } catch (error) {
      if (error instanceof ApiError && error.status < 500) return 'revoked';
      throw error;
    }
    const required = { resource: parentName, permission: 'write' };
    const request = { requested: definition.name, required, uris: above };
    return { onlyIds: undefined, mayWrite: await this.access.isAllowed(view.sql, principals, request) };
  }
}
