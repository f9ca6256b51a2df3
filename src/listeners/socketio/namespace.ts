/**
 * What a namespace shows: everything its visitor may read (`uri` is empty), or what is at and below a bucket or a
 * collection. It is spelt like a path (seed-systems.md, 3.3).
 */
export type NamespaceWish =
  { readonly of: 'visitor'; readonly name: string | undefined } | { readonly of: 'place'; readonly uri: string };

const PLACE = /^\/buckets\/[^/]+(\/collections\/[^/]+)?$/;

/** @param name as the client has written it; `undefined`: there is no such namespace */
export function readNamespace(name: string): NamespaceWish | undefined {
  const path = decoded(name);
  if (path === '/' || path === '/me') return { of: 'visitor', name: undefined };
  if (PLACE.test(path)) return { of: 'place', uri: path };
  const [, account] = /^\/([^/]+)$/.exec(path) ?? [];
  return account === undefined ? undefined : { of: 'visitor', name: account };
}

/** Whether both name the same one: older clients escape what newer ones do not. */
export function isSameNamespace(one: string, other: string): boolean {
  return decoded(one) === decoded(other);
}

/** Whether somebody of that id has an account of that name: `alice` is `account:alice`, which may be written out. */
export function isNameOf(userId: string, name: string): boolean {
  return userId === name || userId.slice(userId.indexOf(':') + 1) === name;
}

/** Whether the object or list of that URI is in a view. */
export function isWithin(view: string, uri: string): boolean {
  return uri === view || uri.startsWith(`${view}/`);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
