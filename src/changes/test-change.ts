import { randomUUID } from 'node:crypto';
import type { CommittedChange } from './resource-change.js';

/** The bucket and the collection of test events; nothing has to be there. */
const PLACE = { bucket_id: 'kumocast-test', collection_id: 'test' };

/** A change that never was, for somebody who wants to see whether a listener works: its record says `test: true`. */
export function testChange(now: number = Date.now()): CommittedChange {
  const id = randomUUID();
  return {
    id: `test-${id}:test.1.0000`,
    action: 'create',
    resourceName: 'record',
    parentId: `/buckets/${PLACE.bucket_id}/collections/${PLACE.collection_id}`,
    parentParts: PLACE,
    timestamp: now,
    userId: null,
    impacted: [
      {
        id,
        newText: JSON.stringify({ id, last_modified: now, test: true }),
        oldText: null,
        position: { epoch: 'test', n: 1, salt: 0 },
        timestamp: now,
        last: true,
        userId: null,
      },
    ],
  };
}
