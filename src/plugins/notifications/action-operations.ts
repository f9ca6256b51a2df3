import type { OperationDescription, OperationDescriptions } from '../../resources/openapi/operation.js';
import type { JsonObject } from '../../wire/json.js';
import type { SubscriptionKind } from './subscription-kinds.js';

const TEXT = { type: 'string' };

const DELIVERIES = { type: 'array', items: { type: 'object' } };

const OUTCOME = {
  type: 'object',
  required: ['delivery', 'result'],
  properties: { delivery: TEXT, result: TEXT, reason: TEXT },
};

const BEGUN = {
  type: 'object',
  required: ['id', 'last_modified'],
  properties: { id: TEXT, last_modified: { type: 'integer' } },
};

const POSITION = { type: 'object', required: ['position'], properties: { position: TEXT } };

export function deliveriesOperations({ name }: SubscriptionKind): OperationDescriptions {
  const answer = shown('The newest first.', DELIVERIES);
  return { GET: operation(`get_${name}_deliveries`, 'What became of the last messages.', { 200: answer }) };
}

export function replayOperations({ name }: SubscriptionKind): OperationDescriptions {
  const answer = shown('It begins again there.', BEGUN);
  const POST = {
    ...operation(`replay_${name}`, 'Tells again everything behind a position.', { 202: answer }),
    requestBody: { required: true, content: { 'application/json': { schema: POSITION } } },
  };
  return { POST: { ...POST, errors: [400, 404] } };
}

export function testOperations({ name }: SubscriptionKind): OperationDescriptions {
  const answer = shown('What came of it.', OUTCOME);
  return { POST: operation(`test_${name}`, 'Sends a message that is marked as a test.', { 200: answer }) };
}

function operation(id: string, summary: string, responses: OperationDescription['responses']): OperationDescription {
  return { id, tag: 'Notifications', summary, isProtected: true, errors: [404], responses };
}

function shown(description: string, data: JsonObject) {
  return { description, schema: { type: 'object', required: ['data'], properties: { data } } };
}
