import type { ChangeAction } from '../wire/change-action.js';
import { formatPosition, type Position } from '../wire/position.js';
import type { JournalEntry, LoggedChange } from '../storage/journal.js';
import { uriParts } from '../wire/uri.js';

/** One object that a change touched. Texts are whole objects as JSON; a deleted object's new text is its tombstone. */
export interface ImpactedObject {
  readonly id: string;
  readonly newText: string;
  /** `null` on `create`. */
  readonly oldText: string | null;
  readonly position: Position;
  /** Its new `last_modified`, in ms. */
  readonly timestamp: number;
  /** Whether this was the last change of its request in its list. Only once it is in the log. */
  readonly last: boolean;
  /** Who changed it; in a batch, others may have changed its neighbours. `null`: nobody was logged in. */
  readonly userId: string | null;
  /** Who could read it by its own entries; see {@link ownReaders}. */
  readonly principals?: string | undefined;
}

/** What one request did to the objects of one list in one way: Kinto's event (kinto-api.md, 13). */
export interface ResourceChange {
  readonly action: ChangeAction;
  /** Singular: `bucket`, `collection`, `group`, `record`, … */
  readonly resourceName: string;
  /** The parent's URI without the version prefix. */
  readonly parentId: string;
  /** `bucket_id`, `collection_id`, … of the parents; an object's own id is with the object. */
  readonly parentParts: Readonly<Record<string, string>>;
  /** The first object's new `last_modified`, in ms. */
  readonly timestamp: number;
  /** Who changed the first object. `null`: nobody was logged in. */
  readonly userId: string | null;
  /** In the order they were changed. */
  readonly impacted: readonly ImpactedObject[];
}

/** The same once it can no longer be undone. */
export interface CommittedChange extends ResourceChange {
  /** Stable: a delivery that is repeated carries the same one. */
  readonly id: string;
}

/** Merges entries by resource, parent and action, in the order in which each first occurred, as Kinto does (13.4). */
export function mergeEntries(entries: readonly (JournalEntry & { readonly last?: boolean })[]): ResourceChange[] {
  const merged = new Map<string, ResourceChange & { impacted: ImpactedObject[] }>();
  for (const entry of entries) {
    const {
      list,
      action,
      objectId: id,
      newText,
      oldText,
      position,
      timestamp,
      last = false,
      userId,
      principals,
    } = entry;
    const key = `${list.resourceName} ${list.parentId} ${action}`;
    const impacted = { id, newText, oldText, position, timestamp, last, userId, principals };
    const known = merged.get(key);
    if (known === undefined) {
      merged.set(key, {
        action,
        resourceName: list.resourceName,
        parentId: list.parentId,
        parentParts: uriParts(list.parentId),
        timestamp: entry.timestamp,
        userId,
        impacted: [impacted],
      });
    } else {
      known.impacted.push(impacted);
    }
  }
  return [...merged.values()];
}

/** Everything one request did. */
export interface CommittedRequest {
  /** The global position of its last change. */
  readonly lastId: number;
  readonly changes: readonly CommittedChange[];
}

/** Cuts a stretch of the log into requests and merges each one's changes. */
export function mergeLogged(logged: readonly LoggedChange[]): CommittedRequest[] {
  const requests: CommittedRequest[] = [];
  let start = 0;
  for (let end = 1; end <= logged.length; end++) {
    const { requestId } = logged[start]!;
    if (end < logged.length && logged[end]!.requestId === requestId) continue;
    const changes = mergeEntries(logged.slice(start, end)).map((change) => ({
      ...change,
      id: `${requestId}:${formatPosition(change.impacted[0]!.position)}`,
    }));
    requests.push({ lastId: logged[end - 1]!.id, changes });
    start = end;
  }
  return requests;
}
