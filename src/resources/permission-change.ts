import type { AccessControlList } from '../permissions/access-entries.js';
import type { ErrorDetail } from '../wire/api-error.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../wire/json.js';
import { bodyProblem, readPermissions, type WriteBody } from './write-body.js';

/**
 * What a PUT's or POST's `permissions` set: nothing when they are absent or name nobody's list; else every permission
 * of the resource, those that are not named to nobody (kinto-api.md, 3.3).
 */
export function replacedPermissions(
  permissions: WriteBody['permissions'],
  names: readonly string[],
): AccessControlList {
  const given = Object.entries(permissions ?? {}).filter((entry): entry is [string, readonly string[]] => {
    return entry[1] !== null;
  });
  if (given.length === 0) return {};
  return { ...Object.fromEntries(names.map((name) => [name, []])), ...Object.fromEntries(given) };
}

/** As a JSON Patch sees them: each principal is a key, so that one can be added or removed (kinto-api.md, 3.4). */
export function permissionView(list: AccessControlList, names: readonly string[]): JsonObject {
  const views = names.map((name): [string, JsonValue] => {
    return [name, Object.fromEntries((list[name] ?? []).map((principal) => [principal, principal]))];
  });
  return Object.fromEntries(views);
}

/**
 * What a JSON Patch has changed of them; a permission that is gone belongs to nobody any more.
 *
 * @param view as the patch has left it: a map of principals or a list of them for each permission
 */
export function changedPermissions(
  view: JsonValue | undefined,
  list: AccessControlList,
  names: readonly string[],
  problems: ErrorDetail[],
): AccessControlList {
  if (!isJsonObject(view)) {
    problems.push(bodyProblem('permissions', 'The patch leaves no object there'));
    return {};
  }
  const lists = Object.entries(view).map(([name, principals]): [string, JsonValue] => {
    if (principals === null) problems.push(bodyProblem(`permissions.${name}`, '"None" is not iterable'));
    return [name, isJsonObject(principals) ? Object.keys(principals) : principals];
  });
  const read = readPermissions(Object.fromEntries(lists), names, problems);
  const wanted = names.map((name): [string, readonly string[]] => [name, read[name] ?? []]);
  return Object.fromEntries(wanted.filter(([name, principals]) => !isSameSet(principals, list[name] ?? [])));
}

function isSameSet(some: readonly string[], others: readonly string[]): boolean {
  const known = new Set(others);
  return some.length === known.size && some.every((principal) => known.has(principal));
}
