import type { Cache } from '../../src/cache/cache.js';

/** What every cache promises. The factory takes the clock, in ms; the cache must hold a few hundred bytes at least. */
export function cacheContract(name: string, factory: (now: () => number) => Promise<Cache>): void {
  describe(`The cache contract on ${name}`, () => {
    let now: number;
    let cache: Cache;
    beforeEach(async () => {
      now = 1_700_000_000_000;
      cache = await factory(() => now);
    });

    it('gives back what was set, and nothing for another key', async () => {
      await cache.set('key', 'välue', 1_000);
      await cache.set('empty', '', 1_000);
      expect(await cache.get('key')).toBe('välue');
      expect(await cache.get('empty')).toBe('');
      expect(await cache.get('KEY')).toBeUndefined();
      expect(await cache.get('constructor')).toBeUndefined();
    });

    it('replaces a value, and its time', async () => {
      await cache.set('key', 'one', 10);
      await cache.set('key', 'two', 1_000);
      now += 500;
      expect(await cache.get('key')).toBe('two');
    });

    it('forgets a value when its time is over', async () => {
      await cache.set('short', 'x', 10);
      await cache.set('long', 'y', 100);
      now += 9;
      expect(await cache.get('short')).toBe('x');
      now += 1;
      expect(await cache.get('short')).toBeUndefined();
      expect(await cache.take('short')).toBeUndefined();
      expect(await cache.get('long')).toBe('y');
    });

    it('gives a value that is taken to one of several takers', async () => {
      await cache.set('token', 'once', 1_000);
      const taken = await Promise.all([1, 2, 3, 4].map(() => cache.take('token')));
      expect(taken.filter((value) => value !== undefined)).toEqual(['once']);
      expect(await cache.get('token')).toBeUndefined();
    });

    it('is empty after it was flushed', async () => {
      await cache.set('a', 'x', 1_000);
      await cache.set('b', 'y', 1_000);
      await cache.flush();
      expect(await cache.get('a')).toBeUndefined();
      expect(await cache.get('b')).toBeUndefined();
      await cache.set('a', 'z', 1_000);
      expect(await cache.get('a')).toBe('z');
    });
  });
}
