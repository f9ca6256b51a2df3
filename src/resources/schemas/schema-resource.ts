import { isJsonObject, type JsonObject, type JsonValue } from '../../wire/json.js';
import type { Draft } from './drafts.js';
import type { SchemaDocument } from './schema-document.js';

/** A schema that has a URI of its own: a whole document, or a part of one with an `$id`. */
export class SchemaResource {
  /** By name: what `$anchor` and `$dynamicAnchor` mark. */
  readonly anchors = new Map<string, JsonObject>();
  readonly dynamicAnchors = new Set<string>();

  constructor(
    readonly document: SchemaDocument,
    readonly root: JsonObject,
    /** Absolute, without a fragment. */
    readonly uri: string,
    readonly draft: Draft,
  ) {}

  get isRecursiveAnchor(): boolean {
    return this.root.$recursiveAnchor === true;
  }
}

/** Keywords, of all drafts, whose value is a schema, a list of them, or a mapping to them; some are one or the other. */
const SINGLE_OR_LIST = new Set([
  'additionalItems',
  'additionalProperties',
  'allOf',
  'anyOf',
  'contains',
  'contentSchema',
  'else',
  'if',
  'items',
  'not',
  'oneOf',
  'prefixItems',
  'propertyNames',
  'then',
  'unevaluatedItems',
  'unevaluatedProperties',
]);
const MAPPINGS = new Set([
  '$defs',
  'definitions',
  'dependencies',
  'dependentSchemas',
  'patternProperties',
  'properties',
]);

/** The schemas directly inside a schema. */
export function schemasIn(schema: JsonObject): JsonObject[] {
  const inner = Object.entries(schema).flatMap(([keyword, value]): JsonValue[] => {
    if (SINGLE_OR_LIST.has(keyword)) return Array.isArray(value) ? value : [value];
    return MAPPINGS.has(keyword) && isJsonObject(value) ? Object.values(value) : [];
  });
  return inner.filter(isJsonObject);
}
