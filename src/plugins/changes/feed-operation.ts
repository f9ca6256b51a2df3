import type { LiveSettings } from '../../resources/live/live.settings.js';
import type { OperationDescription } from '../../resources/openapi/operation.js';
import { CHANGE_ACTIONS } from '../../wire/change-action.js';
import type { JsonObject } from '../../wire/json.js';
import type { FeedScope } from './feed-scopes.js';

const PAGE = {
  type: 'object',
  required: ['data', 'position', 'previous', 'more'],
  properties: {
    data: { type: 'array', items: { type: 'object' } },
    position: { type: 'string', description: 'Where to go on from.' },
    previous: { type: 'string', description: 'Where this answer begins.' },
    more: { type: 'boolean', description: 'Whether there may be more right behind it.' },
    event: { enum: ['reset', 'revoked', 'gone', 'bye'] },
    reason: { type: 'string' },
  },
};

/** What the OpenAPI document says of a feed. */
export function feedOperation({ name, summary }: FeedScope, { maxWait }: LiveSettings): OperationDescription {
  return {
    id: `get_${name.replace('-', '_')}`,
    tag: 'Changes',
    summary,
    description: 'With `Accept: text/event-stream` it goes on, each change an event.',
    isProtected: true,
    errors: [400, 404, 406],
    parameters: [
      parameter('_position', 'A position that was told, `now` or `earliest`.', { type: 'string', default: 'now' }),
      parameter('_limit', 'The most changes.', { type: 'integer', minimum: 1, maximum: 1000, default: 100 }),
      parameter('_wait', 'Seconds to wait for a change.', { type: 'number', minimum: 0, maximum: maxWait, default: 0 }),
      parameter('resource', 'Only changes of these, with commas between.', { type: 'string' }),
      parameter('action', `Of ${CHANGE_ACTIONS.join(', ')}, with commas between.`, { type: 'string' }),
      parameter('scope', 'URIs of objects, each with all below it; `*` stands for any text.', { type: 'string' }),
      parameter('include', '`old`: with the state before.', { enum: ['old'] }),
    ],
    responses: { 200: { description: 'A page.', schema: PAGE } },
  };
}

function parameter(name: string, description: string, schema: JsonObject): JsonObject {
  return { name, in: 'query', required: false, description, schema };
}
