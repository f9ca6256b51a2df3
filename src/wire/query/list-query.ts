import { type ErrorDetail, invalidParameters } from '../api-error.js';
import { type Filter, parseFilters, type Violations } from './filters.js';
import { decodePageToken, type PageToken } from './page-token.js';
import { parseFields } from './projection.js';
import { findNotText, groupParameters, isBlank, readInteger } from './query-parameters.js';
import { parseSort, type Sort } from './sort.js';

export type { Filter, FilterOperator } from './filters.js';
export type { PageToken } from './page-token.js';
export type { Sort } from './sort.js';

/** What a caller asks of a list: the querystring of a plural endpoint, checked and with its meaning. */
export interface ListQuery {
  /** All must hold. */
  readonly filters: readonly Filter[];
  /** Never empty and never ambiguous: `last_modified` is always one of the keys, or what takes its place. */
  readonly sort: readonly Sort[];
  /** The size of the page once every cap is applied. Fetch one more to know whether another page follows. */
  readonly limit: number;
  /** What the caller wrote in `_limit`, before the caps. */
  readonly limitGiven?: number;
  readonly token?: PageToken;
  /** The fields to show; absent: all. */
  readonly fields?: readonly string[];
  /** Tombstones belong to the answer, because a filter looks at `last_modified` (kinto-api.md, 5.5). */
  readonly includeDeleted: boolean;
  /** `_to` was used: the answer carries Kinto's `Alert` header. */
  readonly usesDeprecatedTo: boolean;
}

export interface ListQueryOptions {
  /** Default and highest page size, the setting `paginate_by`. */
  readonly paginateBy?: number;
  /** No page is larger, whatever is asked: the setting `storage_max_fetch_size`. */
  readonly maxFetchSize: number;
  /** The clock, in milliseconds since the epoch: a filter on a timestamp a day or more ahead is refused. */
  readonly nowMs: number;
  /** The top-level fields of a resource that knows its schema. Absent: any field may be asked for. */
  readonly strictFields?: readonly string[];
  /**
   * For objects that have no timestamp, and maybe no id: the text that each has and no two share. It decides every tie;
   * filters and sorting by `last_modified` are checked and then left out.
   */
  readonly uniqueText?: string;
  /** Filters and sort fields together. Default {@link MAX_CONDITIONS}. */
  readonly maxConditions?: number;
}

/**
 * Every condition is work for each row, and SQLite refuses expressions nested deeper than 1000; a filter nests one
 * level, a sort field of a later page three.
 */
export const MAX_CONDITIONS = 100;

/** A querystring that was looked at. */
export interface ListQueryReading {
  /** Of parameters that have a type: all of them are told, with whatever else is wrong with the request. */
  readonly problems: readonly ErrorDetail[];
  /**
   * What it asks for, once there are none of those and the conditions of the request hold (kinto-api.md, 0.2.8).
   *
   * @throws ApiError 400 with the first violation of the others, under Kinto's name, location and description
   */
  getQuery(): ListQuery;
}

/** Reads the parameters of a plural endpoint (kinto-api.md, 5). `params` are percent-decoded, in the caller's order. */
export function readListQuery(
  params: readonly (readonly [name: string, value: string])[],
  options: ListQueryOptions,
): ListQueryReading {
  const violations: Violations = { typed: [], others: [] };
  const query = readQuery(groupParameters(params), options, violations);
  return {
    problems: violations.typed,
    getQuery() {
      const problems = violations.typed.length > 0 ? violations.typed : violations.others.slice(0, 1);
      if (problems.length > 0) throw invalidParameters(problems);
      return query;
    },
  };
}

function readQuery(
  grouped: ReadonlyMap<string, readonly string[]>,
  options: ListQueryOptions,
  violations: Violations,
): ListQuery {
  const parsed = parseFilters(grouped, options, violations);
  const filters = options.uniqueText === undefined ? parsed : parsed.filter((filter) => !isAboutTime(filter));
  const sort = parseSort(grouped.get('_sort') ?? [], options, violations.others);
  const limitGiven = parseLimit(grouped.get('_limit'), violations.typed);
  const fields = parseFields(grouped.get('_fields') ?? [], options.strictFields, violations.others);
  const token = parseToken(grouped.get('_token'), sort, options, violations);
  checkSize(parsed.length + sort.length, options.maxConditions ?? MAX_CONDITIONS, violations.others);

  return {
    filters,
    sort,
    limit: Math.min(limitGiven ?? Infinity, options.paginateBy ?? Infinity, options.maxFetchSize),
    ...(limitGiven === undefined ? {} : { limitGiven }),
    ...(token === undefined ? {} : { token }),
    ...(fields === undefined ? {} : { fields }),
    includeDeleted: filters.some(isAboutTime),
    usesDeprecatedTo: grouped.has('_to'),
  };
}

function isAboutTime({ path }: Filter): boolean {
  return path.length === 1 && path[0] === 'last_modified';
}

/** `_limit=0`, `_limit=null` and an empty `_limit` are no limit at all (5.8). */
function parseLimit(values: readonly string[] | undefined, violations: ErrorDetail[]): number | undefined {
  if (values === undefined || isBlank(values)) return undefined;
  const limit = readInteger('_limit', values, violations);
  return limit === 0 ? undefined : limit;
}

function parseToken(
  values: readonly string[] | undefined,
  sort: readonly Sort[],
  { uniqueText }: ListQueryOptions,
  violations: Violations,
): PageToken | undefined {
  if (values === undefined || isBlank(values)) return undefined;
  const [text = ''] = values;
  const notText = findNotText('_token', values);
  if (notText !== undefined) {
    violations.typed.push(notText);
    return undefined;
  }
  const token = decodePageToken(text, sort, uniqueText);
  if (token === undefined) {
    violations.others.push({ location: 'querystring', name: null, description: '_token has invalid content' });
  }
  return token;
}

function checkSize(size: number, most: number, violations: ErrorDetail[]): void {
  if (size <= most) return;
  const description = `Too many filters and sort fields (${size}, at most ${most})`;
  violations.push({ location: 'querystring', name: null, description });
}
