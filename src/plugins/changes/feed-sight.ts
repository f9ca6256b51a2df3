import type { Caller } from '../../auth/authenticator.js';
import { ownReaders } from '../../changes/own-readers.js';
import type { Access } from '../../permissions/access.js';
import type { ResourceDefinitions } from '../../resources/resource-definition.js';
import { chainWith, objectUri, type ResourcePlace } from '../../resources/resource-place.js';
import { findPlaceOf, shapesOf } from '../../resources/uri-places.js';
import type { StorageView } from '../../storage/storage.js';
import type { UriShapes } from '../../wire/uri.js';
import type { FeedChange } from './feed-source.js';

/** What somebody may know of a change. */
export interface Seen {
  readonly uri: string;
  /** `left`: they could read the object before it, by its own entries, and cannot any more. */
  readonly as: 'whole' | 'left';
  readonly tellsOld: boolean;
  /** Who may write the list is told who else does. */
  readonly tellsUser: boolean;
}

interface ListRights {
  readonly place: ResourcePlace;
  readonly mayRead: boolean;
  readonly mayWrite: boolean;
}

/** The resources of the log that anybody can be shown: not accounts, whose objects are secrets. */
export function shownResources(definitions: ResourceDefinitions): string[] {
  return definitions.all().flatMap(({ name, hasOwnEndpoints }) => (hasOwnEndpoints === true ? [] : [name]));
}

/**
 * What one caller may see of the log, by the permissions of one snapshot (seed-systems.md, 1.5): parents' as they are
 * now, those of a deleted object itself as they were.
 */
export class FeedSight {
  private readonly shapes: UriShapes;
  private readonly shown: ReadonlySet<string>;
  private readonly lists = new Map<string, ListRights | undefined>();

  constructor(
    private readonly view: StorageView,
    private readonly caller: Caller,
    private readonly access: Access,
    private readonly definitions: ResourceDefinitions,
  ) {
    this.shapes = shapesOf(definitions);
    this.shown = new Set(shownResources(definitions));
  }

  /** The URI of the changed object; `undefined`: it is of no resource that is shown to anybody. */
  uriOf({ list, objectId }: FeedChange): string | undefined {
    if (!this.shown.has(list.resourceName)) return undefined;
    return `${list.parentId}/${this.definitions.get(list.resourceName).plural}/${objectId}`;
  }

  /** @returns `undefined`: nothing */
  async look(change: FeedChange, uri: string): Promise<Seen | undefined> {
    const rights = await this.rightsOn(change, uri);
    if (rights === undefined) return undefined;
    const { place, mayRead, mayWrite: tellsUser } = rights;
    if (mayRead) return { uri, as: 'whole', tellsOld: true, tellsUser };
    const { before, after } = ownReaders(change.action, change);
    const could = this.isAmong(before);
    const isWhole = change.action === 'delete' ? could : await this.mayRead(place, change.objectId);
    if (isWhole) return { uri, as: 'whole', tellsOld: could, tellsUser };
    const hasLeft = change.action === 'update' && could && !this.isAmong(after);
    return hasLeft ? { uri, as: 'left', tellsOld: false, tellsUser } : undefined;
  }

  private isAmong(principals: readonly string[]): boolean {
    return principals.some((principal) => this.caller.principals.includes(principal));
  }

  private mayRead(place: ResourcePlace, id: string): Promise<boolean> {
    const { name } = place.definition;
    const required = { resource: name, permission: 'read:attributes' };
    const request = { requested: name, required, uris: chainWith(place, id) };
    return this.access.isAllowed(this.view.sql, this.caller.principals, request);
  }

  private async rightsOn({ list, objectId }: FeedChange, uri: string): Promise<ListRights | undefined> {
    const key = `${list.resourceName} ${list.parentId}`;
    if (!this.lists.has(key)) {
      const found = findPlaceOf(uri, this.definitions, this.shapes);
      const isIt = found !== undefined && objectUri(found.place, objectId) === uri;
      this.lists.set(key, isIt ? await this.ask(found.place) : undefined);
    }
    return this.lists.get(key);
  }

  private async ask(place: ResourcePlace): Promise<ListRights> {
    const { parentName: resource, definition, above: uris } = place;
    const isAllowed = (permission: string) => {
      const request = { requested: definition.name, required: { resource, permission }, uris };
      return this.access.isAllowed(this.view.sql, this.caller.principals, request);
    };
    return { place, mayRead: await isAllowed('read'), mayWrite: await isAllowed('write') };
  }
}
