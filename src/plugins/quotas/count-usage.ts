import type { ObjectList, Selection, StorageView } from '../../storage/storage.js';
import type { StoredObject } from '../../wire/stored-object.js';
import { NOTHING, plus, sizeOf, type Usage } from './usage.js';

/** How many objects are read at once. */
const PAGE = 1_000;

export interface CountedBucket {
  readonly bucket: Usage;
  readonly collections: ReadonlyMap<string, Usage>;
}

/** What is in a bucket by looking at all of it: once, when nobody has counted there before. */
export async function countBucket(view: StorageView, bucketId: string): Promise<CountedBucket> {
  const uri = `/buckets/${bucketId}`;
  const bucket = await view.findObject({ parentId: '', resourceName: 'bucket' }, bucketId);
  let total: Usage = { ...NOTHING, bytes: bucket === undefined ? 0 : sizeOf(bucket.text) };
  for await (const group of objectsOf(view, { parentId: uri, resourceName: 'group' })) {
    total = plus(total, { ...NOTHING, bytes: sizeOf(group.text) });
  }
  const collections = new Map<string, Usage>();
  for await (const collection of objectsOf(view, { parentId: uri, resourceName: 'collection' })) {
    const usage = await countRecords(view, `${uri}/collections/${collection.id}`, collection);
    collections.set(collection.id, usage);
    total = plus(total, usage);
  }
  return { bucket: total, collections };
}

/** The same of a collection; nothing when there is none. */
export async function countCollection(view: StorageView, bucketUri: string, id: string): Promise<Usage> {
  const collection = await view.findObject({ parentId: bucketUri, resourceName: 'collection' }, id);
  return collection === undefined ? NOTHING : countRecords(view, `${bucketUri}/collections/${id}`, collection);
}

async function countRecords(view: StorageView, uri: string, collection: StoredObject): Promise<Usage> {
  let bytes = sizeOf(collection.text);
  let records = 0;
  for await (const record of objectsOf(view, { parentId: uri, resourceName: 'record' })) {
    bytes += sizeOf(record.text);
    records += 1;
  }
  return { bytes, records, collections: 1 };
}

/** The live objects of a list, the oldest first. */
async function* objectsOf(view: StorageView, list: ObjectList): AsyncGenerator<StoredObject> {
  let page = await view.listObjects(list, pageAfter(undefined));
  while (page.length > 0) {
    yield* page;
    if (page.length <= PAGE) return;
    page = await view.listObjects(list, pageAfter(page.at(-1)));
  }
}

function pageAfter(last: StoredObject | undefined): Selection {
  const path = ['last_modified'];
  return {
    filters:
      last === undefined ? [] : [{ path, parameter: 'gt_last_modified', operator: 'gt', value: last.lastModified }],
    sort: [{ field: 'last_modified', path, direction: 'ascending' }],
    limit: PAGE,
    includeDeleted: false,
  };
}
