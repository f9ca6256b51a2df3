import { ApiError } from '../../../src/wire/api-error.js';
import type { JsonObject } from '../../../src/wire/json.js';
import { type ListQuery, type ListQueryOptions, readListQuery } from '../../../src/wire/query/list-query.js';

/** The clock of these tests, in milliseconds since the epoch. */
export const NOW = 1_800_000_000_000;

export function parse(querystring: string, options: Partial<ListQueryOptions> = {}): ListQuery {
  return readListQuery([...new URLSearchParams(querystring)], {
    maxFetchSize: 10_000,
    nowMs: NOW,
    ...options,
  }).getQuery();
}

/** The body of the 400 that a querystring is answered with. */
export function refusal(querystring: string, options: Partial<ListQueryOptions> = {}): JsonObject {
  try {
    parse(querystring, options);
  } catch (error) {
    if (error instanceof ApiError) return error.body;
    throw error;
  }
  throw new Error(`?${querystring} was accepted`);
}

export function details(querystring: string, options: Partial<ListQueryOptions> = {}): unknown {
  return refusal(querystring, options).details;
}

/** The one filter of a querystring: path, operator, value. */
export function only(querystring: string): unknown {
  const { filters } = parse(querystring);
  expect(filters).toHaveLength(1);
  const [filter] = filters;
  return filter === undefined ? undefined : [filter.path.join('/'), filter.operator, filter.value];
}
