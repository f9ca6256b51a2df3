import type { ImpactedObject, ResourceChange } from '../../changes/resource-change.js';
import { NOTHING, plus, sizeOf, type Usage } from './usage.js';

/** What a request did to one collection and its records. */
export interface NotedCollection {
  readonly id: string;
  readonly change: Usage;
  /** It was deleted, whether or not it was made again: the records that went with it are noted nowhere. */
  readonly wasDeleted: boolean;
}

/** What a request did to one bucket. */
export interface NotedBucket {
  readonly id: string;
  readonly uri: string;
  /** To its own attributes, and to its groups. */
  readonly change: Usage;
  readonly collections: readonly NotedCollection[];
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

interface OpenBucket extends Mutable<Omit<NotedBucket, 'collections'>> {
  readonly collections: Map<string, Mutable<NotedCollection>>;
}

/** Whatever else there is, the history above all, does not count. */
const COUNTED: readonly string[] = ['bucket', 'group', 'collection', 'record'];

/** By bucket in the order of their ids: whoever locks several locks them in one order. */
export function notedUsage(changes: readonly ResourceChange[]): NotedBucket[] {
  const buckets = new Map<string, OpenBucket>();
  for (const change of changes) {
    if (!COUNTED.includes(change.resourceName)) continue;
    for (const object of change.impacted) noteObject(change, object, buckets);
  }
  return [...buckets.values()]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map((bucket) => ({ ...bucket, collections: [...bucket.collections.values()] }));
}

function noteObject(change: ResourceChange, object: ImpactedObject, buckets: Map<string, OpenBucket>): void {
  const { resourceName, action, parentParts } = change;
  const bucket = bucketOf(parentParts.bucket_id ?? object.id, buckets);
  const collectionId = resourceName === 'collection' ? object.id : parentParts.collection_id;
  const usage = usageOf(change, object);
  if (collectionId === undefined) {
    bucket.change = plus(bucket.change, usage);
    return;
  }
  const collection = bucket.collections.get(collectionId) ?? {
    id: collectionId,
    change: NOTHING,
    wasDeleted: false,
  };
  collection.change = plus(collection.change, usage);
  collection.wasDeleted ||= resourceName === 'collection' && action === 'delete';
  bucket.collections.set(collectionId, collection);
}

function bucketOf(id: string, buckets: Map<string, OpenBucket>): OpenBucket {
  let bucket = buckets.get(id);
  if (bucket === undefined) {
    bucket = { id, uri: `/buckets/${id}`, change: NOTHING, collections: new Map() };
    buckets.set(id, bucket);
  }
  return bucket;
}

function usageOf({ resourceName, action }: ResourceChange, { newText, oldText }: ImpactedObject): Usage {
  const before = oldText === null ? 0 : sizeOf(oldText);
  const after = action === 'delete' ? 0 : sizeOf(newText);
  const count = action === 'create' ? 1 : action === 'delete' ? -1 : 0;
  return {
    bytes: after - before,
    records: resourceName === 'record' ? count : 0,
    collections: resourceName === 'collection' ? count : 0,
  };
}
