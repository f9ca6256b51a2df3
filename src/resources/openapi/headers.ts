import type { JsonObject } from '../../wire/json.js';

const TEXT = { type: 'string' };
const SECONDS = { type: 'string', pattern: '^[0-9]+$' };

/** The headers that answers have. */
const HEADERS: Readonly<Record<string, { readonly description: string; readonly schema: JsonObject }>> = {
  ETag: {
    description: 'The version of the object or the list: its timestamp in ms, in double quotes.',
    schema: { type: 'string', pattern: '^"[0-9]+"$' },
  },
  'Last-Modified': { description: 'The same instant as a date, in whole seconds.', schema: TEXT },
  'Next-Page': { description: 'Where the list goes on; absent at its end.', schema: { type: 'string', format: 'uri' } },
  'Total-Objects': { description: 'How many objects there are.', schema: SECONDS },
  'Total-Records': { description: 'The same, by its old name.', schema: SECONDS },
  'Cache-Control': { description: 'How long the answer may be kept.', schema: TEXT },
  Expires: { description: 'Until when it may be kept.', schema: TEXT },
  Pragma: { description: '`no-cache`, for caches of old.', schema: TEXT },
  Backoff: { description: 'For how many seconds to hold back.', schema: SECONDS },
  'Retry-After': { description: 'After how many seconds to try again.', schema: SECONDS },
  Alert: { description: 'JSON with `code`, `message` and `url`: something is deprecated, or ends.', schema: TEXT },
  Allow: { description: 'The methods that there are.', schema: TEXT },
  Location: { description: 'Where it is.', schema: { type: 'string', format: 'uri' } },
  'WWW-Authenticate': { description: 'How to log in.', schema: TEXT },
};

/** `#/components/headers`. */
export function headerComponents(): JsonObject {
  return Object.fromEntries(
    Object.entries(HEADERS).map(([name, { description, schema }]) => [name, { description, schema }]),
  );
}

/** References to those that are known; a name that is not becomes a plain text. */
export function headersOf(names: readonly string[]): JsonObject {
  return Object.fromEntries(
    names.map((name) => [name, name in HEADERS ? { $ref: `#/components/headers/${name}` } : { schema: TEXT }]),
  );
}
