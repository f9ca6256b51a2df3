import { objectUri, type ResourcePlace } from '../../../resources/resource-place.js';
import { journal } from '../../../storage/journal.js';
import type { Storage, StorageView } from '../../../storage/storage.js';
import { allSubscriptions, writtenIn, type StoredOne } from '../delivery/written-subscriptions.js';
import { keyOf, Subscription } from '../delivery/subscription.js';
import { KINDS } from '../subscription-kinds.js';
import { READ_WINDOW, type ReadNote } from './read-note.js';
import { subscriptionReads } from './subscription-reads.js';

/** How often what was read is noted, in ms, and how soon a subscription made on another server counts here. */
const INTERVAL = 1000;

/** How many objects may be read between two rounds and still be noted. */
const MOST_SEEN = 10_000;

/** How many notes are remembered, so that the database is not asked for each read of the same object. */
const MOST_REMEMBERED = 100_000;

export interface ReadWatchParts {
  readonly storage: Storage;
  /** How many reads may wait for one subscription. */
  readonly maxWaiting: number;
  readonly ownBucketOf: (userId: string) => string | undefined;
  readonly log: { warn(line: string): void };
}

/**
 * Notes what is read on this server for the subscriptions that want reads, on whichever server these are told. Where
 * there are none, a read costs one comparison.
 */
export class ReadWatch {
  private readonly wanting = new Map<string, Subscription>();
  /** By URI, since the last round. */
  private seen = new Map<string, ReadNote>();
  /** When it was noted for whom, oldest first. */
  private readonly noted = new Map<string, number>();
  private position = 0;
  /** Whether a subscription was written here of which no round has learnt yet. */
  private isStale = true;
  private isOpen = false;
  private isFailing = false;
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> | undefined;

  constructor(private readonly parts: ReadWatchParts) {}

  async open(): Promise<void> {
    await this.parts.storage.read((view) => this.learnAll(view));
    this.isOpen = true;
    this.timer = setInterval(() => {
      this.round ??= this.note().finally(() => {
        this.round = undefined;
      });
    }, INTERVAL).unref();
  }

  /** What was read before is noted. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    this.isOpen = false;
    await this.round;
    await this.note();
  }

  /** As a {@link ReadObserver}. */
  observe(place: ResourcePlace, id: string): void {
    if (!this.isOpen || (this.wanting.size === 0 && !this.isStale) || this.seen.size >= MOST_SEEN) return;
    const uri = objectUri(place, id);
    if (!this.seen.has(uri)) this.seen.set(uri, { uri, list: place.list, id, at: Date.now() });
  }

  /** Somebody has written a subscription on this server: from now on it counts. */
  expect(): void {
    this.isStale = true;
  }

  private async note(): Promise<void> {
    const { seen } = this;
    this.seen = new Map();
    try {
      this.isStale = false;
      await this.parts.storage.read((view) => this.learn(view));
      await this.write([...seen.values()]);
      this.isFailing = false;
    } catch (error) {
      this.isStale = true;
      // The first of two reads is the one that is told.
      this.seen = new Map([...this.seen, ...seen]);
      if (!this.isFailing) this.parts.log.warn(`Reads cannot be noted: ${describe(error)}`);
      this.isFailing = true;
    }
  }

  private async write(reads: readonly ReadNote[]): Promise<void> {
    const now = Date.now();
    this.forget(now);
    const rows = [...this.wanting].flatMap(([key, of]) => {
      const wanted = reads.filter(({ uri }) => of.triggers.wantsRead(uri) && !this.noted.has(`${key} ${uri}`));
      return wanted.length === 0 ? [] : [{ key, of, wanted }];
    });
    if (rows.length === 0) return;
    const { storage, maxWaiting } = this.parts;
    await storage.write(async (unit) => {
      for (const { of, wanted } of rows) await subscriptionReads.add(unit, of, wanted, maxWaiting);
    });
    for (const { key, wanted } of rows) for (const { uri } of wanted) this.noted.set(`${key} ${uri}`, now);
  }

  private forget(now: number): void {
    for (const [key, at] of this.noted) {
      if (now - at < READ_WINDOW && this.noted.size < MOST_REMEMBERED) return;
      this.noted.delete(key);
    }
  }

  private async learnAll(view: StorageView): Promise<void> {
    this.position = await journal.top(view.sql);
    for (const one of await allSubscriptions(view)) this.learnOf(one);
  }

  /** By the log, since others write subscriptions as well. */
  private async learn(view: StorageView): Promise<void> {
    const top = await journal.top(view.sql);
    if (top === this.position) return;
    const names = KINDS.map(({ name }) => name);
    const written = await writtenIn(view, await journal.writtenAfter(view.sql, this.position, names));
    for (const { key, one } of written) {
      this.wanting.delete(key);
      for (const each of this.noted.keys()) if (each.startsWith(`${key} `)) this.noted.delete(each);
      if (one !== undefined) this.learnOf(one);
    }
    this.position = top;
  }

  private learnOf({ kind, owner, stored }: StoredOne): void {
    const one = new Subscription(kind, owner, stored, this.parts.ownBucketOf(owner));
    if (one.isActive && one.triggers.hasReads) this.wanting.set(keyOf(kind, owner, stored.id), one);
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
