import { availableParallelism } from 'node:os';
import { ServerSettings } from '../app.settings.js';
import { BusSettings } from '../bus/bus.settings.js';
import { CacheSettings } from '../cache/cache.settings.js';
import {
  readSettings,
  resolveDottedName,
  settingProblem,
  SettingsError,
  type SettingSource,
} from '../settings/settings.js';
import { StorageSettings } from '../storage/storage.settings.js';

/**
 * How many processes are to serve the port.
 *
 * @throws SettingsError when there are to be several on a database that only one process may open
 */
export function workerCount(source: SettingSource): number {
  const { workers } = readSettings(ServerSettings, source);
  const count = workers === 0 ? availableParallelism() : workers;
  const backend = resolveDottedName('storage', readSettings(StorageSettings, source).storageBackend);
  if (count === 1 || backend === 'postgresql') return count;
  // Asked for as many as may be: one.
  if (workers === 0) return 1;
  const raw = source.find('workers');
  const expected = `expected 1, since storage_backend = ${backend} is for one process; postgresql is for several`;
  throw raw === undefined ? new SettingsError('workers', expected) : settingProblem(raw, expected);
}

/** What several processes have each for itself by these settings, though their clients take them for one server. */
export function workerWarnings(source: SettingSource): string[] {
  const warnings: string[] = [];
  if (readSettings(BusSettings, source).url === '') {
    warnings.push(
      'Without kinto.bus_url each worker has channels of its own: presence, counts, client events and what is published ' +
        'by the HTTP API reach only those who are connected to the same one.',
    );
  }
  if (resolveDottedName('cache', readSettings(CacheSettings, source).cacheBackend) === 'memory') {
    warnings.push(
      'With kinto.cache_backend = memory each worker has a cache of its own: tickets and logins with OpenID that begin on ' +
        'one may end on another, which does not know them.',
    );
  }
  return warnings;
}
