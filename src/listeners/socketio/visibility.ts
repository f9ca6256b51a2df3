import { ownReaders } from '../../changes/own-readers.js';
import type { ImpactedObject } from '../../changes/resource-change.js';
import { accessEntries } from '../../permissions/access-entries.js';
import type { Access, HeldByUri } from '../../permissions/access.js';
import { groupMemberships } from '../../permissions/group-memberships.js';
import type { ResourceDefinitions } from '../../resources/resource-definition.js';
import { chainWith, objectUri, placeOf, type ResourcePlace } from '../../resources/resource-place.js';
import type { Storage } from '../../storage/storage.js';
import type { ChangeAction } from '../../wire/change-action.js';
import { AUTHENTICATED, EVERYONE } from '../../wire/principals.js';

/** What of a change is kept until it is told: who it is for, and not what it says. */
export interface ToldObject extends Pick<ImpactedObject, 'id' | 'position' | 'timestamp' | 'userId' | 'principals'> {
  readonly action: ChangeAction;
  readonly requestId: string;
}

/** What has changed in one list. */
export interface ChangedList {
  readonly place: ResourcePlace;
  readonly objects: readonly ToldObject[];
}

/** `undefined` is who is not logged in. */
export type UserId = string | undefined;

/** What of one list somebody may hear of. */
export interface VisiblePart {
  readonly objects: readonly ToldObject[];
  /** Whether they see only what is shared with them. */
  readonly isPartial: boolean;
}

/** Of each list, in their order. */
export type Visible = readonly VisiblePart[];

export interface VisibilityParts {
  readonly access: Access;
  readonly definitions: ResourceDefinitions;
  readonly storage: Storage;
}

/**
 * Who may hear of what, asked at the moment of telling (seed-systems.md, 1.5, P1 to P3): by what is above an object as it
 * is now; else by its own entries, as they are now and as the log has them for this state. Who could read it before may
 * hear that it changed, too, as only ids are told.
 */
export class Visibility {
  constructor(private readonly parts: VisibilityParts) {}

  /** The place of a list of that resource; `undefined` for those that have endpoints, and so rules, of their own. */
  findPlace(resource: string, parentParts: Readonly<Record<string, string>>): ResourcePlace | undefined {
    const { definitions } = this.parts;
    const definition = definitions.find(resource);
    if (definition === undefined || definition.hasOwnEndpoints === true) return undefined;
    return placeOf(definition, definitions, parentParts);
  }

  async of(lists: readonly ChangedList[], userIds: readonly UserId[]): Promise<ReadonlyMap<UserId, Visible>> {
    const known = userIds.filter((userId) => userId !== undefined);
    return this.parts.storage.read(async ({ sql }) => {
      const groups = await groupMemberships.groupsOfEach(sql, known);
      const above = await accessEntries.holders(sql, [
        ...new Set(lists.flatMap(({ place }) => Object.values(place.above))),
      ]);
      const principalsOf = (userId: UserId) =>
        userId === undefined ? [EVERYONE] : [userId, EVERYONE, AUTHENTICATED, ...(groups.get(userId) ?? [])];
      const readers = lists.map(({ place }) => this.readersOfAll(place, above));
      const isWhole = (userId: UserId) => readers.map((allowed) => isAmong(principalsOf(userId), allowed));
      const whole = new Map(userIds.map((userId) => [userId, isWhole(userId)]));
      // The objects themselves are looked up only for those who may not read the whole of the list.
      const partial = lists.filter((_list, index) => [...whole.values()].some((each) => each[index] === false));
      const uris = partial.flatMap(({ place, objects }) => objects.map(({ id }) => objectUri(place, id)));
      const own = uris.length === 0 ? above : await accessEntries.holders(sql, [...new Set(uris)]);
      const visibleTo = (userId: UserId): Visible =>
        lists.map(({ place, objects }, index) => {
          if (whole.get(userId)?.[index] === true) return { objects, isPartial: false };
          const principals = principalsOf(userId);
          return { objects: objects.filter((each) => this.isOwn(principals, place, each, own)), isPartial: true };
        });
      return new Map(userIds.map((userId) => [userId, visibleTo(userId)]));
    });
  }

  private readersOfAll({ definition: { name }, above }: ResourcePlace, held: HeldByUri): ReadonlySet<string> {
    const required = { resource: name, permission: 'read' };
    return this.parts.access.allowedPrincipals({ requested: name, required, uris: above }, held);
  }

  /** Of an object that nothing above lets them read. */
  private isOwn(principals: readonly string[], place: ResourcePlace, object: ToldObject, held: HeldByUri): boolean {
    const { before, after } = ownReaders(object.action, object);
    if (isAmong(principals, new Set(before))) return true;
    if (object.action === 'delete' || !isAmong(principals, new Set(after))) return false;
    const { name } = place.definition;
    const question = { requested: name, required: { resource: name, permission: 'read' } };
    return isAmong(
      principals,
      this.parts.access.allowedPrincipals({ ...question, uris: chainWith(place, object.id) }, held),
    );
  }
}

function isAmong(principals: readonly string[], allowed: ReadonlySet<string>): boolean {
  return principals.some((principal) => allowed.has(principal));
}
