import type { JsonObject } from '../../wire/json.js';
import { LATEST_TIMESTAMP } from '../endpoints/resource-parts.js';
import { OPERATIONS } from '../patched-document.js';
import type { ResourceDefinition } from '../resource-definition.js';
import type { JsonSchema } from './operation.js';

/** What a resource's schemas are called, e.g. `Record`, `RecordInput`. */
export function schemaName({ name }: ResourceDefinition): string {
  return name
    .split(/[^a-zA-Z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}

export function schemaReference(name: string): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}

const PRINCIPALS =
  'There are `system.Everyone`, `system.Authenticated`, users such as `basicauth:…`, and groups by their URI.';

/** Those that belong to no resource. */
export const COMMON_SCHEMAS: JsonObject = {
  Timestamp: {
    type: 'integer',
    description: 'In ms since 1970. Of two changes in one list, the later one has the greater one.',
  },
  SuggestedTimestamp: {
    description:
      'A timestamp that a client wants to keep. What is none is ignored, except for what no database could keep.',
    anyOf: [
      { type: 'integer', minimum: -LATEST_TIMESTAMP, maximum: LATEST_TIMESTAMP },
      { type: 'number', not: { type: 'integer' } },
      { type: ['string', 'null', 'array', 'object'] },
    ],
  },
  Tombstone: {
    type: 'object',
    description: 'What is left of an object that was deleted.',
    required: ['id', 'last_modified', 'deleted'],
    properties: { id: { type: 'string' }, last_modified: schemaReference('Timestamp'), deleted: { const: true } },
  },
  Principals: {
    type: 'array',
    items: { type: 'string', minLength: 1 },
  },
  JsonPatch: {
    type: 'array',
    description: 'RFC 6902, over `/data` and `/permissions`.',
    items: {
      type: 'object',
      required: ['op', 'path'],
      additionalProperties: false,
      properties: {
        op: { enum: [...OPERATIONS] },
        path: { type: 'string', pattern: '^/' },
        from: { type: 'string', pattern: '^/' },
        value: {},
      },
    },
  },
};

/** The schemas of one resource: the object as it is shown, as it is sent, and who may do what with it. */
export function resourceSchemas(definition: ResourceDefinition, assignable: readonly string[]): JsonObject {
  const name = schemaName(definition);
  const attributes = Object.entries(definition.attributes ?? {});
  const readable = attributes.filter(([, { accepted }]) => accepted.writeOnly !== true);
  const shown = readable.map(([key, { accepted, shown = accepted }]) => [key, shown] as const);
  const accepted = attributes.map(([key, attribute]) => [key, attribute.accepted] as const);
  const id = { type: 'string', pattern: definition.idPattern.source };
  return {
    [name]: {
      type: 'object',
      required: ['id', 'last_modified'],
      properties: { id, last_modified: schemaReference('Timestamp'), ...Object.fromEntries(shown) },
      additionalProperties: true,
    },
    [`${name}Permissions`]: {
      type: 'object',
      description: `Who may do what; empty for whoever is not among those who may write it. ${PRINCIPALS}`,
      properties: Object.fromEntries(assignable.map((permission) => [permission, schemaReference('Principals')])),
      additionalProperties: false,
    },
    [`${name}Input`]: {
      type: 'object',
      properties: {
        data: {
          type: 'object',
          description: 'Any attributes; those listed here have a meaning.',
          properties: { id, last_modified: schemaReference('SuggestedTimestamp'), ...Object.fromEntries(accepted) },
          additionalProperties: true,
        },
        permissions: {
          type: 'object',
          description: `Sets each of these to exactly these principals; null leaves it as it is. ${PRINCIPALS}`,
          properties: Object.fromEntries(
            assignable.map((permission) => [permission, { anyOf: [schemaReference('Principals'), { type: 'null' }] }]),
          ),
          additionalProperties: false,
        },
      },
      additionalProperties: false,
    },
  };
}
