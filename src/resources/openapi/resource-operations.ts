import type { JsonObject } from '../../wire/json.js';
import { JSON_TYPE } from '../api-message.js';
import { PATCH_TYPES } from '../endpoints/object-patch.js';
import { JSON_PATCH_TYPE } from '../json-patch.js';
import type { ResourceDefinition } from '../resource-definition.js';
import { schemaName, schemaReference } from './object-schemas.js';
import type { JsonSchema, OperationDescriptions, ResponseDescription } from './operation.js';
import { LIST_PARAMETERS, parameterReferences, PRECONDITIONS } from './parameters.js';

/** What both endpoints of a resource share: the caller's permissions count, answers can be stale. */
const PROTECTED = { isProtected: true };

const NOT_MODIFIED: ResponseDescription = { description: 'It is as the caller has it.' };

/** `GET`, `HEAD`, `POST` and `DELETE` of the list. */
export function pluralOperations(definition: ResourceDefinition): OperationDescriptions {
  const { name, plural } = definition;
  const parameters = parameterReferences([...LIST_PARAMETERS, ...PRECONDITIONS]);
  const found = {
    200: { description: 'The objects that there are.', schema: listSchema(definition) },
    304: NOT_MODIFIED,
  };
  const common = { tag: headingOf(definition), ...PROTECTED };
  return {
    GET: {
      ...common,
      id: `get_${plural}`,
      summary: `The ${plural}, or those of them that are asked for.`,
      description: 'Whoever may not read all of them sees those that are shared with them.',
      parameters,
      responses: found,
    },
    HEAD: {
      ...common,
      id: `head_${plural}`,
      summary: `How many ${plural} there are.`,
      parameters,
      responses: { 200: { description: 'The numbers are in the headers.' }, 304: NOT_MODIFIED },
    },
    POST: {
      ...common,
      id: `create_${name}`,
      summary: `Makes a ${name}, with an id of its own unless \`data.id\` says which.`,
      parameters: parameterReferences(PRECONDITIONS),
      requestBody: bodyOf(inputOf(definition)),
      responses: {
        201: { description: 'It is made.', schema: objectSchema(definition) },
        200: { description: 'There is one with that id, and this is it, unchanged.', schema: objectSchema(definition) },
      },
    },
    DELETE: {
      ...common,
      id: `delete_${plural}`,
      summary: `Deletes the ${plural} that are asked for.`,
      parameters,
      responses: {
        200: {
          description: 'What is left of them.',
          schema: enveloped({ type: 'array', items: schemaReference('Tombstone') }),
        },
      },
    },
  };
}

/** `GET`, `HEAD`, `PUT`, `PATCH` and `DELETE` of one object. */
export function objectOperations(definition: ResourceDefinition): OperationDescriptions {
  const { name } = definition;
  const common = { tag: headingOf(definition), ...PROTECTED };
  const shown = objectSchema(definition);
  return {
    GET: {
      ...common,
      id: `get_${name}`,
      summary: `One ${name}.`,
      parameters: parameterReferences(['_fields', ...PRECONDITIONS]),
      responses: { 200: { description: 'The object.', schema: { ...shown, required: ['data'] } }, 304: NOT_MODIFIED },
    },
    PUT: {
      ...common,
      id: `update_${name}`,
      summary: `Makes the ${name}, or replaces it.`,
      description: 'Without `data`, what there is stays; without `permissions`, they stay.',
      parameters: parameterReferences(PRECONDITIONS),
      requestBody: bodyOf(inputOf(definition)),
      responses: {
        201: { description: 'It is made.', schema: shown },
        200: { description: 'It is replaced.', schema: shown },
      },
    },
    PATCH: {
      ...common,
      id: `patch_${name}`,
      summary: `Changes attributes or permissions of the ${name}.`,
      description: 'Attributes are replaced one by one; in a merge patch, null removes what it stands for.',
      parameters: parameterReferences(['Response-Behavior', ...PRECONDITIONS]),
      requestBody: patchBody(definition),
      responses: { 200: { description: 'It is changed.', schema: patchedSchema(definition) } },
    },
    DELETE: {
      ...common,
      id: `delete_${name}`,
      summary: `Deletes the ${name}, and everything in it.`,
      parameters: parameterReferences(['suggested', ...PRECONDITIONS]),
      responses: { 200: { description: 'What is left of it.', schema: enveloped(schemaReference('Tombstone')) } },
    },
  };
}

/** As Kinto's document has its tags: `Buckets`. */
export function headingOf({ plural }: ResourceDefinition): string {
  return plural.charAt(0).toUpperCase() + plural.slice(1);
}

function listSchema(definition: ResourceDefinition): JsonSchema {
  const items = { anyOf: [schemaReference(schemaName(definition)), schemaReference('Tombstone')] };
  return enveloped({ type: 'array', items });
}

function enveloped(data: JsonSchema): JsonSchema {
  return { type: 'object', required: ['data'], properties: { data }, additionalProperties: false };
}

function objectSchema(definition: ResourceDefinition): JsonSchema {
  const name = schemaName(definition);
  return {
    type: 'object',
    required: ['permissions', 'data'],
    properties: { permissions: schemaReference(`${name}Permissions`), data: schemaReference(name) },
    additionalProperties: false,
  };
}

/** With `light` and `diff` it is a part of the object, and no permissions. */
function patchedSchema(definition: ResourceDefinition): JsonSchema {
  return { anyOf: [objectSchema(definition), enveloped({ type: 'object' })] };
}

function inputOf(definition: ResourceDefinition): JsonSchema {
  return schemaReference(`${schemaName(definition)}Input`);
}

function bodyOf(schema: JsonSchema): JsonObject {
  return { content: { [JSON_TYPE]: { schema } } };
}

function patchBody(definition: ResourceDefinition): JsonObject {
  const merged = { allOf: [inputOf(definition)], anyOf: [{ required: ['data'] }, { required: ['permissions'] }] };
  const content = PATCH_TYPES.map((type): [string, JsonObject] => {
    return [type, { schema: type === JSON_PATCH_TYPE ? schemaReference('JsonPatch') : merged }];
  });
  return { required: true, content: Object.fromEntries(content) };
}
