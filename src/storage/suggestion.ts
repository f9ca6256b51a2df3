import type { JsonObject, JsonValue } from '../wire/json.js';
import type { StoredObject } from '../wire/stored-object.js';

/*
 * A client's own `last_modified` (kinto-api.md, 2.3).
 */

/** A whole number counts as a suggestion, anything else is as if it were not there. */
export function suggestionIn(value: JsonObject): number | undefined {
  const suggested: JsonValue | undefined = value.last_modified;
  return typeof suggested === 'number' && Number.isSafeInteger(suggested) ? suggested : undefined;
}

/** On an object that is there it counts only if it is after the object's own. */
export function laterThan(previous: StoredObject, suggested: number | undefined): number | undefined {
  return suggested !== undefined && suggested > previous.lastModified ? suggested : undefined;
}
