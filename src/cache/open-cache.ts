import { plainPostgresqlUrl } from '../outgoing/postgresql-url.js';
import type { RedisLinkOptions } from '../outgoing/redis-link.js';
import { resolveDottedName } from '../settings/settings.js';
import type { ClosableCache } from './cache.js';
import type { CacheSettings } from './cache.settings.js';
import { MemoryCache } from './memory-cache.js';
import { PostgresqlStore } from './postgresql-store.js';
import { RedisStore } from './redis-store.js';
import { SharedCache, type CacheStore } from './shared-cache.js';

/**
 * A Redis or a database that cannot be reached is no reason not to start.
 *
 * @throws Error when the settings name a backend that there is not
 */
export async function openCache(settings: CacheSettings, log: RedisLinkOptions['log']): Promise<ClosableCache> {
  if (resolveDottedName('cache', settings.cacheBackend) === 'memory') return new MemoryCache(settings.cacheMaxSize);
  const cache = new SharedCache(storeOf(settings, log), log);
  await cache.open();
  return cache;
}

function storeOf(settings: CacheSettings, log: RedisLinkOptions['log']): CacheStore {
  const { cacheBackend, cacheUrl, cachePrefix: prefix, cachePoolSize: size } = settings;
  switch (resolveDottedName('cache', cacheBackend)) {
    case 'redis':
      return new RedisStore(cacheUrl, prefix, log);
    case 'postgresql':
      return new PostgresqlStore(plainPostgresqlUrl(cacheUrl), { size, prefix });
    default:
      throw new Error(`kinto.cache_backend = ${cacheBackend}: expected memory, redis or postgresql`);
  }
}
