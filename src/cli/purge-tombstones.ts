import { tombstones } from '../storage/tombstones.js';
import { withDatabase } from './database.js';
import { loadSettings } from './load-settings.js';
import type { SettingsOptions } from './settings-options.js';

/**
 * @param retained how many tombstones to keep below each parent
 * @returns how many were removed
 */
export async function purgeDeleted(
  options: SettingsOptions,
  resources: readonly string[],
  retained: number,
): Promise<number> {
  return withDatabase(loadSettings(options), ({ storage }) =>
    storage.write(async ({ sql }) => {
      let purged = 0;
      for (const resource of resources) purged += await tombstones.purge(sql, resource, retained);
      return purged;
    }),
  );
}
