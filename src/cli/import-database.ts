import { DATABASE_SCHEMA } from '../app.schema.js';
import { readSettings, resolveDottedName } from '../settings/settings.js';
import { importAll } from '../storage/moving/moving.js';
import { checkDump } from '../storage/moving/read-dump.js';
import { isPostgresql, migratePostgresql, openStorage } from '../storage/open-storage.js';
import { StorageSettings } from '../storage/storage.settings.js';
import { CommandFailure } from './command-failure.js';
import { inWords, withProgress } from './export-progress.js';
import { loadSettings } from './load-settings.js';
import type { SettingsOptions } from './settings-options.js';

/**
 * Puts what is in the file into a database, which is made if need be. Nothing is made for a file that is no good.
 *
 * @returns what was done
 * @throws CommandFailure, or Error when a server, or anybody else, has the database
 */
export async function importDatabase(options: SettingsOptions, file: string): Promise<string> {
  const settings = readSettings(StorageSettings, loadSettings(options));
  if (resolveDottedName('storage', settings.storageBackend) === 'memory') {
    throw new CommandFailure('storage_backend = memory: there is no database that could keep it', 1);
  }
  const counts = await withProgress(options, async (progress) => {
    await checkDump(file);
    // Here rather than while opening, so that there is one connection then: others would look like a server's.
    if (isPostgresql(settings))
      await migratePostgresql(settings, DATABASE_SCHEMA, { dryRun: !settings.migrateAtStart });
    const storage = await openStorage(settings, DATABASE_SCHEMA);
    try {
      return await importAll(storage, settings, file, progress);
    } finally {
      await storage.close();
    }
  });
  return `Imported ${inWords(counts)}.`;
}
