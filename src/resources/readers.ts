import { ownReaders } from '../changes/own-readers.js';
import type { ImpactedObject } from '../changes/resource-change.js';
import type { Access, HeldByUri } from '../permissions/access.js';
import { groupMemberships } from '../permissions/group-memberships.js';
import type { SqlSession } from '../storage/sql-session.js';
import type { ChangeAction } from '../wire/change-action.js';
import { AUTHENTICATED, EVERYONE } from '../wire/principals.js';
import { chainWith, type ResourcePlace } from './resource-place.js';

/** `undefined` is who is not logged in. */
export type UserId = string | undefined;

/** What each of these users acts as, by the groups as they are now. One question to the database for all of them. */
export async function principalsOfEach(
  sql: SqlSession,
  userIds: readonly string[],
): Promise<(userId: UserId) => readonly string[]> {
  const groups = await groupMemberships.groupsOfEach(sql, userIds);
  return (userId) =>
    userId === undefined ? [EVERYONE] : [userId, EVERYONE, AUTHENTICATED, ...(groups.get(userId) ?? [])];
}

/** Of a change of an object: who it is for. */
type ChangedObject = Pick<ImpactedObject, 'id' | 'userId' | 'principals'>;

/** Who may read what, by entries that were read once: for telling many of one change. */
export class Readers {
  /** @param held on every URI that is asked about; see {@link accessEntries.holders} */
  constructor(
    private readonly access: Pick<Access, 'allowedPrincipals'>,
    private readonly held: HeldByUri,
  ) {}

  /** Who may read all that is in the list. */
  ofAll({ definition, above }: ResourcePlace): ReadonlySet<string> {
    return this.allowed(definition.name, above);
  }

  /**
   * Whether they may be shown an object that nothing above it lets them read, in the state that the change has left: by
   * its own entries as they are now, and as they were for that state.
   */
  canRead(principals: readonly string[], place: ResourcePlace, action: ChangeAction, object: ChangedObject): boolean {
    if (action === 'delete' || !isAmong(principals, new Set(ownReaders(action, object).after))) return false;
    return isAmong(principals, this.allowed(place.definition.name, chainWith(place, object.id)));
  }

  private allowed(name: string, uris: ResourcePlace['above']): ReadonlySet<string> {
    const required = { resource: name, permission: 'read' };
    return this.access.allowedPrincipals({ requested: name, required, uris }, this.held);
  }
}

/** Whether they could read the object before the change, by its own entries. */
export function couldRead(principals: readonly string[], action: ChangeAction, object: ChangedObject): boolean {
  return isAmong(principals, new Set(ownReaders(action, object).before));
}

export function isAmong(principals: readonly string[], readers: ReadonlySet<string>): boolean {
  return principals.some((principal) => readers.has(principal));
}
