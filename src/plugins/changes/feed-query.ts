import type { ApiRequest } from '../../resources/api-message.js';
import { readWait } from '../../resources/live/wait.js';
import { parseQueryString } from '../../resources/query-string.js';
import { invalidParameters, type ErrorDetail } from '../../wire/api-error.js';
import { CHANGE_ACTIONS } from '../../wire/change-action.js';
import { globPattern } from '../../wire/glob.js';
import type { FeedChange, FeedSource } from './feed-source.js';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;

/** Of one request: each is compared with every change. */
const MAX_SCOPES = 20;
const MAX_WILDCARDS = 3;

/** Which changes somebody wants, and from where. */
export interface FeedQuery {
  /** `now`, `earliest`, or one that was told. */
  readonly position: string;
  readonly limit: number;
  /** Seconds. */
  readonly wait: number;
  readonly tellsOld: boolean;
  /** @param uri of the object */
  selects(change: FeedChange, uri: string): boolean;
}

export interface FeedQueryRules {
  readonly source: FeedSource;
  /** Those that the log has and this feed may show. */
  readonly resources: readonly string[];
  /** Seconds. */
  readonly maxWait: number;
}

/** @throws ApiError 400 with everything that is wrong */
export function readFeedQuery({ queryString, headers }: ApiRequest, rules: FeedQueryRules): FeedQuery {
  const pairs = parseQueryString(queryString);
  const problems: ErrorDetail[] = [];
  const given = (name: string) => pairs.filter(([key]) => key === name).map(([, value]) => value);
  const words = (name: string) => given(name).flatMap((value) => value.split(',').filter((word) => word !== ''));
  const [limitText = String(DEFAULT_LIMIT)] = given('_limit');
  const limit = /^\d{1,4}$/.test(limitText) ? Number(limitText) : 0;
  if (limit < 1 || limit > MAX_LIMIT) problems.push(problem('_limit', `It is a number from 1 to ${MAX_LIMIT}`));
  const wait = given('_wait').length === 0 ? 0 : readWait(given('_wait')[0], rules.maxWait, problems);
  const include = given('include');
  if (include.some((value) => value !== 'old')) problems.push(problem('include', 'Only old can be included'));
  const resources = knownWords('resource', words('resource'), rules.resources, problems);
  const actions = knownWords('action', words('action'), CHANGE_ACTIONS, problems);
  const scopes = readScopes(words('scope'), problems);
  // A browser that connects again repeats the URL, and adds the header: where it has come to counts.
  const lastEventId = headers['last-event-id'] ?? '';
  const position = lastEventId === '' ? (given('_position')[0]?.replace(/^"(.*)"$/, '$1') ?? 'now') : lastEventId;
  if (!['now', 'earliest'].includes(position) && !rules.source.isPosition(position)) {
    const description = 'It is now, earliest, or a position that this feed has told';
    const where = lastEventId === '' ? problem('_position', description) : undefined;
    problems.push(where ?? { location: 'header', name: 'Last-Event-ID', description });
  }
  if (problems.length > 0) throw invalidParameters(problems);
  return {
    ...{ position, limit, wait, tellsOld: include.length > 0 },
    selects: ({ list, action }, uri) =>
      (resources.length === 0 || resources.includes(list.resourceName)) &&
      (actions.length === 0 || actions.includes(action)) &&
      (scopes.length === 0 || scopes.some((isWithin) => isWithin(uri))),
  };
}

function knownWords(name: string, words: string[], known: readonly string[], problems: ErrorDetail[]): string[] {
  if (!words.every((word) => known.includes(word))) problems.push(problem(name, `one of ${known.join(', ')}`));
  return words;
}

/** A scope is an object with all below it; `*` stands for any text. */
function readScopes(scopes: readonly string[], problems: ErrorDetail[]): ((uri: string) => boolean)[] {
  const isRight = (scope: string) => {
    return scope.startsWith('/') && scope.length <= 512 && scope.split('*').length - 1 <= MAX_WILDCARDS;
  };
  if (scopes.length > MAX_SCOPES || !scopes.every(isRight)) {
    const description = `at most ${MAX_SCOPES} URIs that begin with /, with up to ${MAX_WILDCARDS} * for any text`;
    problems.push(problem('scope', description));
    return [];
  }
  return scopes.map((scope) => {
    if (!scope.includes('*')) return (uri) => uri === scope || uri.startsWith(`${scope}/`);
    const [itself, below] = [globPattern(scope), globPattern(`${scope}/*`)];
    return (uri) => itself.test(uri) || below.test(uri);
  });
}

function problem(name: string, description: string): ErrorDetail {
  return { location: 'querystring', name, description };
}
