import type { AccessControlList } from '../permissions/access-entries.js';
import type { WrittenObject } from '../storage/storage.js';
import type { ChangeAction } from '../wire/change-action.js';
import type { JsonObject } from '../wire/json.js';
import type { StoredObject } from '../wire/stored-object.js';
import { Authorization, refusal, type ListScope } from './authorization.js';
import type { ResourceParts } from './endpoints/resource-parts.js';
import { getUnit, type Exchange } from './exchange.js';
import { ObjectWriter, type ShownObject } from './object-writer.js';
import type { EndpointParts } from './plugin.js';
import type { ResourcePlace } from './resource-place.js';

/** Notes what listeners may know of a change. */
export type NoteChange = (
  exchange: Pick<Exchange, 'identity' | 'changes'>,
  resource: string,
  action: ChangeAction,
  written: WrittenObject,
) => void;

/** What the usual endpoints work with over a {@link PrivateList}: there are no permissions to share its objects by. */
export function privateParts(
  { resource, access }: Pick<EndpointParts, 'resource' | 'access'>,
  note?: NoteChange,
): ResourceParts {
  const authorization = new OwnersOnly(access);
  // Nothing is above them that could have a schema for them, and their reads are nobody's business.
  return { ...resource, authorization, writer: new PrivateWriter(note), schemas: undefined, readObservers: [] };
}

/** @throws ApiError 401 for nobody in particular */
export function getUserId(asking: Pick<Exchange, 'identity'>): string {
  const { userId } = asking.identity;
  if (userId === undefined) throw refusal(asking);
  return userId;
}

/** Everybody who is logged in may do everything: they reach only what is theirs. */
class OwnersOnly extends Authorization {
  override async ensureMayRead(exchange: Exchange): Promise<void> {
    getUserId(exchange);
  }

  override async ensureMayCreate(exchange: Exchange): Promise<void> {
    getUserId(exchange);
  }

  override async ensureMayWrite(exchange: Exchange): Promise<void> {
    getUserId(exchange);
  }

  override async scopeOf(exchange: Pick<Exchange, 'identity'>): Promise<ListScope> {
    getUserId(exchange);
    return { onlyIds: undefined };
  }
}

const NO_PERMISSIONS: AccessControlList = {};

/** Writes objects that have no permissions. */
class PrivateWriter extends ObjectWriter {
  /** @param note without it, no listener hears of anything */
  constructor(private readonly note: NoteChange | undefined) {
    super(false);
  }

  override async create(
    exchange: Exchange,
    place: ResourcePlace,
    { id, value }: { id: string; value: JsonObject },
  ): Promise<ShownObject> {
    return this.shown(exchange, place, 'create', getUnit(exchange).createObject(place.list, id, value));
  }

  override async update(
    exchange: Exchange,
    place: ResourcePlace,
    { before, value }: { before: StoredObject; value: JsonObject },
  ): Promise<ShownObject> {
    return this.shown(exchange, place, 'update', getUnit(exchange).updateObject(place.list, before, value));
  }

  override async delete(
    exchange: Exchange,
    place: ResourcePlace,
    before: StoredObject,
    suggested?: number,
  ): Promise<StoredObject> {
    const deleting = getUnit(exchange).deleteObject(place.list, before, suggested);
    return (await this.shown(exchange, place, 'delete', deleting)).object;
  }

  override show(_exchange: Exchange, _place: ResourcePlace, object: StoredObject): Promise<ShownObject> {
    return Promise.resolve({ object, permissions: NO_PERMISSIONS });
  }

  private async shown(
    exchange: Exchange,
    place: ResourcePlace,
    action: ChangeAction,
    writing: Promise<WrittenObject>,
  ): Promise<ShownObject> {
    const written = await writing;
    this.note?.(exchange, place.definition.name, action, written);
    return { object: written.object, permissions: NO_PERMISSIONS };
  }
}
