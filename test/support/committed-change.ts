import type { CommittedChange, ImpactedObject } from '../../src/changes/resource-change.js';
import { uriParts } from '../../src/wire/uri.js';

/** A change as the feed tells it, without a database. */
export function committedChange(
  changes: Partial<Omit<CommittedChange, 'impacted' | 'parentParts'>> & { impacted?: ImpactedObject[] } = {},
): CommittedChange {
  const parentId = changes.parentId ?? '/buckets/home/collections/tasks';
  return {
    id: 'request:e.1.0000',
    action: 'create',
    resourceName: 'record',
    parentId,
    parentParts: uriParts(parentId),
    timestamp: 1_763_700_000_000,
    userId: 'basicauth:alice',
    impacted: [impacted('r1')],
    ...changes,
  };
}

export function impacted(id: string, newText = `{"id":"${id}"}`, oldText: string | null = null): ImpactedObject {
  return {
    ...{ id, newText, oldText, position: { epoch: 'e', n: 1, salt: 0 } },
    ...{ timestamp: 1_763_700_000_000, last: true, userId: 'basicauth:alice' },
  };
}
