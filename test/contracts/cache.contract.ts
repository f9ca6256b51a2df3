import type { Cache } from '../../src/cache/cache.js';

/** A cache, which must hold a few hundred bytes at least, and its clock. */
export interface CacheFixture {
  readonly cache: Cache;
  /** What another server has on the same store; without one that is shared, the same cache. */
  readonly another: Cache;
  /** So much time passes. @param ms milliseconds */
  pass(ms: number): Promise<void> | void;
}

/** In ms: longer than any test. */
const LONG = 3_600_000;

/** What every cache promises. */
export function cacheContract(name: string, factory: () => Promise<CacheFixture>): void {
  describe(`The cache contract on ${name}`, () => {
    let cache: Cache;
    let another: Cache;
    let pass: CacheFixture['pass'];
    beforeEach(async () => {
      const fixture = await factory();
      ({ cache, another } = fixture);
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

    it('counts from one, in windows of their own, and shows how far it is', async () => {
      expect(await cache.get('window')).toBeUndefined();
      for (const expected of [1, 2, 3]) expect(await cache.count('window', LONG)).toBe(expected);
      expect(await cache.count('WINDOW', LONG)).toBe(1);
      expect([await cache.get('window'), await another.get('window')]).toEqual(['3', '3']);
    });

    it('ends a window after its own time, however often it is counted in, and begins another', async () => {
      expect(await cache.count('window', 200)).toBe(1);
      const counts: (number | undefined)[] = [];
      // Would it be prolonged, it would be by an hour. A slow machine may find it over at once.
      while (counts.at(-1) !== 1 && counts.length < 500) {
        await pass(20);
        counts.push(await cache.count('window', LONG));
      }
      expect(counts).toEqual([...counts.slice(1).map((_, index) => index + 2), 1]);
      await pass(20);
      expect(await cache.count('window', 200)).toBe(2);
    });

    it('forgets a window that is over', async () => {
      await cache.count('window', 10);
      await pass(20);
      expect(await cache.get('window')).toBeUndefined();
      expect(await cache.take('window')).toBeUndefined();
    });

    it('gives each of a hundred who count side by side a number of their own', async () => {
      const calls = Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? cache : another));
      const counts = await Promise.all(calls.map((each) => each.count('window', LONG)));
      expect(counts.sort((a, b) => a! - b!)).toEqual(calls.map((_, index) => index + 1));
      expect(await another.get('window')).toBe('100');
    });

    it('begins a window anew after it was taken, or everything was flushed', async () => {
      for (const expected of [1, 2]) expect(await cache.count('window', LONG)).toBe(expected);
      expect(await another.take('window')).toBe('2');
      for (const expected of [1, 2]) expect(await cache.count('window', LONG)).toBe(expected);
      await cache.flush();
      expect(await cache.get('window')).toBeUndefined();
      expect(await another.count('window', LONG)).toBe(1);
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
