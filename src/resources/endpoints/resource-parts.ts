import type { PermissionRules } from '../../permissions/permission-rules.js';
import type { Cache } from '../../cache/cache.js';
import { ApiError, invalidParameters, type ErrorDetail } from '../../wire/api-error.js';
import type { JsonObject, JsonValue } from '../../wire/json.js';
import type { StoredObject } from '../../wire/stored-object.js';
import type { Authorization } from '../authorization.js';
import { getUnit, type Exchange } from '../exchange.js';
import type { ApiSettings } from '../http.settings.js';
import { findAbove } from '../object-above.js';
import type { ObjectWriter } from '../object-writer.js';
import type { ReadObserver } from '../read-observer.js';
import { idParameter, type ResourceDefinition, type ResourceDefinitions } from '../resource-definition.js';
import { placeOf, type ResourcePlace } from '../resource-place.js';
import type { ObjectSchemas } from '../schemas/object-schemas.js';
import { bodyProblem, readWriteBody, type BodyText, type WriteBody } from '../write-body.js';
import type { ClientCache } from './client-cache.js';

/** What both endpoints of a resource work with. */
export interface ResourceParts {
  readonly definitions: ResourceDefinitions;
  readonly rules: PermissionRules;
  readonly authorization: Authorization;
  readonly writer: ObjectWriter;
  readonly settings: ApiSettings;
  readonly cache: Cache;
  readonly clientCache: ClientCache;
  /** Absent while objects are not to be checked against schemas. */
  readonly schemas: ObjectSchemas | undefined;
  readonly readObservers: readonly ReadObserver[];
}

export function patternOf(definition: ResourceDefinition, { definitions }: ResourceParts): string {
  const above = definition.ancestors.map((name) => `/${definitions.get(name).plural}/{${idParameter(name)}}`);
  return `${above.join('')}/${definition.plural}`;
}

export function placeIn({ params }: Exchange, definition: ResourceDefinition, parts: ResourceParts): ResourcePlace {
  return placeOf(definition, parts.definitions, params);
}

/**
 * @returns the parent, if it had to be looked up
 * @throws ApiError MISSING_PARENT when something above the place cannot exist, or when the resource lives only below a
 *   parent that exists, and it does not
 */
export async function ensureParentExists(
  { view, params, knownUris }: Exchange,
  place: ResourcePlace,
  { definitions }: Pick<ResourceParts, 'definitions'>,
): Promise<StoredObject | undefined> {
  const { definition, parentName } = place;
  if (knownUris.has(place.list.parentId)) return undefined;
  for (const ancestor of definition.ancestors) {
    const id = params[idParameter(ancestor)] ?? '';
    if (!definitions.get(ancestor).idPattern.test(id)) throw missingParent(ancestor, id);
  }
  if (!definition.needsParent) return undefined;
  const parent = await findAbove(view, place, parentName);
  if (parent === undefined) throw missingParent(parentName, params[idParameter(parentName)] ?? '');
  return parent;
}

function missingParent(resourceName: string, id: string): ApiError {
  return new ApiError('MISSING_PARENT', { details: { id, resource_name: resourceName } });
}

/** @throws ApiError 400 for an id that no object of this resource can have */
export function ensureValidId({ idPattern }: ResourceDefinition, id: JsonValue | undefined): asserts id is string {
  if (typeof id === 'string' && idPattern.test(id)) return;
  throw invalidParameters([{ location: 'path', name: null, description: 'Invalid object id' }]);
}

/** @throws ApiError OBJECT_NOT_FOUND when there is none */
export function getObject(found: StoredObject | undefined, { list }: ResourcePlace, id: string): StoredObject {
  if (found !== undefined) return found;
  throw new ApiError('OBJECT_NOT_FOUND', { details: { id, resource_name: list.resourceName } });
}

/** The permissions that a client may assign on such an object. */
export function permissionNames({ definition }: ResourcePlace, { rules }: ResourceParts): readonly string[] {
  return rules.assignable(definition.name);
}

/** @throws ApiError 400 with all of them, if there are any */
export function ensureNoProblems(problems: readonly ErrorDetail[]): void {
  if (problems.length > 0) throw invalidParameters(problems);
}

/** The timestamp of a list in ms; @throws NeedsUnit when it has none yet and this is a snapshot */
export async function getListTimestamp(exchange: Exchange, place: ResourcePlace): Promise<number> {
  return (
    (await exchange.view.findListTimestamp(place.list)) ?? (await getUnit(exchange).ensureListTimestamp(place.list))
  );
}

/** Checks the attributes a resource knows, and the one that all have. */
export function checkValue(
  definition: ResourceDefinition,
  value: JsonObject,
  options: { prefix: string; supplied: boolean },
): { value: JsonObject; problems: ErrorDetail[] } {
  const checked = definition.checkAttributes?.(value, options) ?? { value, problems: [] };
  return { value: checked.value, problems: [...checked.problems, ...timestampProblems(value, options.prefix)] };
}

/**
 * The body of a POST or PUT, its attributes checked. Problems are added to those that there are.
 *
 * @throws ApiError 400 for a text that is no JSON
 */
export function readObjectBody(
  text: BodyText,
  place: ResourcePlace,
  parts: ResourceParts,
  problems: ErrorDetail[],
): WriteBody {
  const checkData = (data: JsonObject | undefined): JsonObject | undefined => {
    const checked = checkValue(place.definition, data ?? {}, { prefix: 'data.', supplied: data !== undefined });
    problems.push(...checked.problems);
    return data === undefined ? undefined : checked.value;
  };
  return readWriteBody(text, { permissionNames: permissionNames(place, parts), checkData }, problems);
}

/** @throws ApiError 400 for another id in the value */
export function ensureSameId({ id: given }: JsonObject, id: string): void {
  if (given === undefined || given === id) return;
  throw invalidParameters([bodyProblem('id', 'Object id does not match existing object')]);
}

/**
 * The value to store: as it is, unless objects are to be checked against the schemas above them.
 *
 * @throws ApiError 400 with the first reason why it is not valid
 */
export async function checkedBySchemas(
  { view }: Exchange,
  place: ResourcePlace,
  wanted: Pick<ResourceParts, 'schemas'> & { parent: StoredObject | undefined; value: JsonObject; id?: string },
): Promise<JsonObject> {
  const { schemas, parent, value, id } = wanted;
  if (schemas === undefined) return value;
  return schemas.checked(view, place, id === undefined ? value : { ...value, id }, parent);
}

/**
 * The last instant that has a date (ECMAScript's time values), in ms. A list's own timestamps go on from the latest
 * one suggested; from here they stay exact numbers for longer than any list lives.
 */
export const LATEST_TIMESTAMP = 8.64e15;

/**
 * Kinto's database fails on `true` and on integers that it cannot hold (kinto-api.md, 2.3); they are refused here.
 * Anything else that is no whole number is ignored, as there.
 */
function timestampProblems({ last_modified: suggested }: JsonObject, prefix: string): ErrorDetail[] {
  const isTooBig =
    typeof suggested === 'bigint' ||
    (typeof suggested === 'number' && Number.isInteger(suggested) && Math.abs(suggested) > LATEST_TIMESTAMP);
  if (typeof suggested !== 'boolean' && !isTooBig) return [];
  const description = `${String(suggested)} is not a timestamp in milliseconds`;
  return [{ location: 'body', name: `${prefix}last_modified`, description }];
}
