import type { CommitHook } from '../../changes/commit-hook.js';
import type { ResourceChange } from '../../changes/resource-change.js';
import type { UnitOfWork } from '../../storage/storage.js';
import { countBucket, countCollection } from './count-usage.js';
import { notedUsage, type NotedBucket, type NotedCollection } from './noted-usage.js';
import { ensureItemsFit, ensureFits, type Holding } from './quota-refusal.js';
import type { Quotas } from './quotas.settings.js';
import { isNothing, minus, NOTHING, plus, type Usage } from './usage.js';
import { BUCKET_ROW, collectionRow, UsageRows } from './usage-rows.js';

/** A collection that the request has changed, and how it is now. */
interface ChangedCollection extends Holding {
  readonly id: string;
}

/**
 * Counts what buckets and collections hold, in the transaction that changes it, and refuses what would make them hold
 * too much. Whatever makes them hold less is never refused, not even where they still hold too much afterwards.
 *
 * Whoever changes anything in a bucket changes the bucket's row first, and so waits for everybody else who does.
 */
export class QuotaKeeper implements CommitHook {
  constructor(private readonly quotas: Quotas) {}

  async beforeCommit(changes: readonly ResourceChange[], unit: UnitOfWork): Promise<void> {
    ensureItemsFit(changes, this.quotas);
    for (const bucket of notedUsage(changes)) {
      const { collections } = bucket;
      const isSame =
        isNothing(bucket.change) && collections.every((each) => isNothing(each.change) && !each.wasDeleted);
      if (!isSame) await this.settle(bucket, unit);
    }
  }

  private async settle(bucket: NotedBucket, unit: UnitOfWork): Promise<void> {
    const rows = new UsageRows(unit, bucket.uri);
    const untilNow = bucket.collections.filter(({ wasDeleted }) => !wasDeleted);
    const change = [bucket, ...untilNow].map((each) => each.change).reduce(plus);
    const total = await rows.add(BUCKET_ROW, change);
    if (total === undefined) return this.countAll(bucket, rows, unit);
    const collections: ChangedCollection[] = [];
    for (const each of bucket.collections) collections.push(await changeCollection(each, bucket, rows, unit));
    const corrections = bucket.collections.map((each, index) => {
      return each.wasDeleted ? collections[index]!.growth : NOTHING;
    });
    const correction = corrections.reduce(plus, NOTHING);
    const usage = (await rows.add(BUCKET_ROW, correction)) ?? total;
    this.ensureAllFit(bucket.id, { usage, growth: plus(change, correction) }, collections);
  }

  /** Nobody has counted in this bucket yet: it is new, or was there before the quotas. */
  private async countAll(bucket: NotedBucket, rows: UsageRows, unit: UnitOfWork): Promise<void> {
    const counted = await countBucket(unit, bucket.id);
    if (isNothing(counted.bucket)) return;
    await rows.create(BUCKET_ROW, counted.bucket);
    for (const [id, usage] of counted.collections) await rows.create(collectionRow(id), usage);
    const collections = bucket.collections.map(({ id, change }) => {
      return { id, usage: counted.collections.get(id) ?? NOTHING, growth: change };
    });
    const growth = [bucket, ...bucket.collections].map(({ change }) => change).reduce(plus);
    this.ensureAllFit(bucket.id, { usage: counted.bucket, growth }, collections);
  }

  private ensureAllFit(bucketId: string, bucket: Holding, collections: readonly ChangedCollection[]): void {
    ensureFits('Bucket', bucket, this.quotas.ofBucket(bucketId));
    for (const each of collections) ensureFits('Collection', each, this.quotas.ofCollection(bucketId, each.id));
  }
}

async function changeCollection(
  { id, change, wasDeleted }: NotedCollection,
  bucket: NotedBucket,
  rows: UsageRows,
  unit: UnitOfWork,
): Promise<ChangedCollection> {
  const row = collectionRow(id);
  const usage = wasDeleted ? undefined : await rows.add(row, change);
  if (usage !== undefined) return { id, usage, growth: change };
  const before: Usage = wasDeleted ? ((await rows.find(row)) ?? NOTHING) : NOTHING;
  const counted = await countCollection(unit, bucket.uri, id);
  if (wasDeleted) await rows.remove(row);
  if (!isNothing(counted)) await rows.create(row, counted);
  return { id, usage: counted, growth: wasDeleted ? minus(counted, before) : change };
}
