import type { StorageView } from '../storage/storage.js';
import type { StoredObject } from '../wire/stored-object.js';
import type { ResourcePlace } from './resource-place.js';

/** The object of a resource above a place, e.g. the bucket of a record. */
export async function findAbove(
  view: StorageView,
  { above }: ResourcePlace,
  resourceName: string,
): Promise<StoredObject | undefined> {
  const uri = above[resourceName];
  if (uri === undefined) return undefined;
  const [id = '', , ...parents] = uri.split('/').reverse();
  return view.findObject({ parentId: parents.reverse().join('/'), resourceName }, id);
}
