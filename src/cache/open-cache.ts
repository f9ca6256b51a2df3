import { resolveDottedName } from '../settings/settings.js';
import type { Cache } from './cache.js';
import type { CacheSettings } from './cache.settings.js';
import { MemoryCache } from './memory-cache.js';

/** @throws Error when the settings name a backend that there is not */
export function openCache({ cacheBackend, cacheMaxSize }: CacheSettings): Cache {
  if (resolveDottedName('cache', cacheBackend) !== 'memory') {
    throw new Error(`kinto.cache_backend = ${cacheBackend}: expected memory`);
  }
  return new MemoryCache(cacheMaxSize);
}
