import { createHmac } from 'node:crypto';
import type { Cache } from '../../cache/cache.js';
import { MemoryCache } from '../../cache/memory-cache.js';
import { tooMany } from './refused.js';

/** In ms. */
const MINUTE = 60_000;

/** How many this server remembers by itself: a forgotten one may try again. */
const MOST_KNOWN = 10_000;

/** Where several servers count together. */
export interface SharedTries {
  readonly cache: Pick<Cache, 'get' | 'count'>;
  /** The same on all of them. Without it nobody who reads the cache can try out which password was shown. */
  readonly secret: string;
}

/**
 * Those who are refused again and again: a page that was forgotten in some tab tries for ever. Their tries of a minute
 * are counted on this server and, where there is a place for it, on all servers together. The larger number decides: so
 * more servers are no more tries, and while that place does not answer, or has been emptied, each counts for itself.
 */
export class FailedTries {
  private readonly own = new MemoryCache(MOST_KNOWN, Date.now, () => 1);

  /** @param most 0: any number */
  constructor(
    private readonly most: number,
    private readonly shared?: SharedTries,
  ) {}

  /** @throws Refused 429 */
  async ensureFew(key: string): Promise<void> {
    if (this.most === 0) return;
    // Who is known here costs the others nothing.
    if (this.isReached(await this.own.get(key)) || this.isReached(await this.shared?.cache.get(this.sharedKey(key)))) {
      throw tooMany('This was refused too often; try again in a minute.');
    }
  }

  /** Resolves when all servers know. */
  async note(key: string): Promise<void> {
    if (this.most === 0) return;
    await this.own.count(key, MINUTE);
    await this.shared?.cache.count(this.sharedKey(key), MINUTE);
  }

  private isReached(count: string | undefined): boolean {
    return Number(count ?? 0) >= this.most;
  }

  private sharedKey(key: string): string {
    const hash = createHmac('sha256', this.shared?.secret ?? '').update(`failed-handshake ${key}`);
    return `failed-handshake:${hash.digest('base64url')}`;
  }
}
