import type { Access } from '../permissions/access.js';
import type { Grant } from '../permissions/permission-rules.js';
import { ApiError } from '../wire/api-error.js';
import type { Exchange } from './exchange.js';
import { chainWith, type ResourcePlace } from './resource-place.js';

/** What a caller may see of a list: all of it, or the objects shared with them. */
export interface ListScope {
  /** `undefined`: no restriction. */
  readonly onlyIds: readonly string[] | undefined;
}

/** Who asks, and from which snapshot. */
export type Asking = Pick<Exchange, 'view' | 'caller' | 'identity'>;

const EVERYTHING: ListScope = { onlyIds: undefined };

/** The permission each request needs, and the refusal (kinto-api.md, 7.2 to 7.5). */
export class Authorization {
  constructor(private readonly access: Access) {}

  /** Reading one object, there or not: who may read the list learns that it is not there, nobody else does. */
  async ensureMayRead(exchange: Exchange, place: ResourcePlace, id: string): Promise<void> {
    await this.ensure(exchange, place, { resource: place.definition.name, permission: 'read:attributes' }, id);
  }

  async ensureMayCreate(exchange: Exchange, place: ResourcePlace): Promise<void> {
    await this.ensure(exchange, place, creation(place));
  }

  /**
   * Changing or deleting an object. Of one that is not there, whoever may read the list learns that.
   *
   * @param exists whether it is there
   */
  async ensureMayWrite(exchange: Exchange, place: ResourcePlace, id: string, exists: boolean): Promise<void> {
    if (exists) return this.ensure(exchange, place, { resource: place.definition.name, permission: 'write' }, id);
    // At the root Kinto asks for what the settings let somebody write (kinto-api.md, 7.4).
    const permission = place.parentName === '' ? 'write' : 'read';
    return this.ensure(exchange, place, { resource: place.parentName, permission });
  }

  /**
   * Reading (`read`) or deleting (`write`) a list. Without the permission on the parent it is the objects that are
   * shared; who can see none, but could create some, sees an empty list.
   */
  async scopeOf(exchange: Asking, place: ResourcePlace, permission: 'read' | 'write'): Promise<ListScope> {
    if (await this.isAllowed(exchange, place, { resource: place.parentName, permission })) return EVERYTHING;
    const onlyIds = await this.access.sharedIds(exchange.view.sql, exchange.caller.principals, {
      resource: place.definition.name,
      permission: permission === 'read' ? 'read:attributes' : permission,
      listUri: place.listUri,
    });
    if (onlyIds.length === 0 && !(await this.isAllowed(exchange, place, creation(place)))) throw refusal(exchange);
    return { onlyIds };
  }

  private async ensure(exchange: Exchange, place: ResourcePlace, required: Grant, id?: string): Promise<void> {
    if (!(await this.isAllowed(exchange, place, required, id))) throw refusal(exchange);
  }

  private isAllowed(exchange: Asking, place: ResourcePlace, required: Grant, id?: string): Promise<boolean> {
    return this.access.isAllowed(exchange.view.sql, exchange.caller.principals, {
      requested: place.definition.name,
      required,
      uris: id === undefined ? place.above : chainWith(place, id),
    });
  }
}

function creation({ parentName, definition }: ResourcePlace): Grant {
  return { resource: parentName, permission: `${definition.name}:create` };
}

/** 401 for nobody in particular, 403 for somebody. */
export function refusal({ identity }: Pick<Exchange, 'identity'>): ApiError {
  return new ApiError(identity.userId === undefined ? 'MISSING_AUTH_TOKEN' : 'FORBIDDEN');
}
