/**
 * URIs of objects and lists, without the version prefix: `/buckets/b/collections/c/records/r`. They alternate between
 * the plural of a resource and an id.
 */

/** `/buckets/b/collections/c` → `{ bucket_id: 'b', collection_id: 'c' }`, as Kinto's events name the parts. */
export function uriParts(uri: string): Record<string, string> {
  const segments = uri.split('/');
  const parts: Record<string, string> = {};
  for (let index = 1; index + 1 < segments.length; index += 2) {
    const plural = segments[index]!;
    parts[`${plural.endsWith('s') ? plural.slice(0, -1) : plural}_id`] = segments[index + 1]!;
  }
  return parts;
}

/** The resource name of each path of plurals that leads to one: `{ 'buckets/collections': 'collection' }`. */
export type UriShapes = Readonly<Record<string, string>>;

/** What Kinto calls the resource of the URI `/`. */
export const ROOT_RESOURCE = 'root';

/**
 * The object a URI leads to, in the words of Kinto's permissions endpoint (kinto-api.md, 7.9): its own URI, the name of
 * its resource, and every id on the way, its own twice. `undefined` when no resource has such a URI.
 */
export function describeUri(uri: string, shapes: UriShapes): Record<string, string> | undefined {
  if (uri === '/') return { uri, resource_name: ROOT_RESOURCE };
  const segments = uri.slice(1).split('/');
  if (!uri.startsWith('/') || segments.length % 2 === 1) return undefined;
  const ids: Record<string, string> = {};
  let shape = '';
  let resource = '';
  for (let index = 0; index < segments.length; index += 2) {
    const id = segments[index + 1]!;
    shape += index === 0 ? segments[0]! : `/${segments[index]!}`;
    if (!Object.hasOwn(shapes, shape) || id === '') return undefined;
    resource = shapes[shape]!;
    if (index + 2 < segments.length) ids[`${resource}_id`] = id;
    else Object.assign(ids, { id, [`${resource}_id`]: id });
  }
  return { uri, resource_name: resource, ...ids };
}
