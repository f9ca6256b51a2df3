import type { ObjectList } from '../storage.js';
import { toTimestamp } from './timestamps.js';

/** A counter row as it is to be when the transaction ends. */
export interface Counter {
  readonly list: ObjectList;
  /** ms since the epoch. */
  readonly lastModified: number;
  /** `null`: a Kinto has written since. */
  readonly epoch: string | null;
  readonly n: number | null;
}

export interface CounterRow {
  readonly parent_id: string;
  readonly resource_name: string;
  readonly last_modified: number;
  readonly epoch: string | null;
  readonly n: number | null;
}

/** What is to be put back when it is undone: one counter, `undefined` if it was not known, or all that there were. */
type Step = { readonly key: string; readonly before: Counter | undefined } | { readonly all: Map<string, Counter> };

/**
 * The counter rows that this transaction has locked. Nobody else can count on before it ends, so it counts in memory, and
 * writes each row once.
 */
export class LockedCounters {
  private counters = new Map<string, Counter>();
  private readonly steps: Step[] = [];
  /** Those that the rows in the database may lag behind. */
  private readonly unsent = new Set<string>();
  /** How many of the steps the database has been told. */
  private sent = 0;

  /** The row is locked, and as it is in the database. */
  hold({ parent_id: parentId, resource_name: resourceName, last_modified: lastModified, epoch, n }: CounterRow): void {
    this.set({ list: { parentId, resourceName }, lastModified, epoch, n });
  }

  find(list: ObjectList): Counter | undefined {
    return this.counters.get(keyOf(list));
  }

  count(next: Counter): void {
    this.set(next);
    this.unsent.add(keyOf(next.list));
  }

  /** Whether the row in the database is behind. @param list absent: any of them */
  lags(list?: ObjectList): boolean {
    return list === undefined ? this.unsent.size > 0 : this.unsent.has(keyOf(list));
  }

  /** A mark to {@link rewind} to. */
  mark(): number {
    return this.steps.length;
  }

  hasSentSince(mark: number): boolean {
    return this.sent > mark;
  }

  /** Takes back what was counted since; what the database was told of it has been undone there. */
  rewind(mark: number): void {
    while (this.steps.length > mark) {
      const step = this.steps.pop()!;
      if ('all' in step) this.counters = step.all;
      else if (step.before === undefined) this.counters.delete(step.key);
      else this.counters.set(step.key, step.before);
    }
    if (this.sent > mark) {
      this.sent = mark;
      // With it went what was told of earlier steps at the same time.
      for (const key of this.counters.keys()) this.unsent.add(key);
    }
    for (const key of this.unsent) if (!this.counters.has(key)) this.unsent.delete(key);
  }

  /** The rows that are to be written, as JSON: an array each. */
  take(): string[] {
    const rows = [...this.unsent].flatMap((key) => {
      const counter = this.counters.get(key);
      return counter === undefined ? [] : [jsonOf(counter)];
    });
    this.unsent.clear();
    this.sent = this.steps.length;
    return rows;
  }

  /** The rows are written to otherwise, when they have been told: what comes is counted there. */
  forget(): void {
    this.steps.push({ all: this.counters });
    this.counters = new Map();
    this.unsent.clear();
  }

  private set(counter: Counter): void {
    const key = keyOf(counter.list);
    this.steps.push({ key, before: this.counters.get(key) });
    this.counters.set(key, counter);
  }
}

function jsonOf({ list: { parentId, resourceName }, lastModified, epoch, n }: Counter): string {
  return JSON.stringify([parentId, resourceName, toTimestamp(lastModified), epoch, n]);
}

function keyOf({ parentId, resourceName }: ObjectList): string {
  return `${resourceName} ${parentId}`;
}
