import type { JsonValue } from '../../wire/json.js';
import * as arrays from './keywords/arrays.js';
import * as combinations from './keywords/combinations.js';
import * as objects from './keywords/objects.js';
import { unevaluatedItems, unevaluatedProperties } from './keywords/unevaluated.js';
import * as values from './keywords/values.js';
import type { Keyword } from './schema-walk.js';

/** By name. A map, since a schema may have a keyword called `constructor`. */
export type Keywords = ReadonlyMap<string, Keyword>;

/** One version of JSON Schema. */
export interface Draft {
  /** The URI of its meta-schema, as `$schema` names it; without an empty fragment. */
  readonly uri: string;
  readonly keywords: Keywords;
  readonly idKeyword: '$id' | 'id';
  readonly anchorKeywords: readonly string[];
  /** Whether what stands beside a `$ref` is ignored. */
  readonly refStandsAlone: boolean;
}

const IN_ALL: Readonly<Record<string, Keyword>> = {
  $ref: combinations.reference,
  additionalProperties: objects.additionalProperties,
  allOf: combinations.allOf,
  anyOf: combinations.anyOf,
  enum: values.enumeration,
  maxItems: arrays.maxItems,
  maxLength: values.maxLength,
  maxProperties: objects.maxProperties,
  maximum: values.maximum,
  minItems: arrays.minItems,
  minLength: values.minLength,
  minProperties: objects.minProperties,
  minimum: values.minimum,
  multipleOf: values.multipleOf,
  not: combinations.not,
  oneOf: combinations.oneOf,
  pattern: values.pattern,
  patternProperties: objects.patternProperties,
  properties: objects.properties,
  required: objects.required,
  type: values.type,
  uniqueItems: arrays.uniqueItems,
};

const UNTIL_7: Readonly<Record<string, Keyword>> = {
  ...IN_ALL,
  additionalItems: arrays.additionalItems,
  dependencies: objects.dependencies,
  items: arrays.itemsUntil2019,
};

const FROM_6: Readonly<Record<string, Keyword>> = {
  const: values.constant,
  exclusiveMaximum: values.exclusiveMaximum,
  exclusiveMinimum: values.exclusiveMinimum,
  propertyNames: objects.propertyNames,
};

const IN_6: Readonly<Record<string, Keyword>> = { ...UNTIL_7, ...FROM_6, contains: arrays.containsUntil7 };

const FROM_2019: Readonly<Record<string, Keyword>> = {
  ...IN_ALL,
  ...FROM_6,
  contains: arrays.contains,
  dependentRequired: objects.dependentRequired,
  dependentSchemas: objects.dependentSchemas,
  if: combinations.condition,
  unevaluatedItems,
  unevaluatedProperties,
};

function draft(uri: string, keywords: Readonly<Record<string, Keyword>>, others: Partial<Draft> = {}): Draft {
  return {
    uri,
    keywords: new Map(Object.entries(keywords)),
    idKeyword: '$id',
    anchorKeywords: ['$id'],
    refStandsAlone: true,
    ...others,
  };
}

const IN_4 = { ...UNTIL_7, maximum: values.maximumOfDraft4, minimum: values.minimumOfDraft4 };

const DRAFT_4 = draft('http://json-schema.org/draft-04/schema', IN_4, { idKeyword: 'id', anchorKeywords: [] });
const DRAFT_6 = draft('http://json-schema.org/draft-06/schema', IN_6);
export const DRAFT_7 = draft('http://json-schema.org/draft-07/schema', { ...IN_6, if: combinations.condition });
const DRAFT_2019 = draft(
  'https://json-schema.org/draft/2019-09/schema',
  {
    ...FROM_2019,
    $recursiveRef: combinations.recursiveReference,
    additionalItems: arrays.additionalItems,
    items: arrays.itemsUntil2019,
  },
  { anchorKeywords: ['$anchor'], refStandsAlone: false },
);
const DRAFT_2020 = draft(
  'https://json-schema.org/draft/2020-12/schema',
  {
    ...FROM_2019,
    $dynamicRef: combinations.reference,
    items: arrays.items,
    prefixItems: arrays.prefixItems,
  },
  { anchorKeywords: ['$anchor', '$dynamicAnchor'], refStandsAlone: false },
);

export const DRAFTS = [DRAFT_4, DRAFT_6, DRAFT_7, DRAFT_2019, DRAFT_2020] as const;

/** The draft that `$schema` names; of none, or an unknown one, the latest (kinto-api.md, 11.2). */
export function draftOf(named: JsonValue | undefined, otherwise: Draft = DRAFT_2020): Draft {
  if (typeof named !== 'string') return otherwise;
  const uri = named.replace(/#$/, '');
  return DRAFTS.find((known) => known.uri === uri) ?? otherwise;
}

/** The draft in which a meta-schema checks its schemas: patterns must be usable ones. */
export function enforcingPatterns(known: Draft): Draft {
  return { ...known, keywords: new Map([...known.keywords, ['format', values.formatOfMetaSchema]]) };
}
