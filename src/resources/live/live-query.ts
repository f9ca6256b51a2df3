import { matcherOf, type ObjectMatcher } from '../../storage/object-match.js';
import { invalidParameters, type ErrorDetail } from '../../wire/api-error.js';
import type { Filter, ListQuery } from '../../wire/query/list-query.js';
import type { ApiRequest } from '../api-message.js';
import { parseQueryString } from '../query-string.js';
import { parsePlace, type ListPlace } from './list-place.js';
import type { ReadListParameters } from './list-streams.js';

/** What of a list somebody wants to follow, and from where. */
export interface LiveQuery {
  /** The filters and the fields. */
  readonly list: ListQuery;
  readonly matches: ObjectMatcher;
  /** Whether the state before is told, too. */
  readonly tellsOld: boolean;
  /** Equal where filters, fields and `tellsOld` are: what is told of a change is then the same text. */
  readonly key: string;
  readonly beginning: LiveBeginning;
}

export type LiveBeginning =
  | { readonly from: 'now' }
  | { readonly from: 'snapshot' }
  | { readonly from: 'place'; readonly place: ListPlace }
  | { readonly from: 'timestamp'; readonly since: Filter };

/** What an answer in pages has, and one that goes on has not. */
const MEANINGLESS = ['_sort', '_limit', '_token', '_before', '_to'];

/** The header by which browsers ask to go on (HTML standard, server-sent events, 9.2.3). */
const LAST_EVENT_ID = 'last-event-id';

/** @throws ApiError 400 with what is wrong with the parameters */
export function readLiveQuery(request: ApiRequest, readParameters: ReadListParameters): LiveQuery {
  const parameters = parseQueryString(request.queryString);
  const given = new Map(parameters);
  const problems = MEANINGLESS.filter((name) => given.has(name)).map((name) =>
    problem(name, 'A live list has neither pages nor an order of its own'),
  );
  const include = given.get('_include');
  if (include !== undefined && include !== 'old') problems.push(problem('_include', 'Only old can be included'));
  const snapshot = given.get('_snapshot') ?? 'false';
  if (!['true', 'false'].includes(snapshot)) problems.push(problem('_snapshot', 'It is true or false'));
  const place = readPlace(request, given.get('_position'), problems);
  if (problems.length > 0) throw invalidParameters(problems);

  const list = readParameters(parameters.filter(([name]) => name !== '_since')).getQuery();
  const [since] = readParameters(parameters.filter(([name]) => name === '_since')).getQuery().filters;
  const tellsOld = include === 'old';
  return {
    list,
    matches: matcherOf(list.filters),
    tellsOld,
    key: keyOf(parameters, tellsOld),
    // A browser that connects again repeats the URL, and adds the header: where it has come to counts.
    beginning: beginningOf(place, since, snapshot === 'true'),
  };
}

function beginningOf(place: ListPlace | undefined, since: Filter | undefined, snapshot: boolean): LiveBeginning {
  if (place !== undefined) return { from: 'place', place };
  if (snapshot) return { from: 'snapshot' };
  return since === undefined ? { from: 'now' } : { from: 'timestamp', since };
}

function readPlace(
  { headers }: ApiRequest,
  parameter: string | undefined,
  problems: ErrorDetail[],
): ListPlace | undefined {
  const header = headers[LAST_EVENT_ID] === '' ? undefined : headers[LAST_EVENT_ID];
  const text = header ?? parameter;
  if (text === undefined) return undefined;
  const place = parsePlace(unquoted(text));
  if (place !== undefined) return place;
  const description = 'It is no position that this server has told';
  problems.push(
    header === undefined
      ? problem('_position', description)
      : { location: 'header', name: 'Last-Event-ID', description },
  );
  return undefined;
}

/** Kinto's clients quote what they compare with. */
function unquoted(text: string): string {
  return /^"(.*)"$/.exec(text)?.[1] ?? text;
}

/** The parameters as they were written: two ways of writing the same filter are only told apart, never mixed up. */
function keyOf(parameters: readonly (readonly [string, string])[], tellsOld: boolean): string {
  const relevant = parameters.filter(([name]) => !name.startsWith('_') || name === '_fields');
  return JSON.stringify([tellsOld, ...relevant.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))]);
}

function problem(name: string, description: string): ErrorDetail {
  return { location: 'querystring', name, description };
}
