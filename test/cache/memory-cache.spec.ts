import { MemoryCache } from '../../src/cache/memory-cache.js';
import { cacheContract } from '../contracts/cache.contract.js';

cacheContract('memory', async () => {
  let now = 1_700_000_000_000;
  const cache = new MemoryCache(10_000, () => now);
  return { cache, another: cache, pass: (ms) => void (now += ms) };
});

describe('The time of a value in memory', () => {
  it('is over to the millisecond', async () => {
    let now = 1_700_000_000_000;
    const cache = new MemoryCache(10_000, () => now);
    await cache.set('key', 'x', 10);
    now += 9;
    expect(await cache.get('key')).toBe('x');
    now += 1;
    expect(await cache.get('key')).toBeUndefined();
  });
});

describe('A memory cache that is full', () => {
  const HOUR = 3_600_000;

  it('forgets what was set longest ago', async () => {
    const cache = new MemoryCache(30);
    for (const key of ['a', 'b', 'c']) await cache.set(key, '123456789', HOUR);
    await cache.set('a', '123456789', HOUR); // Now `b` is the oldest.
    await cache.set('d', '123456789', HOUR);
    const held = await Promise.all(['a', 'b', 'c', 'd'].map((key) => cache.get(key)));
    expect(held.map((value) => value !== undefined)).toEqual([true, false, true, true]);
  });

  it('keeps windows that are counted in longer than those that are not', async () => {
    const cache = new MemoryCache(4);
    for (const key of ['a', 'b', 'a', 'c']) await cache.count(key, HOUR);
    expect(await Promise.all(['a', 'b', 'c'].map((key) => cache.get(key)))).toEqual(['2', undefined, '1']);
  });

  it('makes room for numbers that grow', async () => {
    const cache = new MemoryCache(4);
    await cache.set('a', 'x', HOUR);
    for (let count = 1; count <= 9; count += 1) await cache.count('n', HOUR);
    expect(await cache.get('a')).toBe('x');
    expect(await cache.count('n', HOUR)).toBe(10);
    expect([await cache.get('a'), await cache.get('n')]).toEqual([undefined, '10']);
  });

  it('does not make room for what it could not hold anyway, and drops the old value of that key', async () => {
    const cache = new MemoryCache(30);
    await cache.set('a', 'x', HOUR);
    await cache.set('b', 'y', HOUR);
    await cache.set('b', 'y'.repeat(30), HOUR);
    expect(await cache.get('a')).toBe('x');
    expect(await cache.get('b')).toBeUndefined();
  });

  it('counts bytes, not characters', async () => {
    const cache = new MemoryCache(10);
    await cache.set('k', 'éééé', HOUR);
    expect(await cache.get('k')).toBe('éééé');
    await cache.set('k', 'ééééé', HOUR);
    expect(await cache.get('k')).toBeUndefined();
  });

  it('has the room again that was given back', async () => {
    let now = 0;
    const cache = new MemoryCache(20, () => now);
    for (let round = 0; round < 50; round += 1) {
      await cache.set('kept', '1234', HOUR);
      await cache.set('taken', '1234', HOUR);
      await cache.take('taken');
      await cache.set('late', '1234', 1);
      now += 1;
      expect(await cache.get('late')).toBeUndefined();
      expect(await cache.get('kept')).toBe('1234');
    }
  });
});
