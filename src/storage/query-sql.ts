import type { ListQuery, PageToken, Sort } from '../wire/query/list-query.js';
import { filterCondition, type Fragment, fragment, join, NEVER } from './query-conditions.js';
import type { ColumnKind, SortExpression, SqlDialect } from './sql-dialect.js';
import { SQLITE } from './sqlite/sqlite-dialect.js';

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
 * the page to know whether another follows. On SQLite the connection must know the query functions
 * (`registerQueryFunctions`).
 */
export function listSql(
  list: ListName,
  query: ListQueryForSql,
  options: ListSqlOptions = {},
  dialect: SqlDialect = SQLITE,
): SqlStatement {
  const unique = options.everyUser === true ? ['id'] : undefined;
  const keys = sortKeys(query.sort, { dialect, columns: OBJECT_COLUMNS, unique });
  const liveOnly = !query.includeDeleted || options.liveOnly === true;
  const conditions = matching(list, query.filters, { ...options, liveOnly }, dialect);
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
  dialect: SqlDialect = SQLITE,
): SqlStatement {
  const where = join(matching(list, query.filters, { ...options, liveOnly: true }, dialect), 'AND');
  return { text: `SELECT count(*) AS count FROM objects WHERE ${where.text}`, parameters: [...where.parameters] };
}

function matching(
  { parentId, resourceName }: ListName,
  filters: ListQuery['filters'],
  { onlyIds, everyUser = false, liveOnly = false }: ListSqlOptions,
  dialect: SqlDialect,
): Fragment[] {
  return [
    // A URI begins with a slash, and `0` is the character after it; no name begins before that.
    everyUser
      ? fragment("parent_id >= '0' AND resource_name = ?", resourceName)
      : fragment('parent_id = ? AND resource_name = ?', parentId, resourceName),
    ...(liveOnly ? [fragment('deleted = FALSE')] : []),
    ...(onlyIds === undefined ? [] : [dialect.isOneOf('id', onlyIds)]),
    ...filters.map((filter) => filterCondition(filter, dialect)),
  ];
}

/** A field that is a column, and how it is ordered by. */
export interface UniqueColumn {
  readonly sql: string;
  readonly kind: ColumnKind;
}

const OBJECT_COLUMNS: Readonly<Record<string, UniqueColumn>> = {
  id: { sql: 'id', kind: 'text' },
  last_modified: { sql: 'last_modified', kind: 'moment' },
};

export interface SortKey extends SortExpression {
  readonly field: string;
  readonly word: 'ASC' | 'DESC';
}

export interface SortOptions {
  readonly dialect: SqlDialect;
  /** The fields that are columns, by name. */
  readonly columns: Readonly<Record<string, UniqueColumn>>;
  /** The columns that no two objects share; without it, all. */
  readonly unique?: readonly string[] | undefined;
}

/** The sort as SQL. Ids and timestamps are unique in a list, so what comes after one decides nothing and is left out. */
export function sortKeys(
  sort: readonly Sort[],
  { dialect, columns, unique = Object.keys(columns) }: SortOptions,
): SortKey[] {
  const decisive = sort.findIndex(({ field }) => unique.includes(field));
  const needed = decisive === -1 ? sort : sort.slice(0, decisive + 1);
  return needed.map(({ field, path, direction }) => ({
    field,
    word: direction === 'ascending' ? 'ASC' : 'DESC',
    ...(Object.hasOwn(columns, field) ? columnOrder(columns[field]!, dialect) : dialect.fieldOrder(path)),
  }));
}

function columnOrder({ sql, kind }: UniqueColumn, dialect: SqlDialect): SortExpression {
  return {
    expression: fragment(sql),
    compare: (sign, value) => {
      if (kind === 'moment' && typeof value === 'number') return fragment(`${sql} ${sign} ?`, dialect.moment(value));
      if (typeof value === 'string' || typeof value === 'number') return fragment(`${sql} ${sign} ?`, value);
      throw new TypeError('A page token has a value for each column that the page is sorted by');
    },
  };
}

/**
 * The rows behind the token's object: first key behind it, or first key equal and second behind it, and so on
 * (kinto-api.md, 5.8); written from the last key outwards.
 */
export function after(keys: readonly SortKey[], { lastObject }: PageToken): Fragment {
  return (
    keys.reduceRight<Fragment | undefined>((inner, { field, compare, word }) => {
      const reached = Object.hasOwn(lastObject, field) ? lastObject[field] : undefined;
      const behind = compare(word === 'ASC' ? '>' : '<', reached);
      if (inner === undefined) return behind;
      const { text, parameters } = join([behind, join([compare('=', reached), inner], 'AND')], 'OR');
      return { text: `(${text})`, parameters };
    }, undefined) ?? NEVER
  );
}
