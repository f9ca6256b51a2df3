import type { ImpactedObject } from '../../changes/resource-change.js';
import { accessEntries } from '../../permissions/access-entries.js';
import type { Access } from '../../permissions/access.js';
import { couldRead, isAmong, principalsOfEach, Readers, type UserId } from '../../resources/readers.js';
import type { ResourceDefinitions } from '../../resources/resource-definition.js';
import { objectUri, placeOf, type ResourcePlace } from '../../resources/resource-place.js';
import type { Storage } from '../../storage/storage.js';
import type { ChangeAction } from '../../wire/change-action.js';

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
      const principalsOf = await principalsOfEach(sql, known);
      const above = await accessEntries.holders(sql, [
        ...new Set(lists.flatMap(({ place }) => Object.values(place.above))),
      ]);
      const aboveAll = new Readers(this.parts.access, above);
      const readers = lists.map(({ place }) => aboveAll.ofAll(place));
      const isWhole = (userId: UserId) => readers.map((allowed) => isAmong(principalsOf(userId), allowed));
      const whole = new Map(userIds.map((userId) => [userId, isWhole(userId)]));
      // The objects themselves are looked up only for those who may not read the whole of the list.
      const partial = lists.filter((_list, index) => [...whole.values()].some((each) => each[index] === false));
      const uris = partial.flatMap(({ place, objects }) => objects.map(({ id }) => objectUri(place, id)));
      const own = uris.length === 0 ? above : await accessEntries.holders(sql, [...new Set(uris)]);
      const ofEach = new Readers(this.parts.access, own);
      // Of objects that nothing above lets them read.
      const seesOwn = (principals: readonly string[], place: ResourcePlace, object: ToldObject) =>
        couldRead(principals, object.action, object) || ofEach.canRead(principals, place, object.action, object);
      const visibleTo = (userId: UserId): Visible =>
        lists.map(({ place, objects }, index) => {
          if (whole.get(userId)?.[index] === true) return { objects, isPartial: false };
          const principals = principalsOf(userId);
          return { objects: objects.filter((each) => seesOwn(principals, place, each)), isPartial: true };
        });
      return new Map(userIds.map((userId) => [userId, visibleTo(userId)]));
    });
  }
}
