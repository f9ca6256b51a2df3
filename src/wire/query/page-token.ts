import { encodeJson, isJsonObject, type JsonObject, type JsonValue } from '../json.js';
import { valueAt } from './field-path.js';
import { coerceValue, findFault } from './query-parameters.js';
import type { Sort } from './sort.js';

/** Where a page ended (5.8). */
export interface PageToken {
  /** The last object's value for each sort field, under the field as written; a field it lacks is absent. */
  readonly lastObject: JsonObject;
  /** How many objects the pages so far held. Told, not used: the resume rule needs only `lastObject`. */
  readonly offset: number;
  /** Names the token, so that one given out by a DELETE is used once. */
  readonly nonce: string;
}

/** A nonce is this and a random UUID. */
export const PAGE_NONCE_PREFIX = 'pagination-token-';

/** The `_token` that continues after `lastObject`. Only the fields it is sorted by leave the server. */
export function encodePageToken(
  lastObject: JsonObject,
  sort: readonly Sort[],
  { offset, nonce }: Pick<PageToken, 'offset' | 'nonce'>,
): string {
  const shown = sort.flatMap(({ field, path }): [string, JsonValue][] => {
    const value = valueAt(lastObject, path);
    return value === undefined ? [] : [[field, value]];
  });
  const token = { last_object: Object.fromEntries(shown), offset, nonce };
  return Buffer.from(encodeJson(token)).toString('base64');
}

/**
 * The inverse of {@link encodePageToken}; `undefined` for whatever it cannot have written for this sort order. Kinto
 * answers 500 to a well-formed token with values of the wrong type; here it is malformed like any other.
 *
 * @param uniqueText the field of `ListQueryOptions`, where there is one
 */
export function decodePageToken(text: string, sort: readonly Sort[], uniqueText?: string): PageToken | undefined {
  const token = decode(text);
  if (!isJsonObject(token)) return undefined;
  const { last_object: lastObject, offset, nonce } = token;
  if (!isJsonObject(lastObject) || typeof nonce !== 'string') return undefined;
  if (typeof offset !== 'number' || !Number.isSafeInteger(offset) || offset < 0) return undefined;
  const isComplete = hasColumnsOf(lastObject, sort, uniqueText);
  return isComplete && findFault(token) === undefined ? { lastObject, offset, nonce } : undefined;
}

/** Text that is no JSON comes back as text, which is no token either. */
function decode(text: string): JsonValue | undefined {
  const base64 = text.trim();
  const isBase64 = base64.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(base64);
  return isBase64 ? coerceValue(Buffer.from(base64, 'base64').toString('utf8')) : undefined;
}

/** No object lacks its id or its timestamp, so a token whose order needs them has them, in their types. */
function hasColumnsOf(lastObject: JsonObject, sort: readonly Sort[], uniqueText: string | undefined): boolean {
  if (uniqueText !== undefined) return typeof lastObject[uniqueText] === 'string';
  return sort.every(({ field }) => {
    if (field === 'id') return typeof lastObject.id === 'string';
    if (field === 'last_modified') return Number.isSafeInteger(lastObject.last_modified);
    return true;
  });
}
