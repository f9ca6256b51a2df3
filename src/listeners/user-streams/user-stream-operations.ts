import type { OperationDescriptions } from '../../resources/openapi/operation.js';

const TAG = 'User streams';

const CONNECTION_ID = { type: 'string', pattern: '^u_[A-Za-z0-9_-]{16}$' };

export const PATH_PARAMETERS = {
  connection_id: { description: 'Of the hello of the stream.', schema: CONNECTION_ID },
  subscription_id: { description: 'As the list was answered with it.' },
};

/** What the OpenAPI document says of the stream. */
export const STREAM_OPERATIONS: OperationDescriptions = {
  GET: {
    id: 'get_user_stream',
    tag: TAG,
    summary: 'A connection that tells of any lists, as they change.',
    description:
      'As server-sent events with `Accept: text/event-stream`, or as a WebSocket. Its first message has a ' +
      '`connection_id`; every list that is then asked for with `_connection_id` is told of.',
    isProtected: true,
    errors: [400, 406],
    parameters: [
      parameter('connection_id', 'Of a stream to go on with.', CONNECTION_ID),
      parameter('auto_delete', '`1`: it goes with its connection.', { enum: ['0', '1'], default: '0' }),
    ],
    responses: {
      200: { description: 'Frames as JSON, each an event.', types: ['text/event-stream'], schema: { type: 'string' } },
    },
  },
};

export const CONNECTION_OPERATIONS: OperationDescriptions = {
  DELETE: {
    id: 'delete_user_stream',
    tag: TAG,
    summary: 'Ends a stream with all its subscriptions.',
    isProtected: true,
    errors: [404],
    responses: { 204: { description: 'It is gone.' } },
  },
};

export const SUBSCRIPTION_OPERATIONS: OperationDescriptions = {
  DELETE: {
    id: 'delete_user_stream_subscription',
    tag: TAG,
    summary: 'Nothing more is told of one list.',
    isProtected: true,
    errors: [404],
    responses: { 204: { description: 'It is gone.' } },
  },
};

function parameter(name: string, description: string, schema: object) {
  return { name, in: 'query', required: false, description, schema: { ...schema } };
}
