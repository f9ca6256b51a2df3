import type { CommittedChange, ImpactedObject } from '../../changes/resource-change.js';
import { accessEntries } from '../../permissions/access-entries.js';
import { couldRead, isAmong, principalsOfEach, Readers, type UserId } from '../../resources/readers.js';
import { objectUri, placeOf, type ResourcePlace } from '../../resources/resource-place.js';
import type { Storage } from '../../storage/storage.js';
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
  readonly readers: Readers;
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

  private async visibleByUser(
    change: CommittedChange,
    impacted: Impacted,
    userIds: readonly string[],
  ): Promise<ReadonlyMap<UserId, Impacted>> {
    const { definitions, access, storage } = this.parts;
    const definition = readable(definitions.find(change.resourceName));
    if (definition === undefined) return new Map();
    const place = placeOf(definition, definitions, change.parentParts);
    if (place.list.parentId !== change.parentId) return new Map();
    const uris = [...Object.values(place.above), ...impacted.map(({ id }) => objectUri(place, id))];
    const { held, principalsOf } = await storage.read(async ({ sql }) => ({
      held: await accessEntries.holders(sql, uris),
      principalsOf: await principalsOfEach(sql, userIds),
    }));
    const readers = new Readers(access, held);
    const reading = { change, place, readers, above: readers.ofAll(place) };
    const shared = new Map<string, Impacted>();
    const visible = new Map<UserId, Impacted>();
    for (const userId of [undefined, ...userIds]) {
      visible.set(userId, share(shared, impacted, visibleWith(principalsOf(userId), reading, impacted)));
    }
    return visible;
  }
}

function visibleWith(principals: readonly string[], reading: Reading, impacted: Impacted): Impacted {
  if (isAmong(principals, reading.above)) return impacted;
  return impacted.flatMap((object) => ownPart(principals, reading, object));
}

/** Of an object that nothing above lets them read. */
function ownPart(principals: readonly string[], { change, place, readers }: Reading, object: ImpactedObject): Impacted {
  const could = couldRead(principals, change.action, object);
  if (change.action === 'delete') return could ? [object] : NOTHING;
  if (!readers.canRead(principals, place, change.action, object)) return NOTHING;
  // Who has just come to read it did not before, and learns nothing of what was there.
  return object.oldText === null || could ? [object] : [{ ...object, oldText: null }];
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
