import { DATABASE_SCHEMA } from '../app.schema.js';
import { ApiSettings } from '../resources/http.settings.js';
import { readSettings } from '../settings/settings.js';
import { fileOf, isPostgresql, migratePostgresql, openStorage } from '../storage/open-storage.js';
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
  const dryRun = options.dryRun === true;
  const { readonly } = readSettings(ApiSettings, source);
  if (isPostgresql(settings)) {
    const lacked = await migratePostgresql(settings, DATABASE_SCHEMA, { dryRun: dryRun || readonly });
    return told('The database', lacked, { dryRun, readonly });
  }
  const file = fileOf(settings);
  if (file === IN_MEMORY) return ['There is nothing to migrate in memory.'];
  const pending = findPendingMigrations(file, DATABASE_SCHEMA);
  if (pending.length > 0 && !dryRun && !readonly) {
    const storage = await openStorage(settings, DATABASE_SCHEMA);
    await storage.close();
  }
  return told(file, pending, { dryRun, readonly });
}

function told(
  database: string,
  pending: readonly string[],
  { dryRun, readonly }: { dryRun: boolean; readonly: boolean },
): string[] {
  if (pending.length === 0) return [`${database} is up to date.`];
  if (dryRun) return pending.map((name) => `${database} lacks ${name}.`);
  if (!readonly) return pending.map((name) => `${database} has got ${name}.`);
  // As Kinto: said, but no failure.
  process.stderr.write('Cannot migrate the database while in readonly mode.\n');
  return [];
}
