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

export const CACHE = Symbol('Cache');
