/**
 * The list whose timestamps an answer has: the path of the one that the path's object is in; of a list, its own.
 *
 * @param user whose default bucket it is
 */
export function listOf(path: string, user: string | null = null): string {
  const segments = path
    .replace(/\?.*$/s, '')
    .replace(/^\/v1(?=\/)/, '')
    .replace(/^\/buckets\/default(?=\/|$)/, `/buckets/default of ${user ?? 'nobody'}`)
    .split('/')
    .slice(1);
  // A snapshot is of the records.
  if (segments[2] === 'snapshot')
    return `/buckets/${segments[1]!}/collections/${segments[4]!.replace(/@.*/, '')}/records`;
  const isObject = segments.length % 2 === 0 && segments.length > 0;
  return `/${(isObject ? segments.slice(0, -1) : segments).join('/')}`;
}
