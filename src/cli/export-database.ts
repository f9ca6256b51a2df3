import { DATABASE_SCHEMA } from '../app.schema.js';
import { readSettings, type SettingSource } from '../settings/settings.js';
import { ensureNew } from '../storage/moving/dump-file.js';
import { exportAll } from '../storage/moving/moving.js';
import type { Progress } from '../storage/moving/write-dump.js';
import { fileOf, isPostgresql } from '../storage/open-storage.js';
import { findPendingMigrations } from '../storage/sqlite/pending-migrations.js';
import { StorageSettings } from '../storage/storage.settings.js';
import { besideServer } from './beside-server.js';
import { CommandFailure } from './command-failure.js';
import { inWords, withProgress } from './export-progress.js';
import { loadSettings } from './load-settings.js';
import type { SettingsOptions } from './settings-options.js';

/**
 * Writes the database into a file.
 *
 * @returns what was done
 * @throws CommandFailure, or Error when the database cannot be opened
 */
export async function exportDatabase(options: SettingsOptions, file: string): Promise<string> {
  const source = loadSettings(options);
  return withProgress(options, (progress) => exportFrom(source, file, progress));
}

/** The same without a word while it is at work. */
export async function exportFrom(source: SettingSource, file: string, progress: Progress): Promise<string> {
  const settings = readSettings(StorageSettings, source);
  ensureNew(file);
  const counts = await besideServer(source, (storage) => {
    if (!isPostgresql(settings)) ensureMigrated(fileOf(settings));
    return exportAll(storage, settings, file, progress);
  });
  return `${file}: ${inWords(counts)}.`;
}

/** PostgreSQL's says so itself when it is opened. @throws CommandFailure */
function ensureMigrated(database: string): void {
  const pending = findPendingMigrations(database, DATABASE_SCHEMA);
  if (pending.length === 0) return;
  throw new CommandFailure(`${database} lacks ${pending.join(', ')}: run "kumocast migrate"`, 1);
}
