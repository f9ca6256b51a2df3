import { existsSync } from 'node:fs';
import { readSettings, resolveDottedName } from '../settings/settings.js';
import { checkDump } from '../storage/moving/read-dump.js';
import { backUpSqlite } from '../storage/moving/sqlite-backup.js';
import { fileOf } from '../storage/open-storage.js';
import { StorageSettings } from '../storage/storage.settings.js';
import { CommandFailure } from './command-failure.js';
import { exportFrom } from './export-database.js';
import { withProgress } from './export-progress.js';
import { loadSettings } from './load-settings.js';
import type { SettingsOptions } from './settings-options.js';

/**
 * Makes a copy of the database and looks whether it is whole.
 *
 * @returns what was done
 * @throws CommandFailure, or Error when the database cannot be opened
 */
export async function backUpDatabase(options: SettingsOptions, file: string): Promise<string> {
  const source = loadSettings(options);
  const settings = readSettings(StorageSettings, source);
  const backend = resolveDottedName('storage', settings.storageBackend);
  return withProgress(options, async (progress) => {
    if (backend !== 'sqlite') {
      const done = await exportFrom(source, file, progress);
      await checkDump(file);
      return `${done} Read again, its checksum is right; "kumocast import" makes a database of it.`;
    }
    const database = fileOf(settings);
    if (!existsSync(database)) {
      throw new CommandFailure('There is no database yet: it is made when the server starts first.', 1);
    }
    const size = await backUpSqlite(database, file, (done, total) => progress({ table: 'pages', done, total }));
    return `${file}: a copy of ${database}, ${size} bytes, checked.`;
  });
}
