import {
  LONG_WORK,
  RedisLink,
  RedisUnavailable,
  type RedisClient,
  type RedisLinkOptions,
} from '../outgoing/redis-link.js';
import type { ClosableCache } from './cache.js';

/** How long Redis has to answer, in ms: a request waits for it, at most once while it does not answer. */
const TIMEOUT = 1_000;

/** How many keys one step of emptying looks at. */
const SCAN = 500;

/** How many keys that could not be forgotten are remembered; with more, everything is forgotten. */
const MOST_OWED = 10_000;

/**
 * A cache that several servers share. While Redis does not answer it is empty, and takes nothing; what was to be
 * forgotten meanwhile is forgotten before anything is read again.
 */
export class RedisCache implements ClosableCache {
  private readonly link: RedisLink;
  private readonly prefix: string;
  private readonly owed = new Set<string>();
  private owesFlush = false;
  private isRefusing = false;
  private readonly pending = new Set<Promise<unknown>>();

  /** @param prefix tells the keys of one database from those of another */
  constructor(
    url: string,
    prefix: string,
    private readonly log: RedisLinkOptions['log'],
  ) {
    this.prefix = `kumocast:cache:${prefix}:`;
    const prepare = (client: RedisClient) => this.settle(client);
    this.link = new RedisLink({ url, name: 'The cache', timeout: TIMEOUT, log, prepare });
  }

  /** Resolves after the first try; where it failed there will be others. */
  open(): Promise<void> {
    return this.link.open();
  }

  async get(key: string): Promise<string | undefined> {
    return (await this.attempt((client) => client.get(this.prefix + key))) ?? undefined;
  }

  async set(key: string, value: string, ttl: number): Promise<void> {
    const set = await this.attempt((client) =>
      client.set(this.prefix + key, value, { expiration: { type: 'PX', value: Math.max(1, Math.round(ttl)) } }),
    );
    // What it was to replace must not be what is found later.
    if (set === undefined) this.owe(key);
  }

  async take(key: string): Promise<string | undefined> {
    const replies = await this.attempt((client) =>
      client
        .multi()
        .get(this.prefix + key)
        .del(this.prefix + key)
        .exec(),
    );
    if (replies === undefined) this.owe(key);
    const [value] = (replies ?? []) as unknown[];
    return typeof value === 'string' ? value : undefined;
  }

  async flush(): Promise<void> {
    this.owesFlush = true;
    await this.attempt((client) => this.settle(client), LONG_WORK);
  }

  /** Lets what was begun end. */
  async close(): Promise<void> {
    await Promise.all(this.pending);
    await this.link.close();
  }

  /** `undefined` when Redis does not answer, or refuses. */
  private async attempt<T>(work: (client: RedisClient) => Promise<T>, timeout = TIMEOUT): Promise<T | undefined> {
    const answer = this.link.send(work, timeout).then(
      (value) => {
        this.isRefusing = false;
        return value;
      },
      (error: unknown) => {
        // Of the connection itself the link tells.
        if (!(error instanceof RedisUnavailable) && this.link.isReady) this.tellRefused(error);
        return undefined;
      },
    );
    this.pending.add(answer);
    return answer.finally(() => this.pending.delete(answer));
  }

  private owe(key: string): void {
    if (this.owed.size < MOST_OWED) this.owed.add(key);
    else this.owesFlush = true;
  }

  /** Before anything is read from a connection that is new: what is out of date must not come back. */
  private async settle(client: RedisClient): Promise<void> {
    if (this.owesFlush) {
      await this.deleteAll(client);
      this.owesFlush = false;
      this.owed.clear();
    }
    const keys = [...this.owed];
    if (keys.length === 0) return;
    await client.del(keys.map((key) => this.prefix + key));
    for (const key of keys) this.owed.delete(key);
  }

  /** Only what is this cache's: others may have something in the same Redis. */
  private async deleteAll(client: RedisClient): Promise<void> {
    const pattern = `${this.prefix.replace(/[*?[\]\\]/g, '\\$&')}*`;
    for await (const keys of client.scanIterator({ MATCH: pattern, COUNT: SCAN })) {
      if (keys.length > 0) await client.del(keys);
    }
  }

  private tellRefused(error: unknown): void {
    if (this.isRefusing) return;
    this.isRefusing = true;
    this.log.warn(`The cache: Redis refuses: ${error instanceof Error ? error.message : String(error)}`);
  }
}
