import { MemoryCache } from '../cache/memory-cache.js';
import { CacheSettings } from '../cache/cache.settings.js';
import { openCache } from '../cache/open-cache.js';
import { readSettings } from '../settings/settings.js';
import { loadSettings } from './load-settings.js';
import type { SettingsOptions } from './settings-options.js';

/** @returns what has come of it */
export async function flushCache(options: SettingsOptions): Promise<string> {
  const warnings: string[] = [];
  const log = { log: () => undefined, warn: (line: string) => void warnings.push(line) };
  const cache = await openCache(readSettings(CacheSettings, loadSettings(options)), log);
  await cache.flush();
  await cache.close();
  if (warnings.length > 0) throw new Error(warnings.join('\n'));
  return cache instanceof MemoryCache
    ? 'The memory cache is inside the server and ends with it: restart the server to empty it.'
    : 'Cache has been cleared.';
}
