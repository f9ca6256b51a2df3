import type { OperationDescriptions } from '../../resources/openapi/operation.js';
import type { JsonObject } from '../../wire/json.js';

const SIGNED = {
  type: 'object',
  required: ['auth'],
  properties: { auth: { type: 'string' }, channel_data: { type: 'string' }, shared_secret: { type: 'string' } },
  additionalProperties: false,
};

const BATCH = {
  type: 'object',
  additionalProperties: { type: 'object', required: ['status'], properties: { status: { type: 'integer' } } },
};

const SOCKET_ID = { type: 'string', pattern: '^\\d+\\.\\d+$' };

/** @param suffix makes the ids of a second place with the same operations different */
export function channelOperations(hasJsonp: boolean, suffix = ''): OperationDescriptions {
  const POST = {
    id: `pusher_auth${suffix}`,
    tag: 'Realtime',
    summary: 'Signs for a channel that the caller may read.',
    description: 'For `channelAuthorization` of pusher-js. With `channel_name[]`, the answer is by channel.',
    requestBody: form({ socket_id: SOCKET_ID, channel_name: { type: 'string' } }, ['socket_id', 'channel_name']),
    isProtected: true,
    errors: [400],
    responses: { 200: { description: 'The signature.', schema: { anyOf: [SIGNED, BATCH] } } },
  };
  if (!hasJsonp) return { POST };
  const GET = {
    id: `pusher_auth_jsonp${suffix}`,
    tag: 'Realtime',
    summary: 'The same as a script that calls `callback`; only a ticket or a token in the query counts.',
    parameters: ['callback', 'socket_id', 'channel_name', 'ticket', 'access_token'].map((name, index) => ({
      name,
      in: 'query',
      required: index < 3,
      schema: { type: 'string' },
    })),
    errors: [400],
    responses: { 200: { description: 'The script.', schema: { type: 'string' }, types: ['application/javascript'] } },
  };
  return { GET, POST };
}

export function userOperations(): OperationDescriptions {
  return {
    POST: {
      id: 'pusher_user_auth',
      tag: 'Realtime',
      summary: 'Signs the caller in on a socket.',
      description: 'For `userAuthentication` of pusher-js.',
      requestBody: form({ socket_id: SOCKET_ID }, ['socket_id']),
      isProtected: true,
      errors: [400],
      responses: {
        200: {
          description: 'The signature.',
          schema: {
            type: 'object',
            required: ['auth', 'user_data'],
            properties: { auth: { type: 'string' }, user_data: { type: 'string' } },
            additionalProperties: false,
          },
        },
      },
    },
  };
}

function form(properties: JsonObject, required: string[]): JsonObject {
  const schema = { type: 'object', required, properties };
  return { content: { 'application/x-www-form-urlencoded': { schema }, 'application/json': { schema } } };
}
