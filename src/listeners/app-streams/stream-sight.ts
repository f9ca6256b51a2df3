import type { Caller } from '../../auth/authenticator.js';
import { ownReaders } from '../../changes/own-readers.js';
import { accessEntries } from '../../permissions/access-entries.js';
import type { Access } from '../../permissions/access.js';
import type { ResourceDefinitions } from '../../resources/resource-definition.js';
import { chainWith, type ResourcePlace } from '../../resources/resource-place.js';
import { findPlaceOf, shapesOf } from '../../resources/uri-places.js';
import type { StorageView } from '../../storage/storage.js';
import type { UriShapes } from '../../wire/uri.js';
import type { ChangeSight, MakeSight, SeenChange, StreamChange } from './stream-log.js';

const ACCOUNT = 'account';

export interface SightParts {
  readonly access: Access;
  readonly definitions: ResourceDefinitions;
  readonly makeSight: MakeSight;
}

/** That an entry of an object has come to let the stream's owner read it, or has ceased to. */
export interface Grant {
  readonly action: 'create' | 'delete';
  /** What the owner holds there now, by name. */
  readonly permissions: readonly string[];
}

/** What the owner of a stream may know, at one moment: objects as the change feed has it, and what lies around them. */
export class StreamSight {
  private readonly changes: ChangeSight;
  private readonly shapes: UriShapes;
  private readonly parents = new Map<string, string | undefined>();

  constructor(
    private readonly view: StorageView,
    private readonly caller: Caller,
    private readonly parts: SightParts,
  ) {
    this.changes = parts.makeSight(view, caller);
    this.shapes = shapesOf(parts.definitions);
  }

  uriOf(change: StreamChange): string | undefined {
    return this.changes.uriOf(change);
  }

  look(change: StreamChange, uri: string): Promise<SeenChange | undefined> {
    return this.changes.look(change, uri);
  }

  /** The owner's account; for administrators, everybody's. */
  async seesAccount({ list, objectId }: StreamChange): Promise<boolean> {
    const { access, definitions } = this.parts;
    if (list.resourceName !== ACCOUNT || definitions.find(ACCOUNT) === undefined) return false;
    if (this.caller.userId === `${ACCOUNT}:${objectId}`) return true;
    return access.isAllowed(this.view.sql, this.caller.principals, {
      requested: ACCOUNT,
      required: { resource: ACCOUNT, permission: 'read:attributes' },
      uris: { [ACCOUNT]: `/accounts/${objectId}` },
    });
  }

  /** Only what somebody else has given or taken, and only by the user's own name. */
  async grantIn(change: StreamChange, uri: string): Promise<Grant | undefined> {
    const { userId } = this.caller;
    if (userId === undefined || change.userId === userId) return undefined;
    const { before, after } = ownReaders(change.action, change);
    const [had, has] = [before.includes(userId), after.includes(userId)];
    if (had === has) return undefined;
    const held = await accessEntries.held(this.view.sql, [userId], [uri]);
    return { action: has ? 'create' : 'delete', permissions: held.map(({ permission }) => permission).sort() };
  }

  /** The attributes of the bucket or collection that an object lies in, as JSON; where the owner may read them. */
  async parentOf({ list }: StreamChange): Promise<string | undefined> {
    const uri = list.parentId;
    if (!this.parents.has(uri)) this.parents.set(uri, await this.findParent(uri));
    return this.parents.get(uri);
  }

  /**
   * Who is named on the object itself as one who may read it, for who may write its list: to others the API shows no
   * permissions either. Of one that is deleted, who was.
   */
  async readersOf(change: StreamChange, { uri, tellsUser }: SeenChange): Promise<readonly string[] | undefined> {
    if (!tellsUser) return undefined;
    if (change.action === 'delete') return ownReaders(change.action, change).before;
    const { read = [], write = [] } = await accessEntries.listOf(this.view.sql, uri);
    return [...new Set([...read, ...write])];
  }

  /** Whether the owner may read all that lies in that bucket or collection. */
  async readsAllOf(uri: string): Promise<boolean> {
    const found = findPlaceOf(uri, this.parts.definitions, this.shapes);
    if (found === undefined) return false;
    return this.mayRead(
      found.place,
      found.id,
      'read',
      found.place.definition.name === 'bucket' ? 'collection' : 'record',
    );
  }

  private async findParent(uri: string): Promise<string | undefined> {
    const found = findPlaceOf(uri, this.parts.definitions, this.shapes);
    if (found === undefined) return undefined;
    const { place, id } = found;
    if (!(await this.mayRead(place, id, 'read:attributes', place.definition.name))) return undefined;
    return (await this.view.findObject(place.list, id))?.text;
  }

  private mayRead(place: ResourcePlace, id: string, permission: string, requested: string): Promise<boolean> {
    const required = { resource: place.definition.name, permission };
    const request = { requested, required, uris: chainWith(place, id) };
    return this.parts.access.isAllowed(this.view.sql, this.caller.principals, request);
  }
}
