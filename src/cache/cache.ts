/** Values that may vanish at any time: tokens, verified credentials, windows of rates. Never part of a transaction. */
export interface Cache {
  get(key: string): Promise<string | undefined>;
  /** @param ttl ms until it is forgotten */
  set(key: string, value: string, ttl: number): Promise<void>;
  /** Takes the value out, atomically: of several callers one gets it. */
  take(key: string): Promise<string | undefined>;
  /**
   * Adds one to the window of that key, which begins with the first call and ends `ttl` ms after it: later calls do not
   * prolong it. Atomic over all who share the cache: no two calls get the same number of one window. `get` shows the
   * number as text, `take` ends the window. The key is for nothing else.
   *
   * @returns how many there are now, this one too; `undefined` where a shared store does not answer, which may have
   *   counted it all the same
   */
  count(key: string, ttl: number): Promise<number | undefined>;
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
