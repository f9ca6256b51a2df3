import type { AccessControlList } from '../../permissions/access-entries.js';
import { Authorization, refusal, type ListScope } from '../../resources/authorization.js';
import type { ResourceParts } from '../../resources/endpoints/resource-parts.js';
import { getUnit, type Exchange } from '../../resources/exchange.js';
import { ObjectWriter, type ShownObject } from '../../resources/object-writer.js';
import type { ResourcePlace } from '../../resources/resource-place.js';
import type { WrittenObject } from '../../storage/storage.js';
import type { ChangeAction } from '../../wire/change-action.js';
import type { JsonObject } from '../../wire/json.js';
import { StoredObject } from '../../wire/stored-object.js';

/** The usual endpoints over what belongs to one user: there are no permissions to share it by. */
export function ownedParts(resource: ResourceParts, access: ConstructorParameters<typeof Authorization>[0]) {
  return {
    ...resource,
    authorization: new OwnersOnly(access),
    writer: new OwnedObjectWriter(false),
    // Nothing is above a subscription that could have a schema for it.
    schemas: undefined,
  } satisfies ResourceParts;
}

/** Everybody who is logged in may do everything: they reach only what is theirs. */
class OwnersOnly extends Authorization {
  override ensureMayRead(exchange: Exchange): Promise<void> {
    return ensureUser(exchange);
  }

  override ensureMayCreate(exchange: Exchange): Promise<void> {
    return ensureUser(exchange);
  }

  override ensureMayWrite(exchange: Exchange): Promise<void> {
    return ensureUser(exchange);
  }

  override async scopeOf(exchange: Pick<Exchange, 'view' | 'caller' | 'identity'>): Promise<ListScope> {
    await ensureUser(exchange);
    return { onlyIds: undefined };
  }
}

/** @throws ApiError 401 for nobody in particular */
export function ensureUser(exchange: Pick<Exchange, 'identity'>): Promise<void> {
  return exchange.identity.userId === undefined ? Promise.reject(refusal(exchange)) : Promise.resolve();
}

const NO_PERMISSIONS: AccessControlList = {};

/** Writes objects that have no entries, and notes of them only that something changed. */
class OwnedObjectWriter extends ObjectWriter {
  override async create(
    exchange: Exchange,
    place: ResourcePlace,
    { id, value }: { id: string; value: JsonObject },
  ): Promise<ShownObject> {
    const written = await getUnit(exchange).createObject(place.list, id, value);
    noteSubscription(exchange, place, 'create', written);
    return { object: written.object, permissions: NO_PERMISSIONS };
  }

  override async update(
    exchange: Exchange,
    place: ResourcePlace,
    { before, value }: { before: StoredObject; value: JsonObject },
  ): Promise<ShownObject> {
    const written = await getUnit(exchange).updateObject(place.list, before, value);
    noteSubscription(exchange, place, 'update', written);
    return { object: written.object, permissions: NO_PERMISSIONS };
  }

  override async delete(
    exchange: Exchange,
    place: ResourcePlace,
    before: StoredObject,
    suggested?: number,
  ): Promise<StoredObject> {
    const written = await getUnit(exchange).deleteObject(place.list, before, suggested);
    noteSubscription(exchange, place, 'delete', written);
    return written.object;
  }

  override show(_exchange: Exchange, _place: ResourcePlace, object: StoredObject): Promise<ShownObject> {
    return Promise.resolve({ object, permissions: NO_PERMISSIONS });
  }
}

/** Listeners hear every change of the log: neither URLs nor triggers are theirs to know. */
export function noteSubscription(
  { identity, changes }: Pick<Exchange, 'identity' | 'changes'>,
  { definition }: { readonly definition: Pick<ResourcePlace['definition'], 'name'> },
  action: ChangeAction,
  { object, position }: WrittenObject,
): void {
  const { userId = '' } = identity;
  const bare = StoredObject.of(object.id, object.lastModified, {});
  changes.note({
    list: { parentId: userId, resourceName: definition.name },
    objectId: object.id,
    position,
    action,
    timestamp: object.lastModified,
    userId,
    newText: action === 'delete' ? object.text : bare.text,
    oldText: action === 'create' ? null : bare.text,
  });
}
