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
