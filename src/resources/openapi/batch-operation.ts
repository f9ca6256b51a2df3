import type { JsonObject } from '../../wire/json.js';
import { BATCH_METHODS } from '../batch/batch-body.js';
import type { OperationDescriptions } from './operation.js';

/** @param maxRequests 0: any number */
export function batchOperations(maxRequests: number): OperationDescriptions {
  const limit: JsonObject = maxRequests > 0 ? { maxItems: maxRequests } : {};
  const hasPath = { type: 'object', required: ['path'], properties: { path: { type: 'string' } } };
  return {
    POST: {
      id: 'batch',
      tag: 'Batch',
      summary: 'Many requests in one, and in one transaction.',
      description: 'A refused request leaves the others as they are; a failure, or a conflict, refuses all of them.',
      requestBody: {
        required: true,
        content: {
          'application/json': {
            schema: {
              type: 'object',
              required: ['requests'],
              additionalProperties: false,
              properties: {
                defaults: {
                  ...item({ path: { type: 'string', pattern: '^/' } }),
                  description: 'What requests have that do not say otherwise.',
                },
                requests: { type: 'array', items: item({ path: { type: 'string', pattern: '^/' } }), ...limit },
              },
              anyOf: [
                { required: ['defaults'], properties: { defaults: hasPath } },
                { properties: { requests: { items: hasPath } } },
              ],
            },
          },
        },
      },
      responses: {
        200: {
          description: 'Each answer, in the order of the requests.',
          schema: {
            type: 'object',
            required: ['responses'],
            properties: { responses: { type: 'array', items: RESPONSE } },
          },
        },
      },
    },
  };
}

const RESPONSE: JsonObject = {
  type: 'object',
  required: ['status', 'path', 'headers', 'body'],
  properties: {
    status: { type: 'integer' },
    path: { type: 'string' },
    headers: { type: 'object', additionalProperties: { type: 'string' } },
    body: { description: 'As without a batch; an empty text where there is none.' },
  },
};

function item(path: JsonObject): JsonObject {
  return {
    type: 'object',
    additionalProperties: false,
    properties: {
      method: { enum: [...BATCH_METHODS, null], description: 'By default GET.' },
      ...path,
      headers: { type: 'object', additionalProperties: { type: 'string' } },
      body: { type: 'object' },
    },
  };
}
