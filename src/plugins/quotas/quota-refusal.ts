import type { ResourceChange } from '../../changes/resource-change.js';
import { ApiError } from '../../wire/api-error.js';
import type { Quotas, QuotaSettings } from './quotas.settings.js';
import { sizeOf, type Usage } from './usage.js';

/** What something holds after a request, and how much more than before it. */
export interface Holding {
  readonly usage: Usage;
  readonly growth: Usage;
}

/** The messages of Kinto's former plugin: its tests and clients compare how they begin. */
const TOO_LARGE = { Bucket: 'Bucket maximum total size', Collection: 'Collection maximum size' } as const;

/** @throws ApiError INSUFFICIENT_STORAGE when it has grown beyond what it may hold */
export function ensureFits(what: 'Bucket' | 'Collection', { usage, growth }: Holding, quota: QuotaSettings): void {
  const { maxBytes, maxItems } = quota;
  if (maxBytes !== undefined && usage.bytes > maxBytes && growth.bytes > 0) {
    throw refusal(`${TOO_LARGE[what]} exceeded (${usage.bytes} > ${maxBytes} Bytes).`);
  }
  if (maxItems !== undefined && usage.records > maxItems && growth.records > 0) {
    throw refusal(`${what} maximum number of objects exceeded (${usage.records} > ${maxItems} objects).`);
  }
}

/** @throws ApiError INSUFFICIENT_STORAGE when an object is larger than one may be there, and was not before */
export function ensureItemsFit(changes: readonly ResourceChange[], quotas: Quotas): void {
  for (const change of changes) {
    if (change.action === 'delete') continue;
    for (const { id, newText, oldText } of change.impacted) {
      const most = mostBytesPerItem(change, id, quotas);
      if (most === undefined) continue;
      const size = sizeOf(newText);
      if (size <= most || (oldText !== null && size <= sizeOf(oldText))) continue;
      throw refusal(`Maximum bytes per object exceeded (${size} > ${most} Bytes).`);
    }
  }
}

/** A collection's quota, for itself and its records, goes before that of its bucket. */
function mostBytesPerItem(change: ResourceChange, id: string, quotas: Quotas): number | undefined {
  const { resourceName, parentParts } = change;
  const ofBucket = (bucketId: string) => quotas.ofBucket(bucketId).maxBytesPerItem;
  const ofCollection = (bucketId: string, collectionId: string) => {
    return quotas.ofCollection(bucketId, collectionId).maxBytesPerItem ?? ofBucket(bucketId);
  };
  const { bucket_id: bucketId = '', collection_id: collectionId = '' } = parentParts;
  switch (resourceName) {
    case 'bucket':
      return ofBucket(id);
    case 'group':
      return ofBucket(bucketId);
    case 'collection':
      return ofCollection(bucketId, id);
    case 'record':
      return ofCollection(bucketId, collectionId);
    default:
      return undefined;
  }
}

function refusal(message: string): ApiError {
  return new ApiError('INSUFFICIENT_STORAGE', { message });
}
