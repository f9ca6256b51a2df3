import { readersIn, writeOwnReaders } from '../changes/own-readers.js';
import { accessEntries, type AccessControlList } from '../permissions/access-entries.js';
import type { UnitOfWork, WrittenObject } from '../storage/storage.js';
import type { ChangeAction } from '../wire/change-action.js';
import type { JsonObject } from '../wire/json.js';
import { EVERYONE } from '../wire/principals.js';
import type { StoredObject } from '../wire/stored-object.js';
import { getUnit, type Exchange } from './exchange.js';
import { objectUri, type ResourcePlace } from './resource-place.js';

/** An object and who may do what with it, the latter as far as the caller may see it. */
export interface ShownObject {
  readonly object: StoredObject;
  readonly permissions: AccessControlList;
}

interface MadeChange {
  readonly action: ChangeAction;
  readonly written: WrittenObject;
  readonly before: StoredObject | undefined;
  /** Of the object itself as it was; absent when it was not there. */
  readonly entries?: AccessControlList;
  /** Of the object itself as it is; absent when it is gone. */
  readonly after?: AccessControlList;
}

/** Writes objects with all that belongs to it: entries, what follows in the same transaction, the note for the log. */
export class ObjectWriter {
  /** @param explicitPermissions whether whoever writes an object is added to those who may */
  constructor(private readonly explicitPermissions: boolean) {}

  /** @param permissions what the client asked for; the caller is added to `write` */
  async create(
    exchange: Exchange,
    place: ResourcePlace,
    wanted: { id: string; value: JsonObject; permissions: AccessControlList },
  ): Promise<ShownObject> {
    const unit = getUnit(exchange);
    const { id, value, permissions } = wanted;
    const written = await unit.createObject(place.list, id, value);
    const owner = ownerOf(exchange, place, id);
    const entries = this.withOwner(owner, permissions);
    const uri = objectUri(place, id);
    for (const [permission, principals] of Object.entries(entries)) {
      for (const principal of principals) await accessEntries.add(unit.sql, uri, permission, principal);
    }
    await this.conclude(exchange, place, { action: 'create', written, before: undefined, after: entries });
    return { object: written.object, permissions: visible(entries, exchange, owner) };
  }

  /** @param permissions sets these permissions, and no others, to exactly these principals */
  async update(
    exchange: Exchange,
    place: ResourcePlace,
    wanted: { before: StoredObject; value: JsonObject; permissions: AccessControlList },
  ): Promise<ShownObject> {
    const unit = getUnit(exchange);
    const { before, value, permissions } = wanted;
    const written = await unit.updateObject(place.list, before, value);
    const uri = objectUri(place, before.id);
    const entries = await accessEntries.listOf(unit.sql, uri);
    await accessEntries.replace(unit.sql, uri, permissions);
    if (this.explicitPermissions) await accessEntries.add(unit.sql, uri, 'write', ownerOf(exchange, place, before.id));
    const after = await accessEntries.listOf(unit.sql, uri);
    await this.conclude(exchange, place, { action: 'update', written, before, entries, after });
    return { object: written.object, permissions: visible(after, exchange, ownerOf(exchange, place, before.id)) };
  }

  /** @param suggested the client's own timestamp for the tombstone, in ms */
  async delete(
    exchange: Exchange,
    place: ResourcePlace,
    before: StoredObject,
    suggested?: number,
  ): Promise<StoredObject> {
    const unit = getUnit(exchange);
    const written = await unit.deleteObject(place.list, before, suggested);
    const uri = objectUri(place, before.id);
    const entries = await accessEntries.listOf(unit.sql, uri);
    await accessEntries.deleteOf(unit.sql, uri);
    await this.conclude(exchange, place, { action: 'delete', written, before, entries });
    return written.object;
  }

  /** The object as its endpoint shows it to this caller. */
  async show(exchange: Exchange, place: ResourcePlace, object: StoredObject): Promise<ShownObject> {
    const list = await accessEntries.listOf(exchange.view.sql, objectUri(place, object.id));
    return { object, permissions: visible(list, exchange, ownerOf(exchange, place, object.id)) };
  }

  private async conclude(exchange: Exchange, place: ResourcePlace, change: MadeChange): Promise<void> {
    const { action, written, before, entries, after } = change;
    const { object, position } = written;
    const userId = exchange.identity.userId ?? null;
    exchange.changes.note({
      list: place.list,
      objectId: object.id,
      position,
      action,
      timestamp: object.lastModified,
      userId,
      newText: object.text,
      oldText: before?.text ?? null,
      principals: writeOwnReaders(userId, entries && readersIn(entries), after && readersIn(after)),
    });
    const unit: UnitOfWork = getUnit(exchange);
    await place.definition.afterWrite?.({ uri: objectUri(place, object.id), before, after: object }, unit);
  }

  private withOwner(owner: string, permissions: AccessControlList): AccessControlList {
    if (!this.explicitPermissions) return permissions;
    return { ...permissions, write: [...new Set([owner, ...(permissions.write ?? [])])] };
  }
}

function ownerOf({ identity, caller }: Exchange, { definition }: ResourcePlace, id: string): string {
  return definition.ownerOf?.(caller, id) ?? identity.userId ?? EVERYONE;
}

/** Only who is named in `write` of the object itself sees the entries, and only those with somebody in them (7.6). */
function visible(list: AccessControlList, { caller }: Exchange, owner: string): AccessControlList {
  const isNamed = (principal: string) => principal === owner || caller.principals.includes(principal);
  if (!(list.write ?? []).some(isNamed)) return {};
  return Object.fromEntries(Object.entries(list).filter(([, principals]) => principals.length > 0));
}
