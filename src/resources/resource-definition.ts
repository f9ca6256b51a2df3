import type { Caller } from '../auth/authenticator.js';
import type { UnitOfWork } from '../storage/storage.js';
import type { StoredObject } from '../wire/stored-object.js';
import type { ErrorDetail } from '../wire/api-error.js';
import type { JsonObject } from '../wire/json.js';
import { Registry } from '../wire/registry.js';

/** What changed, for the rooms below that keep something beside the object. */
export interface WrittenChange {
  /** The object's URI without the version prefix. */
  readonly uri: string;
  readonly before: StoredObject | undefined;
  /** A tombstone when it was deleted. */
  readonly after: StoredObject;
}

/** One kind of object: listing, filters, conditions, permissions, tombstones and changes follow from this. */
export interface ResourceDefinition {
  /** Singular, as in the database and in events. */
  readonly name: string;
  readonly plural: string;
  /** From the root down, without the resource itself, e.g. `['bucket', 'collection']`. */
  readonly ancestors: readonly string[];
  /** Whether a write, and then also a read, needs its parent to exist; else the permissions alone decide. */
  readonly needsParent: boolean;
  readonly idPattern: RegExp;
  /** An id for a POST without one. */
  makeId(): string;
  /**
   * Checks and completes the typed attributes of `data`. The location is `body`; names begin with `prefix`.
   *
   * @param supplied whether the client sent `data` at all
   */
  checkAttributes?(value: JsonObject, options: { prefix: string; supplied: boolean }): AttributesCheck;
  /**
   * The same as JSON Schemas, by the name of the attribute, for the OpenAPI document. A test sees to it that both say
   * the same.
   */
  readonly attributes?: Readonly<Record<string, AttributeSchema>>;
  /** Where the schemas come from that such objects are checked against, in this order (kinto-api.md, 11.1). */
  readonly schemas?: readonly SchemaSource[];
  /** Who is added to `write` of an object, and so sees who may do what with it; by default whoever is calling. */
  ownerOf?(caller: Caller, id: string): string;
  /** Whether a plugin brings the endpoints, because the usual ones would show or take what they must not. */
  readonly hasOwnEndpoints?: boolean;
  /** What must follow a write in the same transaction: memberships, cascades. */
  afterWrite?(change: WrittenChange, unit: UnitOfWork): Promise<void>;
}

/** An attribute of an object above that holds a JSON schema. */
export interface SchemaSource {
  readonly resource: string;
  readonly attribute: string;
  /** The attribute that tells which version of the holder the object was checked against. */
  readonly stamp?: string;
}

export interface AttributeSchema {
  /** What a client may send; with `writeOnly`, it is never shown. */
  readonly accepted: JsonObject;
  /** What the server shows; absent: the same. */
  readonly shown?: JsonObject;
}

export interface AttributesCheck {
  readonly value: JsonObject;
  readonly problems: readonly ErrorDetail[];
}

export class ResourceDefinitions extends Registry<ResourceDefinition> {
  constructor() {
    super('resource');
  }

  /** @throws Error for a resource that nobody has defined */
  get(name: string): ResourceDefinition {
    const definition = this.find(name);
    if (definition === undefined) throw new Error(`There is no resource ${name}`);
    return definition;
  }
}

/** The URL parameter that holds the id of such an object above others, e.g. `bucket_id`. */
export function idParameter(resourceName: string): string {
  return `${resourceName}_id`;
}
