import type { ResourceChange } from '../../changes/resource-change.js';
import type { UnitOfWork } from '../../storage/storage.js';
import type { TrackedObject } from './tracked-objects.js';

const EPOCH = 'SELECT epoch FROM timestamps WHERE parent_id = ? AND resource_name = ?';

/**
 * Leaves out what belongs to buckets that the same request has deleted since. Their history went with them, and a
 * bucket that was made again begins with an empty one (kinto-api.md, 12.1.2).
 *
 * What was changed below such a bucket before its deletion is told by its epoch: the list's row went with the bucket.
 */
export async function withoutDeletedBuckets(
  tracked: TrackedObject[],
  changes: readonly ResourceChange[],
  { sql }: UnitOfWork,
): Promise<TrackedObject[]> {
  const deletions = bucketDeletions(changes);
  if (deletions.size === 0) return tracked;
  const kept: TrackedObject[] = [];
  for (const each of tracked) {
    const deletedAt = deletions.get(each.bucketUri);
    const { position } = each.object;
    if (deletedAt === undefined || (each.resourceName === 'bucket' && position.n > deletedAt)) {
      kept.push(each);
    } else if (each.resourceName !== 'bucket') {
      const { parentId, resourceName } = each;
      const row = await sql.first<{ epoch: string }>(EPOCH, [parentId, resourceName]);
      if (row?.epoch === position.epoch) kept.push(each);
    }
  }
  return kept;
}

/** By URI: the number of each bucket's last deletion in the list of buckets. */
function bucketDeletions(changes: readonly ResourceChange[]): Map<string, number> {
  const deletions = new Map<string, number>();
  for (const { resourceName, action, impacted } of changes) {
    if (resourceName !== 'bucket' || action !== 'delete') continue;
    for (const { id, position } of impacted) deletions.set(`/buckets/${id}`, position.n);
  }
  return deletions;
}
