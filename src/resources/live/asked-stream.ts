import type { ApiRequest } from '../api-message.js';
import { parseQueryString } from '../query-string.js';

const EVENT_STREAM = 'text/event-stream';

/** The head of an answer that goes on as events. */
export const EVENT_STREAM_HEADERS = {
  'Content-Type': EVENT_STREAM,
  'Cache-Control': 'no-store, no-transform',
  // nginx would collect an answer before it passes it on.
  'X-Accel-Buffering': 'no',
  Vary: 'Accept',
};

/** Whether server-sent events are asked for: by the header, or by the parameter where no header can be set. */
export function isEventStreamAsked({ method, headers, queryString, mayStream }: ApiRequest): boolean {
  if (mayStream !== true || (method !== 'GET' && method !== 'HEAD')) return false;
  const live = liveIn(queryString);
  if (live !== undefined) return live === 'sse';
  const accepted = (headers.accept ?? '').split(',').map((range) => range.split(';', 1)[0]!.trim().toLowerCase());
  return accepted.includes(EVENT_STREAM) && !accepted.includes('application/json');
}

/** The value of `_live`. */
export function liveIn(queryString: string): string | undefined {
  return queryString.includes('_live=') ? new Map(parseQueryString(queryString)).get('_live') : undefined;
}
