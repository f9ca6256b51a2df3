import type { ImpactedObject, ResourceChange } from '../../changes/resource-change.js';
import type { ChangeAction } from '../../wire/change-action.js';
import type { JsonObject } from '../../wire/json.js';

/** One changed object that gets an entry. URIs are without the version prefix. */
export interface TrackedObject {
  readonly action: ChangeAction;
  readonly resourceName: string;
  readonly userId: string | null;
  readonly parentId: string;
  readonly uri: string;
  readonly bucketUri: string;
  /** Of the collection itself, or of the one that a record is in. */
  readonly collectionUri: string | undefined;
  /** `bucket_id`, `collection_id` … as an entry shows them: a bucket's own id is only with entries of buckets. */
  readonly ids: JsonObject;
  readonly object: ImpactedObject;
}

/** Accounts and whatever plugins add leave no history, nor does the history itself (kinto-api.md, 12.1.2). */
const TRACKED: readonly string[] = ['bucket', 'group', 'collection', 'record'];

/** What is not to be tracked. */
export interface Exclusions {
  readonly userIds: ReadonlySet<string>;
  /** Of the objects themselves, or of a bucket or collection above them. */
  readonly uris: ReadonlySet<string>;
}

/**
 * The objects of a request that get an entry, list by list, within a list in the order in which they were changed.
 * (Kinto has all of one action before those of the next, so that a record that was deleted and made again in one batch
 * seems to end deleted.)
 */
export function trackedObjects(changes: readonly ResourceChange[], exclusions: Exclusions): TrackedObject[] {
  const byList = new Map<string, TrackedObject[]>();
  for (const change of changes) {
    if (!TRACKED.includes(change.resourceName)) continue;
    const key = `${change.resourceName} ${change.parentId}`;
    const known = byList.get(key);
    const tracked = known ?? [];
    for (const object of change.impacted) {
      if (object.userId !== null && exclusions.userIds.has(object.userId)) continue;
      const each = trackedObject(change, object);
      if (!isExcluded(each, exclusions.uris)) tracked.push(each);
    }
    if (known === undefined) byList.set(key, tracked);
    else inOrder(tracked);
  }
  return [...byList.values()].flat();
}

function trackedObject(change: ResourceChange, object: ImpactedObject): TrackedObject {
  const { action, resourceName, parentId, parentParts } = change;
  const uri = `${parentId}/${resourceName}s/${object.id}`;
  const { bucket_id: bucketId, ...below } = parentParts;
  return {
    action,
    resourceName,
    userId: object.userId,
    parentId,
    uri,
    bucketUri: bucketId === undefined ? uri : `/buckets/${bucketId}`,
    collectionUri: resourceName === 'collection' ? uri : resourceName === 'record' ? parentId : undefined,
    ids: { ...below, [`${resourceName}_id`]: object.id },
    object,
  };
}

function isExcluded({ uri, bucketUri, collectionUri }: TrackedObject, uris: ReadonlySet<string>): boolean {
  return (
    uris.size > 0 && (uris.has(uri) || uris.has(bucketUri) || (collectionUri !== undefined && uris.has(collectionUri)))
  );
}

/** A list that was removed and made again within the request has a new epoch, whose numbers begin anew. */
function inOrder(tracked: TrackedObject[]): void {
  const epochs = [...new Set(tracked.map(({ object }) => object.position.epoch))];
  const rank = new Map(epochs.map((epoch, index) => [epoch, index]));
  tracked.sort(({ object: { position: a } }, { object: { position: b } }) => {
    return (rank.get(a.epoch) ?? 0) - (rank.get(b.epoch) ?? 0) || a.n - b.n;
  });
}
