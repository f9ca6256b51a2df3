import type { ClosableCache } from './cache.js';

/** Where several servers keep what may vanish. Each call rejects when it has no answer in time. */
export interface CacheStore {
  /** As a log has it: `Redis`. */
  readonly name: string;
  /** Resolves after the first try; where it failed there will be others. */
  open(): Promise<void>;
  get(key: string): Promise<string | undefined>;
  /** @param ttl in whole ms, one at least */
  set(key: string, value: string, ttl: number): Promise<void>;
  /** As {@link ClosableCache.take}. */
  take(key: string): Promise<string | undefined>;
  /** As {@link ClosableCache.count}. */
  count(key: string, ttl: number): Promise<number>;
  delete(keys: readonly string[]): Promise<void>;
  /** Only what is this cache's: others may have something in the same place. */
  deleteAll(): Promise<void>;
  close(): Promise<void>;
}

/** What the store itself has told in the log. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/** How many keys that could not be forgotten are remembered; with more, everything is forgotten. */
const MOST_OWED = 10_000;

/**
 * A cache that several servers share. While its store does not answer it is empty, and takes nothing; what was to be
 * forgotten meanwhile is forgotten before anything is read again.
 */
export class SharedCache implements ClosableCache {
  private readonly owed = new Set<string>();
  private owesFlush = false;
  private settling: Promise<boolean> | undefined;
  /** What has been told of. To count takes rights of its own, which may be missing while all else goes well. */
  private readonly failing = { all: false, count: false };
  private readonly pending = new Set<Promise<unknown>>();

  constructor(
    private readonly store: CacheStore,
    private readonly log: { warn(line: string): void },
  ) {}

  /** Resolves after the first try; where it failed there will be others. */
  open(): Promise<void> {
    return this.store.open();
  }

  async get(key: string): Promise<string | undefined> {
    return (await this.attempt(() => this.store.get(key)))?.value;
  }

  async set(key: string, value: string, ttl: number): Promise<void> {
    // What it was to replace must not be what is found later.
    if ((await this.attempt(() => this.store.set(key, value, wholeMs(ttl)))) === undefined) this.owe(key);
  }

  async take(key: string): Promise<string | undefined> {
    const answer = await this.attempt(() => this.store.take(key));
    if (answer === undefined) this.owe(key);
    return answer?.value;
  }

  async count(key: string, ttl: number): Promise<number | undefined> {
    // Nothing is owed where it fails: what is there still is a window of this key, at most without this one call. To
    // forget it would give those who have been counted all their tries again, as soon as the store is back.
    return (await this.attempt(() => this.store.count(key, wholeMs(ttl)), 'count'))?.value;
  }

  async flush(): Promise<void> {
    this.owesFlush = true;
    // What runs may have begun without it.
    await this.settling;
    await this.track(this.settle());
  }

  /** Lets what was begun end. */
  async close(): Promise<void> {
    await Promise.all(this.pending);
    await this.store.close();
  }

  /** `undefined` when the store does not answer, or refuses; and while it is emptied, which may take long. */
  private attempt<T>(work: () => Promise<T>, what: What = 'all'): Promise<{ value: T } | undefined> {
    return this.track(this.answer(work, what));
  }

  private async answer<T>(work: () => Promise<T>, what: What): Promise<{ value: T } | undefined> {
    if (this.owesFlush) {
      void this.track(this.settle());
      return undefined;
    }
    if (this.owed.size > 0 && !(await this.settle())) return undefined;
    return this.ask(work, what);
  }

  private async ask<T>(work: () => Promise<T>, what: What = 'all'): Promise<{ value: T } | undefined> {
    try {
      const value = await work();
      this.failing[what] = false;
      return { value };
    } catch (error) {
      this.tell(error, what);
      return undefined;
    }
  }

  private track<T>(work: Promise<T>): Promise<T> {
    const tracked = work.finally(() => this.pending.delete(tracked));
    this.pending.add(tracked);
    return tracked;
  }

  private owe(key: string): void {
    if (this.owed.size < MOST_OWED) this.owed.add(key);
    else this.owesFlush = true;
  }

  /** Resolves to whether nothing is owed any more. */
  private settle(): Promise<boolean> {
    this.settling ??= this.forgetOwed().finally(() => {
      this.settling = undefined;
    });
    return this.settling;
  }

  private async forgetOwed(): Promise<boolean> {
    const keys = [...this.owed];
    const forget = () => (this.owesFlush ? this.store.deleteAll() : this.store.delete(keys));
    const isEverything = this.owesFlush;
    if ((await this.ask(forget)) === undefined) return false;
    if (isEverything) this.owesFlush = false;
    // What has come to be owed meanwhile still is.
    for (const key of keys) this.owed.delete(key);
    return true;
  }

  private tell(error: unknown, what: What): void {
    if (this.failing.all || this.failing[what] || error instanceof StoreUnavailable) return;
    this.failing[what] = true;
    this.log.warn(`The cache: ${this.store.name} refuses: ${error instanceof Error ? error.message : String(error)}`);
  }
}

type What = 'all' | 'count';

/** Redis refuses a time of nothing, and fractions. */
function wholeMs(ttl: number): number {
  return Math.max(1, Math.round(ttl));
}
