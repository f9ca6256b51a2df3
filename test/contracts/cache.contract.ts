import type { Cache } from '../../src/cache/cache.js';

/** A cache, which must hold a few hundred bytes at least, and its clock. */
export interface CacheFixture {
  readonly cache: Cache;
  /** So much time passes. @param ms milliseconds */
  pass(ms: number): Promise<void> | void;
}

/** In ms: longer than any test. */
const LONG = 3_600_000;

/** What every cache promises. */
export function cacheContract(name: string, factory: () => Promise<CacheFixture>): void {
  describe(`The cache contract on ${name}`, () => {
    let cache: Cache;
    let pass: CacheFixture['pass'];
    beforeEach(async () => {
      const fixture = await factory();
      cache = fixture.cache;
      pass = (ms) => fixture.pass(ms);
    });

    it('gives back what was set, and nothing for another key', async () => {
      await cache.set('key', 'välue', LONG);
      await cache.set('empty', '', LONG);
      expect(await cache.get('key')).toBe('välue');
      expect(await cache.get('empty')).toBe('');
      expect(await cache.get('KEY')).toBeUndefined();
      expect(await cache.get('constructor')).toBeUndefined();
    });

    it('replaces a value, and its time', async () => {
      await cache.set('key', 'one', 10);
      await cache.set('key', 'two', LONG);
      await pass(20);
      expect(await cache.get('key')).toBe('two');
    });

    it('forgets a value when its time is over', async () => {
      await cache.set('short', 'x', 10);
      await cache.set('long', 'y', LONG);
      await pass(20);
      expect(await cache.get('short')).toBeUndefined();
      expect(await cache.take('short')).toBeUndefined();
      expect(await cache.get('long')).toBe('y');
    });

    it('gives a value that is taken to one of several takers', async () => {
      await cache.set('token', 'once', LONG);
      const taken = await Promise.all([1, 2, 3, 4].map(() => cache.take('token')));
      expect(taken.filter((value) => value !== undefined)).toEqual(['once']);
      expect(await cache.get('token')).toBeUndefined();
    });

    it('is empty after it was flushed', async () => {
      await cache.set('a', 'x', LONG);
      await cache.set('b', 'y', LONG);
      await cache.flush();
      expect(await cache.get('a')).toBeUndefined();
      expect(await cache.get('b')).toBeUndefined();
      await cache.set('a', 'z', LONG);
      expect(await cache.get('a')).toBe('z');
    });
  });
}
