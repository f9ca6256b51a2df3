import { DATABASE_SCHEMA } from '../app.schema.js';
import { ApiSettings } from '../resources/http.settings.js';
import { readSettings } from '../settings/settings.js';
import { fileOf, openStorage } from '../storage/open-storage.js';
import { findPendingMigrations } from '../storage/sqlite/pending-migrations.js';
import { IN_MEMORY } from '../storage/sqlite/sqlite-storage.js';
import { StorageSettings } from '../storage/storage.settings.js';
import { loadSettings } from './load-settings.js';
import type { MigrateOptions } from './migrate.js';

/**
 * Runs the migrations that the database lacks.
 *
 * @returns what was, or is to be, done, a sentence a line
 * @throws Error when a server, or anybody else, has the database
 */
export async function migrate(options: MigrateOptions): Promise<string[]> {
  const source = loadSettings(options);
  const settings = readSettings(StorageSettings, source);
  const file = fileOf(settings);
  if (file === IN_MEMORY) return ['There is nothing to migrate in memory.'];
  const pending = findPendingMigrations(file, DATABASE_SCHEMA);
  if (pending.length === 0) return [`${file} is up to date.`];
  if (options.dryRun === true) return pending.map((name) => `${file} lacks ${name}.`);
  // As Kinto: said, but no failure.
  if (readSettings(ApiSettings, source).readonly) {
    process.stderr.write('Cannot migrate the database while in readonly mode.\n');
    return [];
  }
  const storage = await openStorage(settings, DATABASE_SCHEMA);
  await storage.close();
  return pending.map((name) => `${file} has got ${name}.`);
}
