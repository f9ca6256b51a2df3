/** Values that may vanish at any time: tokens, verified credentials, windows of rates. Never part of a transaction. */
export interface Cache {
  get(key: string): Promise<string | undefined>;
  /** @param ttl ms until it is forgotten */
  set(key: string, value: string, ttl: number): Promise<void>;
  /** Takes the value out, atomically: of several callers one gets it. */
  take(key: string): Promise<string | undefined>;
  /** Forgets everything. */
  flush(): Promise<void>;
}

/** A cache and its end. */
export interface ClosableCache extends Cache {
  /** Lets what was begun end. */
  close(): Promise<void>;
}

const HEARTBEAT_KEY = '__heartbeat__';

/** Whether what is put in can be had back. */
export async function isCacheHealthy(cache: Cache): Promise<boolean> {
  await cache.set(HEARTBEAT_KEY, 'alive', 1000);
  return (await cache.get(HEARTBEAT_KEY)) === 'alive';
}

export const CACHE = Symbol('Cache');
