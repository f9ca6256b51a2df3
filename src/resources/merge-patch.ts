import { isJsonObject, type JsonObject, type JsonValue } from '../wire/json.js';

export const MERGE_PATCH_TYPE = 'application/merge-patch+json';

/** RFC 7396: objects merge, `null` removes, anything else replaces. Neither argument is changed. */
export function mergePatch(target: JsonValue | undefined, patch: JsonObject): JsonObject {
  // A Map, since `__proto__` is a key like any other.
  const merged = new Map<string, JsonValue>(isJsonObject(target) ? Object.entries(target) : []);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, isJsonObject(value) ? mergePatch(merged.get(key), value) : value);
  }
  return Object.fromEntries(merged);
}
