import { isCacheHealthy } from '../../src/cache/cache.js';
import { CacheSettings } from '../../src/cache/cache.settings.js';
import { openCache } from '../../src/cache/open-cache.js';
import { PostgresqlStore } from '../../src/cache/postgresql-store.js';
import { readSettings, SettingSource } from '../../src/settings/settings.js';
import { until } from '../changes/until.js';
import { cacheContract } from '../contracts/cache.contract.js';
import { describeWithPostgresql, PostgresqlServer } from '../support/postgresql.js';
import { RecordingLog } from '../support/recording-log.js';
import { SharedCaches } from './shared-caches.js';

const HOUR = 3_600_000;

describeWithPostgresql('PostgreSQL as the cache [needs postgresql]', () => {
  let server: PostgresqlServer;
  let url: string;
  const caches = new SharedCaches(({ prefix, url: at = url }) => new PostgresqlStore(at, { size: 3, prefix }));
  beforeAll(async () => {
    server = await PostgresqlServer.start();
    url = await server.makeDatabase();
  }, 60_000);
  afterAll(() => server.stop());

  cacheContract('PostgreSQL', () => caches.fixture());

  it('makes its table, also when several begin at once', async () => {
    const empty = await server.makeDatabase();
    const four = await Promise.all([1, 2, 3, 4].map(() => caches.open({ url: empty })));
    await Promise.all(four.map((cache, index) => cache.set(`key-${index}`, 'x', HOUR)));
    expect(await Promise.all([0, 1, 2, 3].map((index) => four[3 - index]!.get(`key-${index}`)))).toEqual(
      Array(4).fill('x'),
    );
  });

  it('shares the table of a Kinto, without the right to make one and without touching what is Kinto’s', async () => {
    const kintos = await server.makeDatabase();
    await server.run(
      `CREATE TABLE cache (key VARCHAR(256) PRIMARY KEY, value TEXT NOT NULL, ttl TIMESTAMP DEFAULT NULL);
        INSERT INTO cache VALUES ('theirs', '"value"', NULL), ('over', '1', now() - interval '1 hour');
        DROP ROLE IF EXISTS cache_user; CREATE ROLE cache_user LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC;
        GRANT SELECT, INSERT, UPDATE, DELETE ON cache TO cache_user`,
      kintos,
    );
    const log = new RecordingLog();
    const limited = String(Object.assign(new URL(kintos), { username: 'cache_user' }));
    const one = await caches.open({ log, prefix: '', url: limited });
    const two = await caches.open({ log, prefix: 'other%', url: kintos });
    await one.set('key', 'value', HOUR);
    await two.set('key', 'another', HOUR);
    expect([await one.count('window', HOUR), await two.count('window', HOUR)]).toEqual([1, 1]);
    expect([await one.get('key'), await two.get('key')]).toEqual(['value', 'another']);
    await two.flush();
    expect([await one.get('key'), await two.get('key')]).toEqual(['value', undefined]);
    expect(await server.run('SELECT key FROM cache ORDER BY key', kintos)).toEqual([
      { key: 'kumocast::key' },
      { key: 'kumocast::window' },
      { key: 'over' },
      { key: 'theirs' },
    ]);
    expect(log.lines).toEqual([]);
  });

  it('is empty while the database is away, says so once, and forgets what was to be forgotten meanwhile', async () => {
    const log = new RecordingLog();
    const own = await server.makeDatabase();
    const cache = await caches.open({ log, url: own });
    for (const key of ['kept', 'taken', 'replaced']) await cache.set(key, 'old', HOUR);
    expect(await cache.count('window', HOUR)).toBe(1);
    const name = new URL(own).pathname.slice(1);
    await server.run(`ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS false`);
    await server.run(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`);
    await until(async () => (await cache.get('kept')) === undefined, 'it is away');
    expect([await cache.get('kept'), await cache.take('taken')]).toEqual([undefined, undefined]);
    await cache.set('replaced', 'new', HOUR);
    expect(await cache.count('window', HOUR)).toBeUndefined();
    expect(await isCacheHealthy(cache)).toBe(false);
    expect(log.lines).toEqual([expect.stringContaining('warn: The cache: PostgreSQL refuses')]);
    await server.run(`ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS true`);
    await until(async () => (await cache.get('kept')) === 'old', 'it is back');
    expect([await cache.get('taken'), await cache.get('replaced')]).toEqual([undefined, undefined]);
    expect(await cache.count('window', HOUR)).toBe(2);
  });

  it('is had by settings, under Kinto’s name as well', async () => {
    for (const name of ['postgresql', 'kinto.core.cache.postgresql']) {
      const driver = url.replace('postgresql:', 'postgresql+psycopg2:');
      const ini = `[app:main]\nkinto.cache_backend = ${name}\nkinto.cache_url = ${driver}\nkinto.cache_pool_size = 2`;
      const settings = readSettings(CacheSettings, SettingSource.fromText(ini, { file: 'test.ini' }));
      const cache = await openCache(settings, new RecordingLog());
      expect(await isCacheHealthy(cache)).toBe(true);
      await cache.close();
    }
  });
});

describe('The settings of a PostgreSQL cache', () => {
  it.each(['', 'redis://:hunter2@localhost/'])('refuse the URL "%s" without repeating it', (url) => {
    const ini = `[app:main]\nkinto.cache_backend = postgresql\nkinto.cache_url = ${url}`;
    const read = () => readSettings(CacheSettings, SettingSource.fromText(ini, { file: 'test.ini' }));
    expect(read).toThrow('the postgresql cache expects postgresql://user:password@host:5432/name');
    expect(read).not.toThrow('hunter2');
  });
});
