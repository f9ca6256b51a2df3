import { createRequire } from 'node:module';
import { isJsonObject, type JsonObject } from '../../wire/json.js';
import { DRAFT_7, draftOf, enforcingPatterns, type Draft } from './drafts.js';
import { SchemaDocument } from './schema-document.js';
import type { SchemaResource } from './schema-resource.js';

/** The standard's own documents, as Ajv's package brings them. Of draft 4 it has none. */
const FILES = [
  'json-schema-draft-06.json',
  'json-schema-draft-07.json',
  ...['schema', 'meta/core', 'meta/applicator', 'meta/validation', 'meta/meta-data', 'meta/format', 'meta/content'].map(
    (name) => `json-schema-2019-09/${name}.json`,
  ),
  ...[
    'schema',
    'meta/core',
    'meta/applicator',
    'meta/unevaluated',
    'meta/validation',
    'meta/meta-data',
    'meta/format-annotation',
    'meta/content',
  ].map((name) => `json-schema-2020-12/${name}.json`),
];

const require = createRequire(import.meta.url);

let resources: ReadonlyMap<string, SchemaResource> | undefined;

/** A meta-schema, or a part of one, by its URI without a fragment. */
export function findMetaSchema(uri: string): SchemaResource | undefined {
  resources ??= new Map(
    FILES.map((file) => {
      const schema = inLastEdition(require(`ajv/dist/refs/${file}`) as JsonObject);
      const { root } = new SchemaDocument(schema, findMetaSchema, enforcingPatterns(draftOf(schema.$schema)));
      return [root.uri, root];
    }),
  );
  return resources.get(uri);
}

/** Its copies of drafts 6 and 7 are earlier ones, in which an `enum` could not be empty; Kinto goes by the last. */
function inLastEdition(schema: JsonObject): JsonObject {
  const { properties } = schema;
  if (!isJsonObject(properties) || !isJsonObject(properties.enum)) return schema;
  const enumeration: JsonObject = { ...properties.enum };
  delete enumeration.minItems;
  delete enumeration.uniqueItems;
  return { ...schema, properties: { ...properties, enum: enumeration } };
}

/** What schemas of a draft are checked against; those of draft 4, as all are when they are saved, against draft 7. */
export function metaSchemaOf({ uri }: Draft): SchemaResource {
  return findMetaSchema(uri) ?? metaSchemaOf(DRAFT_7);
}
