import {
  LONG_WORK,
  RedisLink,
  RedisUnavailable,
  type RedisClient,
  type RedisLinkOptions,
} from '../outgoing/redis-link.js';
import { StoreUnavailable, type CacheStore } from './shared-cache.js';

/** How long Redis has to answer, in ms: a request waits for it, at most once while it does not answer. */
const TIMEOUT = 1_000;

/** How many keys one step of emptying looks at. */
const SCAN = 500;

/**
 * A script, because time stands still while one runs (EVAL: a key that is there at its beginning is there at its end).
 * In the transactions of older Redis it goes on: a key that expired between the two would be made anew, without an end.
 */
const COUNT = `redis.call('SET', KEYS[1], 0, 'PX', ARGV[1], 'NX') return redis.call('INCR', KEYS[1])`;

/** Keys of a Redis that expire by themselves. */
export class RedisStore implements CacheStore {
  readonly name = 'Redis';
  private readonly link: RedisLink;
  private readonly prefix: string;

  /** @param prefix tells the keys of one database from those of another */
  constructor(url: string, prefix: string, log: RedisLinkOptions['log']) {
    this.prefix = `kumocast:cache:${prefix}:`;
    this.link = new RedisLink({ url, name: 'The cache', timeout: TIMEOUT, log });
  }

  open(): Promise<void> {
    return this.link.open();
  }

  get(key: string): Promise<string | undefined> {
    return this.send(async (client) => (await client.get(this.prefix + key)) ?? undefined);
  }

  async set(key: string, value: string, ttl: number): Promise<void> {
    const expiration = { type: 'PX', value: ttl } as const;
    await this.send((client) => client.set(this.prefix + key, value, { expiration }));
  }

  async take(key: string): Promise<string | undefined> {
    const whole = this.prefix + key;
    const [value] = (await this.send((client) => client.multi().get(whole).del(whole).exec())) as unknown[];
    return typeof value === 'string' ? value : undefined;
  }

  async count(key: string, ttl: number): Promise<number> {
    const parts = { keys: [this.prefix + key], arguments: [String(ttl)] };
    return Number(await this.send((client) => client.eval(COUNT, parts)));
  }

  async delete(keys: readonly string[]): Promise<void> {
    await this.send((client) => client.del(keys.map((key) => this.prefix + key)));
  }

  async deleteAll(): Promise<void> {
    const pattern = `${this.prefix.replace(/[*?[\]\\]/g, '\\$&')}*`;
    await this.send(async (client) => {
      for await (const keys of client.scanIterator({ MATCH: pattern, COUNT: SCAN })) {
        if (keys.length > 0) await client.del(keys);
      }
    }, LONG_WORK);
  }

  close(): Promise<void> {
    return this.link.close();
  }

  private async send<T>(work: (client: RedisClient) => Promise<T>, timeout?: number): Promise<T> {
    try {
      return await this.link.send(work, timeout);
    } catch (error) {
      // Of the connection itself the link tells.
      if (!(error instanceof RedisUnavailable) && this.link.isReady) throw error;
      throw new StoreUnavailable('Redis does not answer', { cause: error });
    }
  }
}
