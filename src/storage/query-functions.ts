import type { Database } from 'better-sqlite3';
import { isJsonObject, parseJsonText, stringifyJson, type JsonValue } from '../wire/json.js';
import { registerUriFunction } from './uri-function.js';
import { isComposite, MISSING_KEY, orderKey } from './query-order-key.js';

/**
 * The SQL functions that the list query calls where SQLite's own JSON functions cannot say what is meant. Each takes
 * the JSON text of a value, NULL where the field is missing.
 */
export const QUERY_FUNCTIONS = {
  /** (value) → text whose binary order is the order of the values; see `query-order-key.ts`. */
  orderKey: 'kumocast_order_key',
  /** (value, pattern) → 1 where the text form matches, whatever the case. */
  like: 'kumocast_like',
  /** (value, JSON array) → 1 where the value is an array that contains every element, objects by subset. */
  containsAll: 'kumocast_contains_all',
  /** (value, JSON array) → 1 where the value is an array with at least one of the elements. */
  containsAny: 'kumocast_contains_any',
} as const;

/** Makes the functions of the list query known to a connection. Once for each connection, before its first query. */
export function registerQueryFunctions(database: Database): void {
  // directOnly: nothing stored in the database file (a trigger, a view) can call into this process.
  const options = { deterministic: true, directOnly: true };
  const likeOf = remember(likeMatcher);
  const allOf = remember(containsAllMatcher);
  const anyOf = remember(containsAnyMatcher);
  database.function(QUERY_FUNCTIONS.orderKey, options, (json: string | null) =>
    json === null ? MISSING_KEY : orderKey(parseJsonText(json)),
  );
  registerUriFunction(database);
  database.function(QUERY_FUNCTIONS.like, options, matching(likeOf));
  database.function(QUERY_FUNCTIONS.containsAll, options, matching(allOf));
  database.function(QUERY_FUNCTIONS.containsAny, options, matching(anyOf));
}

type Matcher = (value: JsonValue) => boolean;

function matching(matcherOf: (wanted: string) => Matcher): (json: string | null, wanted: string) => 0 | 1 {
  return (json, wanted) => (json !== null && matcherOf(wanted)(parseJsonText(json)) ? 1 : 0);
}

/** One query asks for the same few matchers, row after row; more than it can hold are not worth keeping. */
const MATCHERS_KEPT = 32;

function remember(compile: (wanted: string) => Matcher): (wanted: string) => Matcher {
  const kept = new Map<string, Matcher>();
  return (wanted) => {
    let matcher = kept.get(wanted);
    if (matcher === undefined) {
      if (kept.size >= MATCHERS_KEPT) kept.clear();
      matcher = compile(wanted);
      kept.set(wanted, matcher);
    }
    return matcher;
  };
}

/**
 * `*` is any sequence, everything else itself; without a `*` the text may stand anywhere (kinto-api.md, 5.3). A value
 * that is no string is matched by its JSON text, null by nothing. Walks along the text once per piece: a pattern made
 * of many stars costs nothing more, as it would in a regular expression.
 */
export function likeMatcher(pattern: string): Matcher {
  const pieces = foldCase(pattern.includes('*') ? pattern : `*${pattern}*`).split('*');
  const first = pieces[0] ?? '';
  const last = pieces.at(-1) ?? '';
  const between = pieces.slice(1, -1);
  return (value) => {
    if (value === null) return false;
    const text = foldCase(typeof value === 'string' ? value : stringifyJson(value));
    const end = text.length - last.length;
    if (end < first.length || !text.startsWith(first) || !text.endsWith(last)) return false;
    let position = first.length;
    for (const piece of between) {
      const found = text.indexOf(piece, position);
      if (found === -1) return false;
      position = found + piece.length;
    }
    return position <= end;
  };
}

/** Unicode's case, both ways: the final sigma and the Kelvin sign each fold in one direction only. */
function foldCase(text: string): string {
  return text.toLowerCase().toUpperCase();
}

export function containsAllMatcher(json: string): Matcher {
  const wanted = parseJsonText(json) as JsonValue[];
  return (value) => Array.isArray(value) && containsEach(value, wanted);
}

/** PostgreSQL's `@>`: arrays whatever the order, objects by subset, at every depth. */
function contains(value: JsonValue, wanted: JsonValue): boolean {
  if (Array.isArray(wanted)) return Array.isArray(value) && containsEach(value, wanted);
  if (!isJsonObject(wanted)) return value === wanted;
  return (
    isJsonObject(value) &&
    Object.entries(wanted).every(([key, inner]) => Object.hasOwn(value, key) && contains(value[key] ?? null, inner))
  );
}

function containsEach(values: readonly JsonValue[], wanted: readonly JsonValue[]): boolean {
  const scalars = new Set(values);
  return wanted.every((one) => (isComposite(one) ? values.some((value) => contains(value, one)) : scalars.has(one)));
}

export function containsAnyMatcher(json: string): Matcher {
  const wanted = new Set((parseJsonText(json) as JsonValue[]).map(orderKey));
  return (value) => Array.isArray(value) && value.some((element) => wanted.has(orderKey(element)));
}
