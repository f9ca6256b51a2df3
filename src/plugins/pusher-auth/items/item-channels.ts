import type { ChannelReading } from '../../../changes/channel-reading.js';
import type { RecordScope } from '../../../storage/record-changes.js';
import type { ObjectList } from '../../../storage/storage.js';

/** What a channel of items announces: the records of one collection, or all those of somebody's own bucket. */
export interface ItemReading extends ChannelReading {
  readonly resourceName: 'record';
  readonly ids: Readonly<{ bucket_id: string; collection_id?: string }>;
  /** Nothing that is read out of a template has it. */
  readonly isOfItems: true;
}

/** What the names of these channels begin with (seed-systems.md, 2.3). */
export const ITEM_PREFIXES = ['private-items;', 'private-user-'] as const;

const COLLECTION = /^private-items;([a-zA-Z0-9_-]+);([a-zA-Z0-9_-]+)$/;

const PERSONAL = /^private-user-([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/;

/** An own bucket's id is a hash of its user, written as a UUID (kinto-api.md, 9). */
const OWN_BUCKET = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const RECORDS_OF = /^\/buckets\/([^/]+)\/collections\/([^/]+)$/;

/** The channel of a collection's records. A `;` is in no id, so that no two collections have one channel. */
export function collectionChannel(bucketId: string, collectionId: string): string {
  return `private-items;${bucketId};${collectionId}`;
}

/** The channel of all records of somebody's own bucket. */
export function personalChannel(bucketId: string): string {
  return `private-user-${bucketId.replaceAll('-', '')}`;
}

/** `undefined`: it is no channel of items. */
export function readItemChannel(channel: string): ItemReading | undefined {
  const [, bucketId, collectionId] = COLLECTION.exec(channel) ?? [];
  if (bucketId !== undefined && collectionId !== undefined) {
    return asReading({ bucket_id: bucketId, collection_id: collectionId });
  }
  const [, ...groups] = PERSONAL.exec(channel) ?? [];
  return groups.length === 0 ? undefined : asReading({ bucket_id: groups.join('-') });
}

export function isItemReading(reading: ChannelReading): reading is ItemReading {
  return 'isOfItems' in reading;
}

function asReading(ids: ItemReading['ids']): ItemReading {
  return { resourceName: 'record', ids, isOfItems: true };
}

/** The channels that announce the changes of a list. */
export function channelsOf({ parentId, resourceName }: ObjectList): string[] {
  const [, bucketId, collectionId] = (resourceName === 'record' ? RECORDS_OF.exec(parentId) : null) ?? [];
  if (bucketId === undefined || collectionId === undefined) return [];
  const ofCollection = collectionChannel(bucketId, collectionId);
  return OWN_BUCKET.test(bucketId) ? [ofCollection, personalChannel(bucketId)] : [ofCollection];
}

/** The list of records of a collection; `undefined`: it is about more than one. */
export function listOf({ ids }: ItemReading): ObjectList | undefined {
  if (ids.collection_id === undefined) return undefined;
  return { parentId: `/buckets/${ids.bucket_id}/collections/${ids.collection_id}`, resourceName: 'record' };
}

/** What of the log a channel of items announces. */
export function scopeOf(reading: ItemReading): RecordScope {
  const list = listOf(reading);
  return list === undefined ? { bucket: `/buckets/${reading.ids.bucket_id}` } : { collection: list.parentId };
}
