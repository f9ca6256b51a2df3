import type { Cache } from './cache.js';

/** Told how long a call took, in s, and whether what was looked for was there. */
export type CacheObserver = (method: keyof Cache, seconds: number, wasThere?: boolean) => void;

/** A cache that is watched. */
export class MeasuredCache implements Cache {
  constructor(
    private readonly cache: Cache,
    private readonly observe: CacheObserver,
  ) {}

  get(key: string): Promise<string | undefined> {
    return this.measure('get', this.cache.get(key), (value) => value !== undefined);
  }

  set(key: string, value: string, ttl: number): Promise<void> {
    return this.measure('set', this.cache.set(key, value, ttl));
  }

  take(key: string): Promise<string | undefined> {
    return this.measure('take', this.cache.take(key), (value) => value !== undefined);
  }

  /** Neither there nor missing: a window begins where there is none. */
  count(key: string, ttl: number): Promise<number | undefined> {
    return this.measure('count', this.cache.count(key, ttl));
  }

  flush(): Promise<void> {
    return this.measure('flush', this.cache.flush());
  }

  private async measure<T>(
    method: keyof Cache,
    answer: Promise<T>,
    isThere: (value: T) => boolean | undefined = () => undefined,
  ): Promise<T> {
    const started = performance.now();
    const value = await answer;
    this.observe(method, (performance.now() - started) / 1000, isThere(value));
    return value;
  }
}
