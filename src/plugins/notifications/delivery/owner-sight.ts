import type { Authenticator } from '../../../auth/authenticator.js';
import { ownReaders } from '../../../changes/own-readers.js';
import type { Access } from '../../../permissions/access.js';
import type { ResourceDefinitions } from '../../../resources/resource-definition.js';
import { chainWith, objectUri, placeOf, type ResourcePlace } from '../../../resources/resource-place.js';
import { findPlaceOf, shapesOf } from '../../../resources/uri-places.js';
import type { LoggedChange } from '../../../storage/journal.js';
import type { ObjectList, StorageView } from '../../../storage/storage.js';
import { parseJsonText, type JsonObject } from '../../../wire/json.js';
import type { StoredObject } from '../../../wire/stored-object.js';
import { uriParts, type UriShapes } from '../../../wire/uri.js';
import type { ReadNote } from '../reads/read-note.js';
import type { Subscription } from './subscription.js';

export type Match = 'enter' | 'stay' | 'leave';

/** What the owner of a subscription may be told of one change. */
export interface VisibleChange {
  readonly logged: LoggedChange;
  readonly uri: string;
  readonly match: Match;
}

/** A read that the owner of a subscription may be told of, and the object as it is now. */
export interface VisibleRead extends ReadNote {
  readonly list: ObjectList;
  readonly object: StoredObject;
}

export interface SightParts {
  readonly access: Access;
  readonly authenticator: Authenticator;
  readonly definitions: ResourceDefinitions;
}

/** The URI of the changed object; `undefined`: it is of no resource that anybody is shown. */
export function uriOf({ list, objectId }: LoggedChange, definitions: ResourceDefinitions): string | undefined {
  const definition = definitions.find(list.resourceName);
  if (definition === undefined || definition.hasOwnEndpoints === true) return undefined;
  return `${list.parentId}/${definition.plural}/${objectId}`;
}

/**
 * What an owner may see of changes at this moment (seed-systems.md, 1.5, P1 to P3): by what is above the objects and by
 * the groups as they are now, and by the objects' own entries both as they are now and as the log has them.
 */
export class OwnerSight {
  private shapes: UriShapes | undefined;

  constructor(private readonly parts: SightParts) {}

  /** Those of the changes, all of one list, that the subscription's owner is to be told of, in order. */
  async look(
    view: StorageView,
    subscription: Subscription,
    changes: readonly LoggedChange[],
  ): Promise<VisibleChange[]> {
    const place = this.placeOf(changes[0]);
    if (place === undefined) return [];
    const identity = { userId: subscription.owner };
    const { principals } = await this.parts.authenticator.callerOf(identity, view.sql);
    const { name } = place.definition;
    const required = { resource: name, permission: 'read' };
    const mayRead = (uris: ResourcePlace['above']) =>
      this.parts.access.isAllowed(view.sql, principals, { requested: name, required, uris });
    const isAbove = await mayRead(place.above);
    const visible: VisibleChange[] = [];
    for (const logged of changes) {
      const { before, after } = ownReaders(logged.action, logged);
      const isAmong = (readers: readonly string[]) => readers.some((reader) => principals.includes(reader));
      const isDeleted = logged.action === 'delete';
      const could = isAbove || isAmong(before);
      const can = isAbove || (!isDeleted && isAmong(after) && (await mayRead(chainWith(place, logged.objectId))));
      // Who has lost it only later, or all of it, learns of that by what took it from them, or not at all.
      const hasLeft = isDeleted || (!isAbove && !isAmong(after));
      const match = can || hasLeft ? matchOf(subscription, logged, { could, can }) : undefined;
      if (match !== undefined) visible.push({ logged, match, uri: objectUri(place, logged.objectId) });
    }
    return visible;
  }

  /**
   * Those of the reads that the subscription's owner is to be told of: what is read is for those to know who may write
   * it (seed-systems.md, 6.3).
   */
  async lookAtReads(view: StorageView, subscription: Subscription, reads: readonly ReadNote[]): Promise<VisibleRead[]> {
    const { principals } = await this.parts.authenticator.callerOf({ userId: subscription.owner }, view.sql);
    const visible: VisibleRead[] = [];
    for (const read of reads) {
      const found = findPlaceOf(read.uri, this.parts.definitions, (this.shapes ??= shapesOf(this.parts.definitions)));
      // It may want others by now.
      if (found === undefined || !subscription.triggers.wantsRead(read.uri)) continue;
      const { place, id } = found;
      const { name } = place.definition;
      const asked = { requested: name, required: { resource: name, permission: 'write' }, uris: chainWith(place, id) };
      if (!(await this.parts.access.isAllowed(view.sql, principals, asked))) continue;
      const object = await view.findObject(place.list, id);
      if (object !== undefined && subscription.matches(object.value))
        visible.push({ ...read, list: place.list, object });
    }
    return visible;
  }

  private placeOf(change: LoggedChange | undefined): ResourcePlace | undefined {
    const definition = change && this.parts.definitions.find(change.list.resourceName);
    if (change === undefined || definition === undefined || definition.hasOwnEndpoints === true) return undefined;
    const place = placeOf(definition, this.parts.definitions, uriParts(change.list.parentId));
    return place.list.parentId === change.list.parentId ? place : undefined;
  }
}

function matchOf(
  { matches }: Subscription,
  { action, oldText, newText }: LoggedChange,
  { could, can }: { could: boolean; can: boolean },
): Match | undefined {
  const fits = (text: string) => matches(parseJsonText(text) as JsonObject);
  const was = could && oldText !== null && fits(oldText);
  const is = can && action !== 'delete' && fits(newText);
  if (is) return was ? 'stay' : 'enter';
  return was ? 'leave' : undefined;
}
