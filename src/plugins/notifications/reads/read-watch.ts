import { objectUri, type ResourcePlace } from '../../../resources/resource-place.js';
import { journal } from '../../../storage/journal.js';
import type { Storage, StorageView } from '../../../storage/storage.js';
import { KnownSubscriptions } from '../delivery/known-subscriptions.js';
import { Subscription } from '../delivery/subscription.js';
import { allSubscriptions, writtenIn, type StoredOne } from '../delivery/written-subscriptions.js';
import type { SubscriptionRef } from '../stored-subscription.js';
import { KINDS } from '../subscription-kinds.js';
import { READ_WINDOW, type ReadNote } from './read-note.js';
import { subscriptionReads } from './subscription-reads.js';

/** How often what was read is noted, in ms, and how soon a subscription made on another server counts here. */
const INTERVAL = 1000;

/** How many objects may be read between two rounds and still be noted. */
const MOST_SEEN = 10_000;

export interface ReadWatchParts {
  readonly storage: Storage;
  /** How many reads one subscription may be told of in a minute. */
  readonly maxReads: number;
  readonly ownBucketOf: (userId: string) => string | undefined;
  /** Called when there is something to be told to it, which another server may do. */
  readonly onNoted: (one: SubscriptionRef) => void;
  readonly log: { warn(line: string): void };
}

/**
 * Notes what is read on this server for the subscriptions that want reads, on whichever server these are told. Where
 * there are none, a read costs one comparison.
 */
export class ReadWatch {
  private readonly wanting = new KnownSubscriptions();
  /** By URI, since the last round. */
  private seen = new Map<string, number>();
  /** Until when further reads of an object are not noted, by subscription and URI: the database need not be asked. */
  private readonly covered = new Map<string, Map<string, number>>();
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

  /** As a `ReadObserver`. */
  observe(place: ResourcePlace, id: string): void {
    if (!this.isOpen || (this.wanting.size === 0 && !this.isStale) || this.seen.size >= MOST_SEEN) return;
    const uri = objectUri(place, id);
    if (!this.seen.has(uri)) this.seen.set(uri, Date.now());
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
      await this.write(seen);
      this.isFailing = false;
    } catch (error) {
      this.isStale = true;
      // The first of two reads is the one that is told.
      for (const [uri, at] of this.seen) if (!seen.has(uri) && seen.size < MOST_SEEN) seen.set(uri, at);
      this.seen = seen;
      if (!this.isFailing) this.parts.log.warn(`Reads cannot be noted: ${describe(error)}`);
      this.isFailing = true;
    }
  }

  private async write(seen: ReadonlyMap<string, number>): Promise<void> {
    this.forget();
    const wanted = new Map<Subscription, ReadNote[]>();
    for (const [uri, at] of seen) {
      for (const one of this.wanting.candidates(uri)) {
        if (!one.triggers.wantsRead(uri) || at < (this.covered.get(one.key)?.get(uri) ?? 0)) continue;
        const reads = wanted.get(one);
        if (reads === undefined) wanted.set(one, [{ uri, at }]);
        else reads.push({ uri, at });
      }
    }
    for (const [one, reads] of wanted) {
      const { storage, maxReads } = this.parts;
      // One at a time: everybody else's writes wait for each.
      const covered = await storage.write((unit) => subscriptionReads.add(unit, one, reads, maxReads));
      const known = this.covered.get(one.key) ?? new Map<string, number>();
      for (const [uri, until] of covered) known.set(uri, until);
      this.covered.set(one.key, known);
      this.parts.onNoted(one);
    }
  }

  /** What is over; or lies too far ahead, because the clock was set back. */
  private forget(): void {
    const now = Date.now();
    for (const [key, known] of this.covered) {
      for (const [uri, until] of known) if (until <= now || until > now + READ_WINDOW) known.delete(uri);
      if (known.size === 0) this.covered.delete(key);
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
      this.covered.delete(key);
      if (one !== undefined) this.learnOf(one);
    }
    this.position = top;
  }

  private learnOf({ kind, owner, stored }: StoredOne): void {
    const one = new Subscription(kind, owner, stored, this.parts.ownBucketOf(owner));
    if (one.isActive && one.triggers.hasReads) this.wanting.set(one);
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
