import type { AccessControlList } from '../permissions/access-entries.js';
import type { WriteBody } from './write-body.js';

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
