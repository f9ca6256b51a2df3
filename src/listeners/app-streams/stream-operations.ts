import type { OperationDescription, OperationDescriptions } from '../../resources/openapi/operation.js';
import { JSON_TYPE } from '../../resources/api-message.js';
import type { JsonObject } from '../../wire/json.js';
import { INCLUDED, OBJECT_TYPES, WIRES } from './stream-wish.js';
import { KEY_PATTERN } from './stream.definition.js';

const TEXT = { type: 'string' };

const WISH = {
  key: { type: 'string', pattern: KEY_PATTERN.source },
  type: { enum: [...WIRES], default: 'websocket' },
  object_types: { type: 'array', minItems: 1, items: { enum: [...OBJECT_TYPES] } },
  scope: { type: 'array', items: TEXT, description: 'Patterns of URIs; none: everything.' },
  filter: { type: 'object', description: 'By type, the filters of its list, e.g. `{"record": {"status": "open"}}`.' },
  include: { type: 'array', items: { enum: [...INCLUDED] } },
  echo: { type: 'boolean', default: true, description: 'Whether it tells what its owner does.' },
};

const SHOWN = {
  type: 'object',
  required: ['id', 'last_modified'],
  properties: {
    ...{ id: TEXT, last_modified: { type: 'integer' }, deleted: { const: true } },
    ...WISH,
    endpoint: { type: 'string', description: 'Where to connect.' },
    position: { type: ['string', 'null'], description: 'The last that was sent.' },
    acked: { type: ['string', 'null'], description: 'The last that was acknowledged.' },
    connected: { type: 'integer', description: 'How many connections it has to this server.' },
  },
};

const ONE = answer(SHOWN);
const LIST = answer({ type: 'array', items: SHOWN });

/** What the OpenAPI document says of the list. */
export const STREAMS_OPERATIONS: OperationDescriptions = {
  GET: operation('get_streams', "The caller's app streams.", { 200: { description: 'The streams.', schema: LIST } }),
  POST: {
    ...operation('create_stream', 'Makes an app stream.', {
      200: { description: 'It was there; it is as it was.', schema: ONE },
      201: { description: 'It was made.', schema: ONE },
    }),
    requestBody: accepting(['object_types']),
  },
  DELETE: operation('delete_streams', "Deletes the caller's app streams.", {
    200: { description: 'The tombstones.', schema: LIST },
  }),
};

/** Of one stream. */
export const STREAM_OPERATIONS: OperationDescriptions = {
  GET: operation('get_stream', 'One app stream.', { 200: { description: 'The stream.', schema: ONE } }, [404]),
  PUT: {
    ...operation('update_stream', 'Makes an app stream, or replaces it for whoever is connected, too.', {
      200: { description: 'It was replaced.', schema: ONE },
      201: { description: 'It was made.', schema: ONE },
    }),
    requestBody: accepting(['object_types']),
  },
  PATCH: {
    ...operation(
      'patch_stream',
      'Changes an app stream.',
      { 200: { description: 'As it is now.', schema: ONE } },
      [404],
    ),
    requestBody: accepting([]),
  },
  DELETE: operation(
    'delete_stream',
    'Deletes an app stream and ends its connection.',
    { 200: { description: 'The tombstone.', schema: ONE } },
    [404],
  ),
};

function operation(
  id: string,
  summary: string,
  responses: OperationDescription['responses'],
  errors: readonly number[] = [],
): OperationDescription {
  return { id, tag: 'App streams', summary, isProtected: true, errors: [400, 412, ...errors], responses };
}

function answer(data: JsonObject): JsonObject {
  return {
    type: 'object',
    required: ['data'],
    properties: { permissions: { type: 'object', maxProperties: 0 }, data },
    additionalProperties: false,
  };
}

function accepting(required: readonly string[]): JsonObject {
  const data = { type: 'object', properties: WISH, required: [...required] };
  const schema = { type: 'object', required: ['data'], properties: { data } };
  return { required: true, content: { [JSON_TYPE]: { schema } } };
}
