import type { PermissionRules } from '../../permissions/permission-rules.js';
import type { Cache } from '../../cache/cache.js';
import { ApiError, invalidParameters, type ErrorDetail } from '../../wire/api-error.js';
import type { JsonObject, JsonValue } from '../../wire/json.js';
import type { Authorization } from '../authorization.js';
import { getUnit, type Exchange } from '../exchange.js';
import type { ApiSettings } from '../http.settings.js';
import type { ObjectWriter } from '../object-writer.js';
import { idParameter, type ResourceDefinition, type ResourceDefinitions } from '../resource-definition.js';
import { placeOf, type ResourcePlace } from '../resource-place.js';

/** What both endpoints of a resource work with. */
export interface ResourceParts {
  readonly definitions: ResourceDefinitions;
  readonly rules: PermissionRules;
  readonly authorization: Authorization;
  readonly writer: ObjectWriter;
  readonly settings: ApiSettings;
  readonly cache: Cache;
}

export function patternOf(definition: ResourceDefinition, { definitions }: ResourceParts): string {
  const above = definition.ancestors.map((name) => `/${definitions.get(name).plural}/{${idParameter(name)}}`);
  return `${above.join('')}/${definition.plural}`;
}

export function placeIn({ params }: Exchange, definition: ResourceDefinition, parts: ResourceParts): ResourcePlace {
  return placeOf(definition, parts.definitions, params);
}

/** @throws ApiError MISSING_PARENT when the resource lives only below a parent that exists, and it does not */
export async function ensureParentExists({ view, knownUris }: Exchange, place: ResourcePlace): Promise<void> {
  const { parentName } = place;
  const uri = place.list.parentId;
  if (!place.definition.needsParent || knownUris.has(uri)) return;
  const id = uri.slice(uri.lastIndexOf('/') + 1);
  const grandparent = uri.split('/').slice(0, -2).join('/');
  if ((await view.findObject({ parentId: grandparent, resourceName: parentName }, id)) !== undefined) return;
  throw new ApiError('MISSING_PARENT', { details: { id, resource_name: parentName } });
}

/** @throws ApiError 400 for an id that no object of this resource can have */
export function ensureValidId({ idPattern }: ResourceDefinition, id: JsonValue | undefined): asserts id is string {
  if (typeof id === 'string' && idPattern.test(id)) return;
  throw invalidParameters([{ location: 'path', name: null, description: 'Invalid object id' }]);
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
    typeof suggested === 'number' && Number.isInteger(suggested) && Math.abs(suggested) > LATEST_TIMESTAMP;
  if (typeof suggested !== 'boolean' && !isTooBig) return [];
  const description = `${String(suggested)} is not a timestamp in milliseconds`;
  return [{ location: 'body', name: `${prefix}last_modified`, description }];
}
