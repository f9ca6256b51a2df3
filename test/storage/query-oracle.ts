import type { JsonObject, JsonValue } from '../../src/wire/json.js';
import type { Filter, ListQuery, Sort } from '../../src/wire/query/list-query.js';

/*
 * The list query once more, as plainly as it can be said: straight from the tables of kinto-api.md, 5.2 to 5.8, over
 * an array of objects, sharing no code with what it is compared with.
 */

export interface Row {
  readonly id: string;
  readonly lastModified: number;
  readonly data: JsonObject;
  readonly deleted: boolean;
}

type Value = JsonValue | undefined;

export function expectedRows(
  rows: readonly Row[],
  query: Pick<ListQuery, 'filters' | 'sort' | 'includeDeleted'>,
): Row[] {
  return rows
    .filter((row) => query.includeDeleted || !row.deleted)
    .filter((row) => query.filters.every((filter) => matches(row, filter)))
    .sort((a, b) => compareRows(a, b, query.sort));
}

function compareRows(a: Row, b: Row, sort: readonly Sort[]): number {
  for (const { path, direction } of sort) {
    const order = compare(look(a, path), look(b, path));
    if (order !== 0) return direction === 'ascending' ? order : -order;
  }
  return 0;
}

function look(row: Row, path: readonly string[]): Value {
  let value: Value = { ...row.data, id: row.id, last_modified: row.lastModified };
  for (const key of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    value = new Map<string, JsonValue>(Object.entries(value)).get(key);
  }
  return value;
}

export function matches(row: Row, filter: Filter): boolean {
  const value = look(row, filter.path);
  switch (filter.operator) {
    case 'eq':
      return value !== undefined && compare(value, filter.value) === 0;
    case 'not':
      return value === undefined || compare(value, filter.value) !== 0;
    case 'gt':
      return value === undefined || compare(value, filter.value) > 0;
    case 'min':
      return value === undefined || compare(value, filter.value) >= 0;
    case 'lt':
      return value !== undefined && compare(value, filter.value) < 0;
    case 'max':
      return value !== undefined && compare(value, filter.value) <= 0;
    case 'in':
      return value !== undefined && filter.value.some((one) => compare(one, value) === 0);
    case 'exclude':
      return value === undefined || !filter.value.some((one) => compare(one, value) === 0);
    case 'like':
      return value !== undefined && value !== null && isLike(value, filter.value);
    case 'has':
      return filter.value === (value !== undefined);
    case 'contains':
      return Array.isArray(value) && includes(value, filter.value);
    case 'contains_any':
      return Array.isArray(value) && filter.value.some((one) => value.some((element) => compare(element, one) === 0));
  }
}

function isLike(value: JsonValue, pattern: string): boolean {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const pieces = (pattern.includes('*') ? pattern : `*${pattern}*`).split('*');
  const escaped = pieces.map((piece) => piece.replace(/[\\^$.|?+()[\]{}/-]/g, '\\$&'));
  return new RegExp(`^${escaped.join('.*')}$`, 'isu').test(text);
}

function includes(value: JsonValue, wanted: JsonValue | readonly JsonValue[]): boolean {
  if (isList(wanted)) return Array.isArray(value) && wanted.every((one) => value.some((inner) => includes(inner, one)));
  if (typeof wanted !== 'object' || wanted === null) return value === wanted;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const own = new Map<string, JsonValue>(Object.entries(value));
  return Object.entries(wanted).every(([key, one]) => {
    const inner = own.get(key);
    return inner !== undefined && includes(inner, one);
  });
}

function isList(value: JsonValue | readonly JsonValue[]): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** `[]` < null < string < number < boolean < array < object < missing. */
export function compare(a: Value, b: Value): number {
  const isEmptyList = (value: Value) => Array.isArray(value) && value.length === 0;
  if (isEmptyList(a) || isEmptyList(b)) return Number(isEmptyList(b)) - Number(isEmptyList(a));
  return compareInside(a, b);
}

function compareInside(a: Value, b: Value): number {
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  if (typeof a === 'number' && typeof b === 'number') return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  if (Array.isArray(a) && Array.isArray(b)) return compareLists(a, b);
  if (typeof a === 'object' && typeof b === 'object' && a !== null && b !== null) {
    return compareObjects(a as JsonObject, b as JsonObject);
  }
  return 0;
}

function rank(value: Value): number {
  if (value === undefined) return 6;
  if (value === null) return 0;
  if (Array.isArray(value)) return 4;
  return { string: 1, number: 2, boolean: 3, object: 5 }[typeof value as 'string' | 'number' | 'boolean' | 'object'];
}

function compareText(a: string, b: string): number {
  const left = Array.from(a, (character) => character.codePointAt(0) ?? 0);
  const right = Array.from(b, (character) => character.codePointAt(0) ?? 0);
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

function compareLists(a: readonly JsonValue[], b: readonly JsonValue[]): number {
  if (a.length !== b.length) return a.length - b.length;
  return firstDifference(a.map((value, i) => compareInside(value, b[i])));
}

function compareObjects(a: JsonObject, b: JsonObject): number {
  const left = pairs(a);
  const right = pairs(b);
  if (left.length !== right.length) return left.length - right.length;
  return firstDifference(
    left.flatMap(([key, value], i) => {
      const [otherKey = '', otherValue = null] = right[i] ?? [];
      return [compareText(key, otherKey), compareInside(value, otherValue)];
    }),
  );
}

/** jsonb keeps its keys by length in bytes, then by their bytes. */
function pairs(object: JsonObject): [string, JsonValue][] {
  const length = (key: string) => new TextEncoder().encode(key).length;
  return Object.entries(object).sort(([a], [b]) => length(a) - length(b) || compareText(a, b));
}

function firstDifference(orders: readonly number[]): number {
  return orders.find((order) => order !== 0) ?? 0;
}
