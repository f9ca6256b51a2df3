import { stringifyJson, type JsonValue } from '../../wire/json.js';
import type { Filter } from '../../wire/query/list-query.js';
import { COMPARISONS, fragment, NEVER, type Fragment } from '../query-conditions.js';
import type { ColumnKind, SortExpression, SqlDialect } from '../sql-dialect.js';
import { ADD_ENTRY, APPEND_CHANGES } from './adding.js';
import { toTimestamp } from './timestamps.js';

/*
 * The order and the equality of jsonb are those that the API has (kinto-api.md, 5.2), so values are compared as they
 * are. Texts are ordered as the database's language has it, as in Kinto; in the collation C that is the order of
 * characters.
 */

export const POSTGRESQL: SqlDialect = {
  // Not `now()`, which is when the transaction began.
  clock: '(extract(epoch FROM clock_timestamp()) * 1000)::bigint',
  moment: toTimestamp,
  isOneOf,
  columnLike: (column, kind, pattern) => {
    // Without the fraction: the text of a number of milliseconds.
    const text = kind === 'text' ? column : `(extract(epoch FROM ${column}) * 1000)::bigint::text`;
    return like(fragment(text), pattern);
  },
  fieldCondition,
  fieldOrder,
  describeUri: (expression, shapes) =>
    fragment(`kumocast_describe_uri(${expression}, ?::jsonb)`, JSON.stringify(shapes)),
  bytewise: (column) => `${column} COLLATE "C"`,
  addEntry: ADD_ENTRY,
  appendChanges: APPEND_CHANGES,
  listedChanges: 'change_entries',
};

/** `-> text` finds keys of objects only; an array has none, not even `0`. */
function field(path: readonly string[]): Fragment {
  return { text: `(data${' -> ?::text'.repeat(path.length)})`, parameters: path };
}

function withField(path: readonly string[], text: (field: string) => string, ...parameters: string[]): Fragment {
  const { text: name, parameters: keys } = field(path);
  return { text: text(name), parameters: [...keys, ...parameters] };
}

function isOneOf(expression: string, values: readonly JsonValue[], kind: ColumnKind = 'text'): Fragment {
  const list = kind === 'text' ? values : values.map((value) => toTimestamp(Number(value)));
  const cast = kind === 'text' ? '' : '::timestamp';
  return fragment(
    `${expression} = ANY (ARRAY(SELECT jsonb_array_elements_text(?::jsonb)${cast}))`,
    JSON.stringify(list.map(String)),
  );
}

function fieldCondition(filter: Filter, path: readonly string[]): Fragment {
  switch (filter.operator) {
    case 'eq':
      return withField(path, (it) => `${it} = ?::jsonb`, stringifyJson(filter.value));
    case 'not':
      return withField(path, (it) => `(${it} = ?::jsonb) IS NOT TRUE`, stringifyJson(filter.value));
    case 'lt':
    case 'max':
    case 'gt':
    case 'min': {
      // A missing field is behind every value.
      const missing = filter.operator === 'gt' || filter.operator === 'min' ? ' IS NOT FALSE' : '';
      const sign = COMPARISONS[filter.operator];
      return withField(path, (it) => `(${it} ${sign} ?::jsonb)${missing}`, stringifyJson(filter.value));
    }
    case 'in':
      return withField(path, (it) => `${it} = ${ELEMENTS}`, stringifyJson(filter.value));
    case 'exclude':
      return withField(path, (it) => `(${it} = ${ELEMENTS}) IS NOT TRUE`, stringifyJson(filter.value));
    case 'like':
      return like(
        withField(path, (it) => `kumocast_text(${it})`),
        filter.value,
      );
    case 'has':
      return withField(path, (it) => `${it} IS ${filter.value ? 'NOT NULL' : 'NULL'}`);
    case 'contains':
      return withField(path, (it) => `(jsonb_typeof(${it}) = 'array' AND ${it} @> ?::jsonb)`, ...twice(path, filter));
    case 'contains_any':
      return containsAny(path, stringifyJson(filter.value));
  }
}

const ELEMENTS = 'ANY (ARRAY(SELECT jsonb_array_elements(?::jsonb)))';

/** The path stands in the condition twice. */
function twice(path: readonly string[], { value }: Filter): string[] {
  return [...path, stringifyJson(value)];
}

function containsAny(path: readonly string[], wanted: string): Fragment {
  const { text, parameters } = field(path);
  return fragment(
    `EXISTS (SELECT FROM jsonb_array_elements(CASE WHEN jsonb_typeof(${text}) = 'array' THEN ${text} END) AS have (one)
      WHERE one = ${ELEMENTS})`,
    ...parameters,
    ...parameters,
    wanted,
  );
}

/**
 * `*` is any sequence, everything else itself; without a `*` the text may stand anywhere (kinto-api.md, 5.3). The case
 * is folded both ways, since some letters fold in one direction only.
 */
function like({ text, parameters }: Fragment, pattern: string): Fragment {
  const wanted = (pattern.includes('*') ? pattern : `*${pattern}*`).replace(/[\\%_]/g, '\\$&').replaceAll('*', '%');
  return fragment(`upper(lower(${text})) LIKE upper(lower(?::text))`, ...parameters, wanted);
}

/** NULLs come last when ascending and first when descending: a missing field is behind every value. */
function fieldOrder(path: readonly string[]): SortExpression {
  return {
    expression: field(path),
    compare: (sign, value) => {
      if (value === undefined) {
        if (sign === '>') return NEVER;
        return withField(path, (it) => `${it} IS ${sign === '=' ? 'NULL' : 'NOT NULL'}`);
      }
      const tail = sign === '>' ? ' IS NOT FALSE' : '';
      return withField(path, (it) => `(${it} ${sign} ?::jsonb)${tail}`, stringifyJson(value));
    },
  };
}
