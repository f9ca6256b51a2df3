import { JSON_TYPE } from '../../resources/api-message.js';
import { schemaName, schemaReference } from '../../resources/openapi/object-schemas.js';
import type { OperationDescriptions, ResponseDescription } from '../../resources/openapi/operation.js';
import { objectOperations, pluralOperations } from '../../resources/openapi/resource-operations.js';
import type { ResourceDefinition } from '../../resources/resource-definition.js';
import type { JsonObject } from '../../wire/json.js';

const SIGNING_UP = 'Where the settings let everybody sign up, it needs no login.';
const OWN = 'For administrators, that is everybody; for others, it is they themselves.';

/** Of the list: what differs from other resources. */
export function accountsOperations(definition: ResourceDefinition): OperationDescriptions {
  const { GET, HEAD, POST, DELETE } = pluralOperations(definition);
  return {
    ...(GET && { GET: { ...GET, summary: 'The accounts that the caller may read.', description: OWN } }),
    ...(HEAD && { HEAD: { ...HEAD, description: OWN } }),
    ...(POST && {
      POST: {
        ...POST,
        summary: 'Signs up, or makes an account for somebody else.',
        description: SIGNING_UP,
        requestBody: bodyWith(definition, ['id', 'password']),
      },
    }),
    ...(DELETE && { DELETE: { ...DELETE, description: OWN } }),
  };
}

/** Of one account. */
export function accountOperations(definition: ResourceDefinition): OperationDescriptions {
  const { GET, PUT, PATCH } = objectOperations(definition);
  return {
    ...(GET && { GET: { ...GET, responses: { ...GET.responses, 200: shownWithSocket(definition) } } }),
    ...(PUT && {
      PUT: {
        ...PUT,
        summary: 'Signs up, or replaces the account, its password included.',
        description: SIGNING_UP,
        requestBody: bodyWith(definition, ['password']),
      },
    }),
    ...(PATCH && { PATCH: { ...PATCH, description: 'Without a password, it stays as it is.' } }),
  };
}

/** Its owner is told beside it how to hear of changes, where the server tells any. */
function shownWithSocket(definition: ResourceDefinition): ResponseDescription {
  const name = schemaName(definition);
  return {
    description: 'The account.',
    schema: {
      type: 'object',
      required: ['data'],
      properties: {
        permissions: schemaReference(`${name}Permissions`),
        data: schemaReference(name),
        socket: { type: 'object', description: 'As `GET /realtime` has it; for the owner.' },
      },
      additionalProperties: false,
    },
  };
}

/** Unlike other resources, accounts need `data`, and these attributes in it. */
function bodyWith(definition: ResourceDefinition, required: readonly string[]): JsonObject {
  const schema = {
    allOf: [schemaReference(`${schemaName(definition)}Input`)],
    required: ['data'],
    properties: { data: { required: [...required] } },
  };
  return { required: true, content: { [JSON_TYPE]: { schema } } };
}
