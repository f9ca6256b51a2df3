import { MemoryCache } from '../cache/memory-cache.js';
import { CacheSettings } from '../cache/cache.settings.js';
import { openCache } from '../cache/open-cache.js';
import { readSettings } from '../settings/settings.js';
import { loadSettings } from './load-settings.js';
import type { SettingsOptions } from './settings-options.js';

/** @returns what has come of it */
export async function flushCache(options: SettingsOptions): Promise<string> {
  const cache = openCache(readSettings(CacheSettings, loadSettings(options)));
  await cache.flush();
  return cache instanceof MemoryCache
    ? 'The memory cache is inside the server and ends with it: restart the server to empty it.'
    : 'Cache has been cleared.';
}
