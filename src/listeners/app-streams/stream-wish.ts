import { matcherOf, type ObjectMatcher } from '../../storage/object-match.js';
import { bodyProblem } from '../../resources/write-body.js';
import { ApiError, type ErrorDetail } from '../../wire/api-error.js';
import { isJsonObject, stringifyJson, type JsonObject, type JsonValue } from '../../wire/json.js';
import { readListQuery } from '../../wire/query/list-query.js';
import { isScopePattern, rootOf, scopeOf, type IsInScope } from './stream-scope.js';

/** What a stream can tell of. */
export const OBJECT_TYPES = ['record', 'collection', 'group', 'bucket', 'grant', 'account'] as const;

export type ObjectType = (typeof OBJECT_TYPES)[number];

/** Those that are objects with attributes, which can be filtered by. */
const FILTERED: readonly string[] = ['record', 'collection', 'group', 'bucket'];

/** What a stream can have told beside the objects. */
export const INCLUDED = ['old', 'parent', 'readers'] as const;

/** The wire is a WebSocket whichever is said: `long_poll` is what pnut's clients say (seed-systems.md, 4.2). */
export const WIRES = ['websocket', 'long_poll'] as const;

/** What one stream wants to be told, ready to be compared with changes. */
export interface StreamWish {
  readonly types: ReadonlySet<string>;
  readonly isInScope: IsInScope;
  /** The buckets and collections that its scope names. */
  readonly roots: readonly string[];
  readonly matches: (type: string) => ObjectMatcher | undefined;
  readonly tellsOld: boolean;
  readonly tellsParent: boolean;
  readonly tellsReaders: boolean;
  /** Whether it is told what its owner has done. */
  readonly echo: boolean;
}

/** @param value of a stream as it is stored */
export function wishOf(value: Readonly<JsonObject>): StreamWish {
  const scope = texts(value.scope);
  const include = texts(value.include);
  const filters = isJsonObject(value.filter) ? value.filter : {};
  const matchers = new Map(
    Object.entries(filters).flatMap(([type, filter]) =>
      isJsonObject(filter) && Object.keys(filter).length > 0 ? [[type, matcherFor(filter)] as const] : [],
    ),
  );
  return {
    types: new Set(texts(value.object_types)),
    isInScope: scopeOf(scope),
    roots: [...new Set(scope.map(rootOf))].filter((root) => root !== undefined),
    matches: (type) => matchers.get(type),
    tellsOld: include.includes('old'),
    tellsParent: include.includes('parent'),
    tellsReaders: include.includes('readers'),
    echo: value.echo !== false,
  };
}

/** What is wrong with the attributes of a stream, and they with what is said for what is left out. */
export function readWish(
  given: JsonObject,
  prefix: string,
  { maxScope }: { maxScope: number },
): { value: JsonObject; problems: ErrorDetail[] } {
  const { type = 'websocket', object_types: types, scope = [], filter = {}, include = [], echo = true } = given;
  const problems: ErrorDetail[] = [];
  const ensure = (isRight: boolean, name: string, expected: string) => {
    if (!isRight) problems.push(bodyProblem(`${prefix}${name}`, expected));
  };
  ensure(isAmong(WIRES, type), 'type', `one of ${WIRES.join(', ')}`);
  const hasTypes = areAll(types, (one) => isAmong(OBJECT_TYPES, one)) && (types as JsonValue[]).length > 0;
  ensure(hasTypes, 'object_types', `a list of at least one of ${OBJECT_TYPES.join(', ')}`);
  const hasScope = areAll(scope, isScopePattern) && (scope as JsonValue[]).length <= maxScope;
  const patterns = 'such as /buckets/blog, /buckets/blog/collections/*/records or /buckets/blog/**';
  ensure(hasScope, 'scope', `at most ${maxScope} patterns, ${patterns}`);
  const isIncluded = areAll(include, (one) => isAmong(INCLUDED, one));
  ensure(isIncluded, 'include', `a list of ${INCLUDED.join(', ')}`);
  ensure(typeof echo === 'boolean', 'echo', 'true or false');
  problems.push(...filterProblems(filter, `${prefix}filter`));
  return { value: { ...given, type, object_types: types ?? [], scope, filter, include, echo }, problems };
}

function filterProblems(filter: JsonValue, name: string): ErrorDetail[] {
  if (!isJsonObject(filter)) return [bodyProblem(name, `an object with ${FILTERED.join(', ')}`)];
  return Object.entries(filter).flatMap(([type, conditions]) => {
    const where = `${name}.${type}`;
    if (!FILTERED.includes(type)) return [bodyProblem(where, `only ${FILTERED.join(', ')} can be filtered`)];
    if (!isJsonObject(conditions)) return [bodyProblem(where, "an object of a list's query parameters")];
    if (Object.keys(conditions).some((key) => key.startsWith('_')) || !Object.values(conditions).every(isPlain)) {
      return [bodyProblem(where, "a list's filters, each with a text, a number or a truth value")];
    }
    try {
      matcherFor(conditions);
      return [];
    } catch (error) {
      if (error instanceof ApiError) return [bodyProblem(where, error.message)];
      throw error;
    }
  });
}

/** @throws ApiError 400 */
function matcherFor(conditions: JsonObject): ObjectMatcher {
  const parameters = Object.entries(conditions).map(([name, value]) => [name, parameterText(value)] as const);
  const { filters } = readListQuery(parameters, { maxFetchSize: 1, nowMs: Date.now() }).getQuery();
  return matcherOf(filters);
}

/** A text is sent as it stands; a number or a truth value as JSON, which is how a list reads them. */
function parameterText(value: JsonValue): string {
  return typeof value === 'string' ? value : stringifyJson(value);
}

function isPlain(value: JsonValue): boolean {
  return ['string', 'number', 'bigint', 'boolean'].includes(typeof value);
}

function isAmong(known: readonly string[], value: unknown): boolean {
  return typeof value === 'string' && known.includes(value);
}

function areAll(value: JsonValue | undefined, isOne: (one: JsonValue) => boolean): boolean {
  return Array.isArray(value) && value.every(isOne);
}

function texts(value: JsonValue | undefined): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}
