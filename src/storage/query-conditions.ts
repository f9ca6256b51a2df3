import { stringifyJson, type JsonObject, type JsonValue } from '../wire/json.js';
import type { Filter } from '../wire/query/list-query.js';
import { QUERY_FUNCTIONS } from './query-functions.js';
import { isComposite, orderKey } from './query-order-key.js';
import type { SqlDialect } from './sql-dialect.js';

/** A piece of SQL and the values of its placeholders, in order. What a caller wrote is only ever among the values. */
export interface Fragment {
  readonly text: string;
  readonly parameters: readonly (string | number)[];
}

export function fragment(text: string, ...parameters: (string | number)[]): Fragment {
  return { text, parameters };
}

/** All of them, or any: neither takes an empty list. */
export function join(parts: readonly Fragment[], word: 'AND' | 'OR'): Fragment {
  return {
    text: parts.map(({ text }) => text).join(` ${word} `),
    parameters: parts.flatMap(({ parameters }) => parameters),
  };
}

/**
 * A path as SQLite's JSON functions read it. A quoted label may be written with JSON's escapes and finds its key
 * however that is escaped itself (SQLite 3.45 and later), so every key can be expressed.
 */
export function jsonPath(path: readonly string[]): string {
  return '$' + path.map((key) => '.' + JSON.stringify(key)).join('');
}

function isColumn(path: readonly string[]): boolean {
  return path.length === 1 && (path[0] === 'id' || path[0] === 'last_modified');
}

const ALWAYS = fragment('TRUE');
export const NEVER = fragment('FALSE');

export const COMPARISONS = { lt: '<', max: '<=', gt: '>', min: '>=' } as const;

/** The condition of one filter (kinto-api.md, 5.2), as an operand of AND. */
export function filterCondition(filter: Filter, dialect: SqlDialect): Fragment {
  return isColumn(filter.path) ? columnCondition(filter, dialect) : dialect.fieldCondition(filter, filter.path);
}

/** `id` is text, `last_modified` a number: parsing let nothing else through. Neither is ever missing. */
function columnCondition(filter: Filter, dialect: SqlDialect): Fragment {
  const column = filter.path[0] === 'id' ? 'id' : 'last_modified';
  const kind = column === 'id' ? 'text' : 'moment';
  const valueOf = (value: JsonValue) => (kind === 'text' ? columnValue(value) : dialect.moment(columnNumber(value)));
  switch (filter.operator) {
    case 'eq':
      return fragment(`${column} = ?`, valueOf(filter.value));
    case 'not':
      return fragment(`${column} <> ?`, valueOf(filter.value));
    case 'lt':
    case 'max':
    case 'gt':
    case 'min':
      return fragment(`${column} ${COMPARISONS[filter.operator]} ?`, valueOf(filter.value));
    case 'in':
      return dialect.isOneOf(column, filter.value, kind);
    case 'exclude': {
      const { text, parameters } = dialect.isOneOf(column, filter.value, kind);
      return { text: `NOT (${text})`, parameters };
    }
    case 'like':
      return dialect.columnLike(column, kind, filter.value);
    case 'has':
      return filter.value ? ALWAYS : NEVER;
    case 'contains':
    case 'contains_any':
      return NEVER;
  }
}

function columnValue(value: JsonValue): string | number {
  if (typeof value === 'string' || typeof value === 'number') return value;
  throw new TypeError('A filter on id or last_modified compares with text or a number');
}

function columnNumber(value: JsonValue): number {
  if (typeof value === 'number') return value;
  throw new TypeError('A filter on last_modified compares with a number');
}

/** The same for any field of the JSON in `data`, on SQLite. @param path as {@link jsonPath} writes it */
export function fieldCondition(filter: Filter, path: string): Fragment {
  switch (filter.operator) {
    case 'eq':
      return equals(path, filter.value);
    case 'not':
      return isNotTrue(equals(path, filter.value));
    case 'lt':
    case 'max':
    case 'gt':
    case 'min':
      // The key of a missing field is the highest, which is just what the table of operators wants.
      return fragment(
        `${QUERY_FUNCTIONS.orderKey}(data -> ?) ${COMPARISONS[filter.operator]} ?`,
        path,
        orderKey(filter.value),
      );
    case 'in':
      return isOneOf(path, filter.value);
    case 'exclude':
      return isNotTrue(isOneOf(path, filter.value));
    case 'like':
      return fragment(`${QUERY_FUNCTIONS.like}(data -> ?, ?)`, path, filter.value);
    case 'has':
      return fragment(`json_type(data, ?) IS ${filter.value ? 'NOT NULL' : 'NULL'}`, path);
    case 'contains':
      return fragment(`${QUERY_FUNCTIONS.containsAll}(data -> ?, ?)`, path, stringifyJson(filter.value));
    case 'contains_any':
      return fragment(`${QUERY_FUNCTIONS.containsAny}(data -> ?, ?)`, path, stringifyJson(filter.value));
  }
}

/** True where it is false, and where the field is missing, which leaves the condition NULL. */
function isNotTrue({ text, parameters }: Fragment): Fragment {
  return { text: `(${text}) IS NOT TRUE`, parameters };
}

/*
 * Equality minds the type: json_extract gives 1 for true, and text for arrays and objects as for strings. Numbers are
 * compared as doubles; what a double may not hold exactly is compared by its order key.
 */
const IS_TEXT = `json_type(data, ?) = 'text'`;
const IS_NUMBER = `json_type(data, ?) IN ('integer', 'real')`;
const TEXT = `json_extract(data, ?)`;
const NUMBER = `CAST(json_extract(data, ?) AS REAL)`;

function equals(path: string, value: JsonValue): Fragment {
  if (typeof value === 'string') return fragment(`(${TEXT} = ? AND ${IS_TEXT})`, path, value, path);
  if (isPlainNumber(value)) return fragment(`(${NUMBER} = ? AND ${IS_NUMBER})`, path, value, path);
  if (needsKey(value)) {
    return fragment(`${QUERY_FUNCTIONS.orderKey}(data -> ?) = ?`, path, orderKey(value));
  }
  return fragment('json_type(data, ?) = ?', path, String(value));
}

/** A number that SQLite's own comparison of doubles tells from every other. */
function isPlainNumber(value: JsonValue): value is number {
  return typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER;
}

function needsKey(value: JsonValue): value is JsonValue[] | JsonObject | bigint | number {
  return isComposite(value) || typeof value === 'bigint' || (typeof value === 'number' && !isPlainNumber(value));
}

/** Lists travel as one parameter each: the statement is the same however long they are. */
function isOneOf(path: string, values: readonly JsonValue[]): Fragment {
  const texts = values.filter((value) => typeof value === 'string');
  const numbers = values.filter(isPlainNumber);
  const others = values.filter(needsKey);
  const words = values.filter((value) => value === null || typeof value === 'boolean');
  const kinds: Fragment[] = [];
  const among = (expression: string, list: readonly JsonValue[], ...condition: string[]) => {
    if (list.length === 0) return;
    const test = `${expression} IN (SELECT value FROM json_each(?))`;
    kinds.push(
      fragment(`(${[test, ...condition].join(' AND ')})`, path, JSON.stringify(list), ...condition.map(() => path)),
    );
  };
  among(TEXT, texts, IS_TEXT);
  among(NUMBER, numbers, IS_NUMBER);
  among('json_type(data, ?)', words.map(String));
  among(`${QUERY_FUNCTIONS.orderKey}(data -> ?)`, others.map(orderKey));
  if (kinds.length === 0) return NEVER;
  const { text, parameters } = join(kinds, 'OR');
  return { text: `(${text})`, parameters };
}
