import type { RedisLinkOptions } from '../outgoing/redis-link.js';
import { resolveDottedName } from '../settings/settings.js';
import type { ClosableCache } from './cache.js';
import type { CacheSettings } from './cache.settings.js';
import { MemoryCache } from './memory-cache.js';
import { RedisCache } from './redis-cache.js';

/**
 * A Redis that cannot be reached is no reason not to start.
 *
 * @throws Error when the settings name a backend that there is not
 */
export async function openCache(settings: CacheSettings, log: RedisLinkOptions['log']): Promise<ClosableCache> {
  switch (resolveDottedName('cache', settings.cacheBackend)) {
    case 'memory':
      return new MemoryCache(settings.cacheMaxSize);
    case 'redis': {
      const cache = new RedisCache(settings.cacheUrl, settings.cachePrefix, log);
      await cache.open();
      return cache;
    }
    default:
      throw new Error(`kinto.cache_backend = ${settings.cacheBackend}: expected memory or redis`);
  }
}
