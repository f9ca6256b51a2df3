import { isGoodFor, isInScope, Tickets, type Ticket } from '../../src/auth/tickets.js';
import type { Cache } from '../../src/cache/cache.js';
import { MemoryCache } from '../../src/cache/memory-cache.js';

const SECRET = 'the-secret-of-all-servers';
const CREDENTIAL = { authorization: 'Basic YW5uOmh1bnRlcjI=' };

describe('Tickets', () => {
  let now: number;
  let cache: MemoryCache;
  /** Two servers that share one cache. */
  let one: Tickets;
  let two: Tickets;
  beforeEach(() => {
    now = Date.now();
    cache = new MemoryCache(1_000_000, () => now);
    one = new Tickets(cache, SECRET);
    two = new Tickets(cache, SECRET);
  });

  const issued = async (use: 'once' | 'stream', scope: readonly string[] = []): Promise<Ticket> => {
    const { name, expiresAt } = await one.issue(use, scope, CREDENTIAL);
    expect(name).toMatch(/^tk_[\w-]{32}$/);
    expect(expiresAt).toBeGreaterThan(Date.now());
    return (await two.find(name))!;
  };

  it('are good on every server that shares the cache and the secret, and on no other', async () => {
    const ticket = await issued('once', ['/buckets/b/*']);
    expect(ticket).toEqual({ name: ticket.name, use: 'once', scope: ['/buckets/b/*'], credential: CREDENTIAL });
    expect(await new Tickets(cache, 'another').find(ticket.name)).toBeUndefined();
    expect(await new Tickets(new MemoryCache(10_000), SECRET).find(ticket.name)).toBeUndefined();
    for (const name of ['', 'tk_', ticket.name.slice(0, -1), `${ticket.name}x`, ticket.name.replace('tk', 'kt')]) {
      expect(await two.find(name)).toBeUndefined();
    }
  });

  it('show nothing of themselves, or of what was shown for them, to who reads the cache', async () => {
    const kept: string[] = [];
    const seen: Cache = {
      get: (key) => cache.get(key),
      take: (key) => cache.take(key),
      count: (key, ttl) => cache.count(key, ttl),
      flush: () => cache.flush(),
      set: (key, value, ttl) => {
        kept.push(key, value, Buffer.from(value, 'base64').toString('latin1'));
        return cache.set(key, value, ttl);
      },
    };
    const { name } = await new Tickets(seen, SECRET).issue('stream', [], CREDENTIAL);
    expect(kept.length).toBeGreaterThan(3);
    for (const secret of [name, name.slice(3), 'hunter2', CREDENTIAL.authorization.slice(6), 'authorization']) {
      for (const text of kept) expect(text).not.toContain(secret);
    }
  });

  it('for one use let in one of several who come together', async () => {
    const ticket = await issued('once');
    const spent = await Promise.all([one, two, one, two].map((tickets) => tickets.spendOn(ticket, '/buckets')));
    expect(spent.filter((isGood) => isGood)).toHaveLength(1);
    expect(await one.find(ticket.name)).toBeUndefined();
    expect(await two.spend(ticket)).toBe(false);
  });

  it('for streams belong to what they were first used for, however many come together', async () => {
    const ticket = await issued('stream');
    const uris = ['/buckets/a', '/buckets/b', '/buckets/a', '/buckets/b', '/buckets/a'];
    const spent = await Promise.all(uris.map((uri, index) => (index % 2 === 0 ? one : two).spendOn(ticket, uri)));
    const [boundTo] = uris.filter((_, index) => spent[index]);
    expect(spent).toEqual(uris.map((uri) => uri === boundTo));
    const bound = (await two.find(ticket.name))!;
    expect(bound.boundTo).toBe(boundTo);
    expect(isGoodFor(bound, boundTo!)).toBe(true);
    expect(isGoodFor(bound, '/buckets/c')).toBe(false);
    expect(await one.spendOn(bound, '/buckets/c')).toBe(false);
    expect(await one.spendOn(bound, boundTo!)).toBe(true);
  });

  it('live a minute for one use, and for streams for as long as they are used every ten minutes', async () => {
    const once = await issued('once');
    const bound = await issued('stream');
    const free = await issued('stream');
    expect(await one.spendOn(bound, '/buckets/a')).toBe(true);
    now += 61_000;
    expect(await two.find(once.name)).toBeUndefined();
    expect(await two.spend(once)).toBe(false);
    for (let turn = 0; turn < 4; turn += 1) {
      now += 500_000;
      expect(await two.spend(turn % 2 === 0 ? bound : (await two.find(bound.name))!)).toBe(true);
      expect(await one.spend(free)).toBe(true);
    }
    expect((await one.find(bound.name))!.boundTo).toBe('/buckets/a');
    // Used for other things, it has not been bound yet.
    expect(await two.spendOn(free, '/buckets/b')).toBe(true);
    now += 601_000;
    for (const { name } of [bound, free]) expect(await one.find(name)).toBeUndefined();
    expect(await one.spend(bound)).toBe(false);
    expect(await one.spendOn(free, '/buckets/b')).toBe(false);
  });

  it('are refused, rather than given out in vain, while the cache keeps nothing', async () => {
    const away: Cache = {
      get: () => Promise.resolve(undefined),
      take: () => Promise.resolve(undefined),
      count: () => Promise.resolve(undefined),
      set: () => Promise.resolve(),
      flush: () => Promise.resolve(),
    };
    await expect(new Tickets(away, SECRET).issue('once', [], CREDENTIAL)).rejects.toMatchObject({ status: 503 });
  });

  it('are good for what their scope names', async () => {
    const ticket = await issued('stream', ['/buckets/b/*', '/buckets/c']);
    expect(isInScope(ticket, ['/buckets/b/collections/x', '/buckets/c'])).toBe(true);
    expect(isInScope(ticket, ['/buckets/b/collections/x', '/buckets/d'])).toBe(false);
    expect(await one.spendOn(ticket, '/buckets/d')).toBe(false);
  });
});
