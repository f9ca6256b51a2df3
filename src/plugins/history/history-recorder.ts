import type { CommitHook } from '../../changes/commit-hook.js';
import type { ResourceChange } from '../../changes/resource-change.js';
import { accessEntries, type AccessControlList } from '../../permissions/access-entries.js';
import { makeUuid } from '../../resources/kinto/ids.js';
import type { UnitOfWork } from '../../storage/storage.js';
import { parseJsonText, type JsonObject } from '../../wire/json.js';
import { withoutDeletedBuckets } from './deleted-buckets.js';
import { historyOf } from './history.definition.js';
import type { HistorySettings } from './history.settings.js';
import type { HistoryTrimmer } from './history-trimmer.js';
import { trackedObjects, type Exclusions, type TrackedObject } from './tracked-objects.js';

/** The access control lists of one request, each read once. */
type KnownLists = Map<string, AccessControlList>;

/**
 * Writes an entry for each changed object into the history of its bucket, in the transaction that changes it
 * (kinto-api.md, 12.1). Permissions are those at the end of the request, as in Kinto.
 */
export class HistoryRecorder implements CommitHook {
  private readonly exclusions: Exclusions;
  private latest = 0;

  /** @param explicitPermissions whether entries get readers of their own, or belong to those of the bucket alone */
  constructor(
    settings: HistorySettings,
    private readonly trimmer: HistoryTrimmer,
    private readonly explicitPermissions: boolean,
  ) {
    this.exclusions = { userIds: new Set(settings.excludeUserIds), uris: new Set(settings.excludeResources) };
  }

  async beforeCommit(changes: readonly ResourceChange[], unit: UnitOfWork): Promise<void> {
    const tracked = await withoutDeletedBuckets(trackedObjects(changes, this.exclusions), changes, unit);
    const known: KnownLists = new Map();
    for (const each of tracked) await this.record(each, known, unit);
    await this.trimmer.trim(tracked, unit);
  }

  private async record(tracked: TrackedObject, known: KnownLists, unit: UnitOfWork): Promise<void> {
    const { bucketUri, collectionUri, uri, action } = tracked;
    const own = action === 'delete' ? {} : await listOf(uri, known, unit);
    const id = makeUuid();
    await unit.createObject(historyOf(bucketUri), id, this.entryOf(tracked, own));
    if (!this.explicitPermissions) return;
    const lists = [own, await listOf(bucketUri, known, unit)];
    if (collectionUri !== undefined) lists.push(await listOf(collectionUri, known, unit));
    const readers = new Set(lists.flatMap(({ read = [], write = [] }) => [...read, ...write]));
    for (const reader of readers) await accessEntries.add(unit.sql, `${bucketUri}/history/${id}`, 'read', reader);
  }

  private entryOf(tracked: TrackedObject, permissions: AccessControlList): JsonObject {
    const { action, uri, userId, resourceName, ids, object } = tracked;
    return {
      uri,
      action,
      user_id: userId,
      resource_name: resourceName,
      ...ids,
      date: this.date(),
      target: {
        data: parseJsonText(object.newText),
        permissions: Object.fromEntries(
          Object.entries(permissions).map(([name, principals]) => [name, [...principals]]),
        ),
      },
    };
  }

  /** ISO 8601 in microseconds, as Kinto has it. No two entries share one, so that sorted by it they keep their order. */
  private date(): string {
    this.latest = Math.max(Date.now() * 1000, this.latest + 1);
    const milliseconds = new Date(Math.floor(this.latest / 1000)).toISOString().slice(0, -1);
    return `${milliseconds}${String(this.latest % 1000).padStart(3, '0')}+00:00`;
  }
}

async function listOf(uri: string, known: KnownLists, { sql }: UnitOfWork): Promise<AccessControlList> {
  const found = known.get(uri);
  if (found !== undefined) return found;
  const list = await accessEntries.listOf(sql, uri);
  known.set(uri, list);
  return list;
}
