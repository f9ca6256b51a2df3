import { ownReaders } from '../../changes/own-readers.js';
import type { CommittedChange, ImpactedObject } from '../../changes/resource-change.js';
import { accessEntries } from '../../permissions/access-entries.js';
import type { HeldByUri } from '../../permissions/access.js';
import { groupMemberships } from '../../permissions/group-memberships.js';
import { chainWith, objectUri, placeOf, type ResourcePlace } from '../../resources/resource-place.js';
import type { Storage } from '../../storage/storage.js';
import { AUTHENTICATED, EVERYONE } from '../../wire/principals.js';
import { readable, type ChannelAccessParts } from './channel-access.js';
import type { Grants } from './grants.js';

type Impacted = readonly ImpactedObject[];

/** What a subscriber may see of a change: the very same array for all who may see the same. */
export type VisibleTo = (socketId: string) => Impacted;

const NOTHING: Impacted = [];

/** Who may read the objects of one change, read from the database once. */
interface Reading {
  readonly change: CommittedChange;
  readonly place: ResourcePlace;
  readonly held: HeldByUri;
  /** By what is above the objects, and by settings. */
  readonly above: ReadonlySet<string>;
}

/**
 * Looks at every frame once more before it is sent (seed-systems.md, 1.5, P1 to P3): what is above an object and the
 * groups as they are now; its own entries as they are now and as the log has them for the state that is shown. So
 * neither a permission that is gone nor one that came later shows a state that its holder could not read.
 */
export class FrameReaders {
  constructor(private readonly parts: ChannelAccessParts & { readonly grants: Grants; readonly storage: Storage }) {}

  /** What each of these subscribers of a channel may see of the objects. One question to the database for all of them. */
  async visibleTo(
    change: CommittedChange,
    impacted: Impacted,
    channel: string,
    socketIds: readonly string[],
  ): Promise<VisibleTo> {
    const users = new Map<string, string>();
    for (const socketId of socketIds) {
      const reader = this.parts.grants.find(channel, socketId)?.reader;
      if (reader !== undefined && reader !== 'trusted' && reader.userId !== undefined) {
        users.set(socketId, reader.userId);
      }
    }
    const isAnyFiltered = socketIds.some((id) => this.parts.grants.find(channel, id)?.reader !== 'trusted');
    if (!isAnyFiltered) return () => impacted;
    const asked = new Set(socketIds);
    const visible = await this.visibleByUser(change, impacted, [...new Set(users.values())]);
    return (socketId) => {
      // Asked again: while the database was, the grant may have gone, or another one come.
      const reader = this.parts.grants.find(channel, socketId)?.reader;
      if (reader === 'trusted') return impacted;
      if (reader === undefined || !asked.has(socketId)) return NOTHING;
      return visible.get(reader.userId) ?? NOTHING;
    };
  }

  /** What everybody may see, logged in or not: on public channels nobody is anybody in particular. */
  async visibleToEveryone(change: CommittedChange, impacted: Impacted): Promise<Impacted> {
    return (await this.visibleByUser(change, impacted, [])).get(undefined) ?? NOTHING;
  }

  /** `undefined` is who is not logged in. */
  private async visibleByUser(
    change: CommittedChange,
    impacted: Impacted,
    userIds: readonly string[],
  ): Promise<ReadonlyMap<string | undefined, Impacted>> {
    const { definitions, access, storage } = this.parts;
    const definition = readable(definitions.find(change.resourceName));
    if (definition === undefined) return new Map();
    const place = placeOf(definition, definitions, change.parentParts);
    if (place.list.parentId !== change.parentId) return new Map();
    const uris = [...Object.values(place.above), ...impacted.map(({ id }) => objectUri(place, id))];
    const { held, groups } = await storage.read(async ({ sql }) => ({
      held: await accessEntries.holders(sql, uris),
      groups: await groupMemberships.groupsOfEach(sql, userIds),
    }));
    const required = { resource: definition.name, permission: 'read' };
    const above = access.allowedPrincipals({ requested: definition.name, required, uris: place.above }, held);
    const reading = { change, place, held, above };
    const shared = new Map<string, Impacted>();
    const visible = new Map<string | undefined, Impacted>([
      [undefined, share(shared, impacted, this.visibleWith([EVERYONE], reading, impacted))],
    ]);
    for (const userId of userIds) {
      const principals = [userId, EVERYONE, AUTHENTICATED, ...(groups.get(userId) ?? [])];
      visible.set(userId, share(shared, impacted, this.visibleWith(principals, reading, impacted)));
    }
    return visible;
  }

  private visibleWith(principals: readonly string[], reading: Reading, impacted: Impacted): Impacted {
    if (principals.some((principal) => reading.above.has(principal))) return impacted;
    return impacted.flatMap((object) => this.ownPart(principals, reading, object));
  }

  /** Of an object that nothing above lets them read. */
  private ownPart(principals: readonly string[], { change, place, held }: Reading, object: ImpactedObject): Impacted {
    const { before, after } = ownReaders(change.action, object);
    const isAmong = (readers: Iterable<string>) => {
      const set = new Set(readers);
      return principals.some((principal) => set.has(principal));
    };
    if (change.action === 'delete') return isAmong(before) ? [object] : NOTHING;
    const { name } = place.definition;
    const question = { requested: name, required: { resource: name, permission: 'read' } };
    const now = this.parts.access.allowedPrincipals({ ...question, uris: chainWith(place, object.id) }, held);
    if (!isAmong(now) || !isAmong(after)) return NOTHING;
    // Who has just come to read it did not before, and learns nothing of what was there.
    return object.oldText === null || isAmong(before) ? [object] : [{ ...object, oldText: null }];
  }
}

/** The same selection is the same array, so that what is made of it is made once. */
function share(known: Map<string, Impacted>, all: Impacted, visible: Impacted): Impacted {
  if (visible.length === 0) return NOTHING;
  if (visible === all) return all;
  const key = visible.map(({ position, oldText }) => `${position.n}${oldText === null ? '' : '+'}`).join();
  const same = known.get(key);
  if (same === undefined) known.set(key, visible);
  return same ?? visible;
}
