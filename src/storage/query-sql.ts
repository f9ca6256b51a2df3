import type { JsonValue } from '../wire/json.js';
import type { ListQuery, PageToken, Sort } from '../wire/query/list-query.js';
import { filterCondition, type Fragment, fragment, join, jsonPath } from './query-conditions.js';
import { QUERY_FUNCTIONS } from './query-functions.js';
import { orderKey } from './query-order-key.js';

/** A list: the objects of one resource below one parent. */
export interface ListName {
  readonly parentId: string;
  readonly resourceName: string;
}

export interface ListSqlOptions {
  /** Only these ids may be seen, whatever else matches: the objects shared with the caller (kinto-api.md, 7.5). */
  readonly onlyIds?: readonly string[];
  /** Never tombstones, not even where a filter looks at `last_modified`: for a plural DELETE. */
  readonly liveOnly?: boolean;
  /** Below every parent that is a name and no URI. */
  readonly everyUser?: boolean;
}

/** One statement with positional placeholders. Its text depends on the shape of the query alone, never on a value. */
export interface SqlStatement {
  readonly text: string;
  readonly parameters: unknown[];
}

type ListQueryForSql = Pick<ListQuery, 'filters' | 'sort' | 'limit' | 'token' | 'includeDeleted'>;

/**
 * The rows `id, last_modified, data, deleted` of a page, in its order, at most `limit` of them: ask for one more than
 * the page to know whether another follows. The connection must know the query functions (`registerQueryFunctions`).
 */
export function listSql(list: ListName, query: ListQueryForSql, options: ListSqlOptions = {}): SqlStatement {
  const keys = options.everyUser === true ? sortKeys(query.sort, OBJECT_COLUMNS, ['id']) : sortKeys(query.sort);
  const conditions = matching(list, query.filters, options, !query.includeDeleted || options.liveOnly === true);
  if (query.token !== undefined) conditions.push(after(keys, query.token));
  const where = join(conditions, 'AND');
  return {
    text:
      `SELECT id, last_modified, data, deleted FROM objects WHERE ${where.text}` +
      ` ORDER BY ${keys.map(({ expression, word }) => `${expression.text} ${word}`).join(', ')} LIMIT ?`,
    parameters: [...where.parameters, ...keys.flatMap(({ expression }) => expression.parameters), query.limit],
  };
}

/** How many live objects match, as `count`; tombstones never count, nor do pages (kinto-api.md, 3.7). */
export function countSql(
  list: ListName,
  query: Pick<ListQuery, 'filters'>,
  options: ListSqlOptions = {},
): SqlStatement {
  const where = join(matching(list, query.filters, options, true), 'AND');
  return { text: `SELECT count(*) AS count FROM objects WHERE ${where.text}`, parameters: [...where.parameters] };
}

function matching(
  { parentId, resourceName }: ListName,
  filters: ListQuery['filters'],
  { onlyIds, everyUser = false }: ListSqlOptions,
  liveOnly: boolean,
): Fragment[] {
  return [
    // A URI begins with a slash, and `0` is the character after it; no name begins before that.
    everyUser
      ? fragment("parent_id >= '0' AND resource_name = ?", resourceName)
      : fragment('parent_id = ? AND resource_name = ?', parentId, resourceName),
    ...(liveOnly ? [fragment('deleted = 0')] : []),
    ...(onlyIds === undefined ? [] : [fragment('id IN (SELECT value FROM json_each(?))', JSON.stringify(onlyIds))]),
    ...filters.map(filterCondition),
  ];
}

/** The fields that are columns, and unique: the SQL of each by its name. */
export type UniqueColumns = Readonly<Record<string, string>>;

const OBJECT_COLUMNS: UniqueColumns = { id: 'id', last_modified: 'last_modified' };

export interface SortKey {
  readonly field: string;
  /** What SQLite orders by. */
  readonly expression: Fragment;
  /** The same for a value of the token, `undefined` where its object lacks the field. */
  readonly keyOf: (value: JsonValue | undefined) => string | number;
  readonly word: 'ASC' | 'DESC';
}

/**
 * The sort as SQL. Ids and timestamps are unique in a list, so what comes after one decides nothing and is left out.
 *
 * @param unique the columns that no two objects share; without it, all
 */
export function sortKeys(
  sort: readonly Sort[],
  columns: UniqueColumns = OBJECT_COLUMNS,
  unique: readonly string[] = Object.keys(columns),
): SortKey[] {
  const decisive = sort.findIndex(({ field }) => unique.includes(field));
  const needed = decisive === -1 ? sort : sort.slice(0, decisive + 1);
  return needed.map(({ field, path, direction }) => ({
    field,
    word: direction === 'ascending' ? 'ASC' : 'DESC',
    ...(Object.hasOwn(columns, field)
      ? { expression: fragment(columns[field]!), keyOf: columnKey }
      : { expression: fragment(`${QUERY_FUNCTIONS.orderKey}(data -> ?)`, jsonPath(path)), keyOf: orderKey }),
  }));
}

function columnKey(value: JsonValue | undefined): string | number {
  if (typeof value === 'string' || typeof value === 'number') return value;
  throw new TypeError('A page token has a value for each column that the page is sorted by');
}

/**
 * The rows behind the token's object: first key behind it, or first key equal and second behind it, and so on
 * (kinto-api.md, 5.8); written from the last key outwards.
 */
export function after(keys: readonly SortKey[], { lastObject }: PageToken): Fragment {
  return (
    keys.reduceRight<Fragment | undefined>((inner, { field, expression, keyOf, word }) => {
      const reached = keyOf(Object.hasOwn(lastObject, field) ? lastObject[field] : undefined);
      const compare = (sign: string): Fragment =>
        fragment(`${expression.text} ${sign} ?`, ...expression.parameters, reached);
      const behind = compare(word === 'ASC' ? '>' : '<');
      if (inner === undefined) return behind;
      const { text, parameters } = join([behind, join([compare('='), inner], 'AND')], 'OR');
      return { text: `(${text})`, parameters };
    }, undefined) ?? fragment('0')
  );
}
