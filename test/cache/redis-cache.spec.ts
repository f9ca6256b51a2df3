import { isCacheHealthy } from '../../src/cache/cache.js';
import { openCache } from '../../src/cache/open-cache.js';
import { CacheSettings } from '../../src/cache/cache.settings.js';
import { RedisStore } from '../../src/cache/redis-store.js';
import { readSettings, SettingSource } from '../../src/settings/settings.js';
import { until } from '../changes/until.js';
import { cacheContract } from '../contracts/cache.contract.js';
import { RecordingLog } from '../support/recording-log.js';
import { describeWithRedis, RedisServer } from '../support/redis-server.js';
import { SharedCaches } from './shared-caches.js';

const HOUR = 3_600_000;

describeWithRedis('Redis as the cache [needs redis]', () => {
  let redis: RedisServer;
  const caches = new SharedCaches(({ log, prefix, url = redis.url }) => new RedisStore(url, prefix, log));
  beforeAll(async () => {
    redis = await RedisServer.start();
  }, 60_000);
  afterAll(() => redis.stop());

  cacheContract('Redis', () => caches.fixture());

  it('is one for all who share it, and empties only what is its own', async () => {
    const [one, two] = [await caches.open(), await caches.open()];
    const other = await caches.open({ prefix: 'other*' });
    await one.set('key', 'value', HOUR);
    await other.set('key', 'theirs', HOUR);
    expect(await two.get('key')).toBe('value');
    const client = await redis.connect();
    await client.set('queue', 'somebody else’s');
    await two.flush();
    expect([await one.get('key'), await other.get('key')]).toEqual([undefined, 'theirs']);
    expect(await client.get('queue')).toBe('somebody else’s');
    const many = Array.from({ length: 1_500 }, (_, index) => `key-${index}`);
    await Promise.all(many.map((key) => one.set(key, 'x', HOUR)));
    await one.flush();
    expect(await client.keys(`*:${caches.prefix}:*`)).toEqual([]);
  });

  it('is empty while Redis is down, says so once, and forgets what was to be forgotten meanwhile', async () => {
    const log = new RecordingLog();
    const cache = await caches.open({ log });
    for (const key of ['kept', 'taken', 'replaced']) await cache.set(key, 'old', HOUR);
    expect(await cache.count('window', HOUR)).toBe(1);
    expect(await isCacheHealthy(cache)).toBe(true);
    await redis.kill();
    expect([await cache.get('kept'), await cache.take('taken')]).toEqual([undefined, undefined]);
    await cache.set('replaced', 'new', HOUR);
    expect(await cache.count('window', HOUR)).toBeUndefined();
    expect(await isCacheHealthy(cache)).toBe(false);
    await until(() => log.lines.length > 0, 'it is noticed');
    await redis.startAgain();
    await until(async () => (await cache.get('kept')) === 'old', 'it is back');
    expect([await cache.get('taken'), await cache.get('replaced')]).toEqual([undefined, undefined]);
    expect(await cache.count('window', HOUR)).toBe(2);
    expect(log.lines).toEqual([
      expect.stringContaining('warn: The cache: Redis does not answer'),
      'log: The cache: Redis is there again',
    ]);
  });

  it('begins a window anew that was to be taken while Redis was down', async () => {
    const cache = await caches.open();
    for (const expected of [1, 2]) expect(await cache.count('window', HOUR)).toBe(expected);
    await redis.kill();
    expect(await cache.take('window')).toBeUndefined();
    await redis.startAgain();
    const counts: (number | undefined)[] = [];
    await until(async () => counts.push(await cache.count('window', HOUR)) > 0 && counts.at(-1) !== undefined, 'back');
    expect(counts.at(-1)).toBe(1);
  });

  it('needs no more rights than docs/scaling.md says, and leaves nothing without an end', async () => {
    const client = await redis.connect();
    const rights = ['get', 'set', 'del', 'multi', 'exec', 'scan', 'select', 'ping', 'eval', 'incr'];
    await client.aclSetUser('limited', ['on', '>hunter2', '~*', ...rights.map((command) => `+${command}`)]);
    const log = new RecordingLog();
    const cache = await caches.open({ log, url: redis.url.replace('//', '//limited:hunter2@') });
    await cache.set('key', 'value', HOUR);
    for (const expected of [1, 2]) expect(await cache.count('window', HOUR)).toBe(expected);
    const ttl = await client.pTTL(`kumocast:cache:${caches.prefix}:window`);
    expect(ttl).toBeGreaterThan(0);
    expect(ttl).toBeLessThanOrEqual(HOUR);
    expect([await cache.take('key'), await cache.take('window')]).toEqual(['value', '2']);
    await cache.count('window', HOUR);
    await cache.flush();
    expect(await cache.get('window')).toBeUndefined();
    expect(log.lines).toEqual([]);
  });

  it('does all else without the rights to count, and says once that they are missing', async () => {
    const client = await redis.connect();
    await client.aclSetUser('unlimited', ['on', '>hunter2', '~*', '+@all', '-eval']);
    const log = new RecordingLog();
    const cache = await caches.open({ log, url: redis.url.replace('//', '//unlimited:hunter2@') });
    await cache.set('key', 'value', HOUR);
    for (let turn = 0; turn < 3; turn += 1) {
      expect(await cache.count('window', HOUR)).toBeUndefined();
      expect(await cache.get('key')).toBe('value');
    }
    expect(log.lines).toEqual([expect.stringMatching(/^warn: The cache: Redis refuses: .*eval/)]);
  });

  it('keeps nobody waiting for a Redis that stands still', async () => {
    const cache = await caches.open();
    redis.pause();
    try {
      const started = performance.now();
      for (let asked = 0; asked < 50; asked += 1) expect(await cache.get('key')).toBeUndefined();
      // One second for the first; fifty would be as many seconds.
      expect(performance.now() - started).toBeLessThan(20_000);
    } finally {
      redis.goOn();
    }
    await until(() => isCacheHealthy(cache), 'it is back');
  });

  it('is had by settings, under Kinto’s names as well', async () => {
    for (const name of ['redis', 'kinto.core.cache.redis', 'kinto_redis.cache']) {
      const ini = `[app:main]\nkinto.cache_backend = ${name}\nkinto.cache_url = ${redis.url}`;
      const settings = readSettings(CacheSettings, SettingSource.fromText(ini, { file: 'test.ini' }));
      const cache = await openCache(settings, new RecordingLog());
      expect(await isCacheHealthy(cache)).toBe(true);
      await cache.close();
    }
  });
});

describe('The settings of a Redis cache', () => {
  it.each(['', 'localhost:6379', 'http://:hunter2@localhost/'])('refuse the URL "%s" without repeating it', (url) => {
    const ini = `[app:main]\nkinto.cache_backend = redis\nkinto.cache_url = ${url}`;
    const read = () => readSettings(CacheSettings, SettingSource.fromText(ini, { file: 'test.ini' }));
    expect(read).toThrow('the redis cache expects redis://user:password@host:6379/0');
    expect(read).not.toThrow('hunter2');
  });
});
