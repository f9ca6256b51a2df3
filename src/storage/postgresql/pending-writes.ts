import type { StoredObject } from '../../wire/stored-object.js';
import type { Position } from '../../wire/position.js';
import type { SqlValue } from '../sql-session.js';
import type { ObjectList } from '../storage.js';
import { PendingRows } from './pending-rows.js';
import { toTimestamp } from './timestamps.js';

/** What only adds rows, and may be sent later than it is said. */
export type PendingKind = 'entries' | 'changes';

/** A moment in the transaction: what was added since can be dropped, and what before it can be sent. */
export interface PendingMark {
  readonly objects: number;
  readonly entries: number;
  readonly changes: number;
}

/** The rows to be sent, each kind as a JSON array of arrays. */
export interface SentRows {
  readonly objects: string;
  readonly entries: string;
  readonly changes: string;
  /** How many objects these are: as many have to be made. */
  readonly made: number;
}

/** How many characters wait at most, whatever has been added: they are kept here and sent at once. */
const MAX_WAITING = 4_000_000;

/** What the units of a transaction have added and the server has not been told yet. */
export class PendingWrites {
  private readonly objects = new PendingRows();
  private readonly entries = new PendingRows();
  private readonly changes = new PendingRows();

  /** A new object; over its tombstone, if there is one. */
  addObject({ parentId, resourceName }: ObjectList, { id, lastModified, dataText }: StoredObject, at: Position): void {
    const key = [id, parentId, resourceName, toTimestamp(lastModified)].map((text) => JSON.stringify(text)).join(',');
    this.objects.add(objectKey(parentId, resourceName, id), `[${key},${dataText},${at.n},${at.salt}]`);
  }

  /** What a statement that may wait was given; see `addEntry` and `appendChanges` of the dialect. */
  add(kind: PendingKind, values: readonly SqlValue[]): void {
    if (kind === 'entries') this.entries.add(String(values[0]), JSON.stringify(values));
    // Many rows in one array: its brackets go.
    else this.changes.add('', String(values[0]).slice(1, -1));
  }

  hasObject(parentId: unknown, resourceName: unknown, id: unknown): boolean {
    return this.objects.has(objectKey(String(parentId), String(resourceName), String(id)));
  }

  hasEntriesOf(uri: unknown): boolean {
    return this.entries.has(String(uri));
  }

  /** How many rows of each kind wait. */
  get counts(): PendingMark {
    return { objects: this.objects.count, entries: this.entries.count, changes: this.changes.count };
  }

  /** Whether it is time to send them. */
  get isLarge(): boolean {
    return this.objects.length + this.entries.length + this.changes.length > MAX_WAITING;
  }

  get isEmpty(): boolean {
    return this.objects.count + this.entries.count + this.changes.count === 0;
  }

  mark(): PendingMark {
    return { objects: this.objects.end, entries: this.entries.end, changes: this.changes.end };
  }

  /** Whether something that was added since has been sent. */
  hasSentSince(mark: PendingMark): boolean {
    return (
      this.objects.sentTo > mark.objects || this.entries.sentTo > mark.entries || this.changes.sentTo > mark.changes
    );
  }

  take(upTo = this.mark()): SentRows {
    const objects = this.objects.take(upTo.objects);
    const entries = this.entries.take(upTo.entries);
    const changes = this.changes.take(upTo.changes);
    return { objects: array(objects), entries: array(entries), changes: array(changes), made: objects.length };
  }

  /** Drops what was added since and waits still. */
  drop(mark: PendingMark): void {
    this.objects.drop(mark.objects);
    this.entries.drop(mark.entries);
    this.changes.drop(mark.changes);
  }
}

function objectKey(parentId: string, resourceName: string, id: string): string {
  return `${resourceName} ${parentId} ${id}`;
}

function array(rows: readonly string[]): string {
  return `[${rows.join(',')}]`;
}
