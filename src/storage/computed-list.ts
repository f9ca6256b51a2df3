import type { ListQuery } from '../wire/query/list-query.js';
import { fragment, join, type Fragment } from './query-conditions.js';
import { after, sortKeys, type SqlStatement } from './query-sql.js';
import type { SqlDialect } from './sql-dialect.js';
import { SQLITE } from './sqlite/sqlite-dialect.js';

/** A list that is kept nowhere: what is in it follows from other tables, each time it is asked for. */
export interface ComputedList {
  /**
   * SELECTs of one column `key`, a text. Together they are the list; what several give is in it once. Where each reads
   * its keys from an index in their order, a page in that order costs no more than what is on it.
   */
  readonly sources: readonly Fragment[];
  /**
   * From `key` to the JSON of its object, which has the same text in the field `keyField`; NULL for a key that does not
   * belong to the list.
   */
  readonly description: Fragment;
  readonly keyField: string;
}

type Filters = ListQuery['filters'];

/**
 * The column `data` of a page, in its order, at most `limit` rows; see `listSql`. The query must have been parsed with
 * `uniqueText` being the list's `keyField`.
 */
export function computedListSql(
  list: ComputedList,
  { filters, sort, limit, token }: Pick<ListQuery, 'filters' | 'sort' | 'limit' | 'token'>,
  dialect: SqlDialect = SQLITE,
): SqlStatement {
  const keys = sortKeys(sort, { dialect, columns: { [list.keyField]: { sql: 'key', kind: 'text' } } });
  const conditions = token === undefined ? [] : [after(keys, token)];
  // The rows of a UNION are ordered by columns of theirs, not by expressions.
  const columns = keys.map(({ expression }, index) => ({ ...expression, text: `${expression.text} AS sort${index}` }));
  const rows = union(list, filters, { columns: [fragment('data'), ...columns], conditions, dialect });
  const order = keys.map(({ word }, index) => `sort${index} ${word}`).join(', ');
  return { text: `${rows.text} ORDER BY ${order} LIMIT ?`, parameters: [...rows.parameters, limit] };
}

/** How many rows match, as `count`. */
export function computedCountSql(
  list: ComputedList,
  { filters }: Pick<ListQuery, 'filters'>,
  dialect: SqlDialect = SQLITE,
): SqlStatement {
  const rows = union(list, filters, { columns: [fragment('key')], conditions: [], dialect });
  return { text: `SELECT count(*) AS count FROM (${rows.text}) AS listed`, parameters: [...rows.parameters] };
}

function union(
  { sources, description }: ComputedList,
  filters: Filters,
  parts: { columns: readonly Fragment[]; conditions: readonly Fragment[]; dialect: SqlDialect },
): Fragment {
  const { columns, conditions, dialect } = parts;
  const ofFilters = filters.map((filter) => dialect.fieldCondition(filter, filter.path));
  const where = join([fragment('data IS NOT NULL'), ...ofFilters, ...conditions], 'AND');
  const selected = columns.map(({ text }) => text).join(', ');
  const selects = sources.map((source) => ({
    text: `SELECT ${selected} FROM (SELECT key, ${description.text} AS data FROM (${source.text}) AS keys) AS described WHERE ${where.text}`,
    parameters: [
      ...columns.flatMap(({ parameters }) => parameters),
      ...description.parameters,
      ...source.parameters,
      ...where.parameters,
    ],
  }));
  return {
    text: selects.map(({ text }) => text).join(' UNION '),
    parameters: selects.flatMap(({ parameters }) => parameters),
  };
}
