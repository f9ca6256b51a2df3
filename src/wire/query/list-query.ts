import { type ErrorDetail, invalidParameters } from '../api-error.js';
import { type Filter, parseFilters } from './filters.js';
import { decodePageToken, type PageToken } from './page-token.js';
import { parseFields } from './projection.js';
import { groupParameters, isBlank, readInteger } from './query-parameters.js';
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

/**
 * Reads the parameters of a plural endpoint (kinto-api.md, 5). `params` are percent-decoded, in the caller's order.
 *
 * @throws ApiError 400 with every violation found, each under Kinto's name, location and description.
 */
export function parseListQuery(
  params: readonly (readonly [name: string, value: string])[],
  options: ListQueryOptions,
): ListQuery {
  const violations: ErrorDetail[] = [];
  const grouped = groupParameters(params);
  const parsed = parseFilters(grouped, options, violations);
  const filters = options.uniqueText === undefined ? parsed : parsed.filter((filter) => !isAboutTime(filter));
  const sort = parseSort(grouped.get('_sort') ?? [], options, violations);
  const limitGiven = parseLimit(grouped.get('_limit'), violations);
  const token = parseToken(grouped.get('_token'), sort, options, violations);
  const fields = parseFields(grouped.get('_fields') ?? [], options.strictFields, violations);
  checkSize(parsed.length + sort.length, options.maxConditions ?? MAX_CONDITIONS, violations);
  if (violations.length > 0) throw invalidParameters(violations);

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
  violations: ErrorDetail[],
): PageToken | undefined {
  if (values === undefined || isBlank(values)) return undefined;
  const [text = ''] = values;
  const token = values.length === 1 ? decodePageToken(text, sort, uniqueText) : undefined;
  if (token === undefined) {
    violations.push({ location: 'querystring', name: null, description: '_token has invalid content' });
  }
  return token;
}

function checkSize(size: number, most: number, violations: ErrorDetail[]): void {
  if (size <= most) return;
  const description = `Too many filters and sort fields (${size}, at most ${most})`;
  violations.push({ location: 'querystring', name: null, description });
}
