import { isCacheHealthy } from '../../src/cache/cache.js';
import { openCache } from '../../src/cache/open-cache.js';
import { CacheSettings } from '../../src/cache/cache.settings.js';
import { RedisStore } from '../../src/cache/redis-store.js';
import { SharedCache } from '../../src/cache/shared-cache.js';
import { readSettings, SettingSource } from '../../src/settings/settings.js';
import { until } from '../changes/until.js';
import { cacheContract } from '../contracts/cache.contract.js';
import { RecordingLog } from '../support/recording-log.js';
import { describeWithRedis, RedisServer } from '../support/redis-server.js';

const HOUR = 3_600_000;

describeWithRedis('Redis as the cache [needs redis]', () => {
  let redis: RedisServer;
  let opened: SharedCache[] = [];
  let tests = 0;
  const open = async (log = new RecordingLog(), prefix = `test-${tests}`) => {
    const cache = new SharedCache(new RedisStore(redis.url, prefix, log), log);
    opened.push(cache);
    await cache.open();
    return cache;
  };
  beforeAll(async () => {
    redis = await RedisServer.start();
  }, 60_000);
  beforeEach(() => {
    tests += 1;
  });
  afterEach(async () => {
    for (const cache of opened) await cache.close();
    opened = [];
  });
  afterAll(() => redis.stop());

  cacheContract('Redis', async () => ({
    cache: await open(),
    pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  }));

  it('is one for all who share it, and empties only what is its own', async () => {
    const [one, two, other] = [await open(), await open(), await open(undefined, 'other*')];
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
    expect(await client.keys(`*:test-${tests}:*`)).toEqual([]);
  });

  it('is empty while Redis is down, says so once, and forgets what was to be forgotten meanwhile', async () => {
    const log = new RecordingLog();
    const cache = await open(log);
    for (const key of ['kept', 'taken', 'replaced']) await cache.set(key, 'old', HOUR);
    expect(await isCacheHealthy(cache)).toBe(true);
    await redis.kill();
    expect([await cache.get('kept'), await cache.take('taken')]).toEqual([undefined, undefined]);
    await cache.set('replaced', 'new', HOUR);
    expect(await isCacheHealthy(cache)).toBe(false);
    await until(() => log.lines.length > 0, 'it is noticed');
    await redis.startAgain();
    await until(async () => (await cache.get('kept')) === 'old', 'it is back');
    expect([await cache.get('taken'), await cache.get('replaced')]).toEqual([undefined, undefined]);
    expect(log.lines).toEqual([
      expect.stringContaining('warn: The cache: Redis does not answer'),
      'log: The cache: Redis is there again',
    ]);
  });

  it('keeps nobody waiting for a Redis that stands still', async () => {
    const cache = await open();
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
