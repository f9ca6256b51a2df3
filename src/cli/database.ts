import { addOwnCommitHooks } from '../app.extensions.js';
import { addIncluded, makeExtensionPoints } from '../app.module.js';
import { addPolicies } from '../app.kinds.js';
import { DATABASE_SCHEMA } from '../app.schema.js';
import { AuthSettings } from '../auth/auth.settings.js';
import { ChangeLog } from '../changes/change-log.js';
import { readSettings, resolveDottedName, type SettingSource } from '../settings/settings.js';
import { openStorage } from '../storage/open-storage.js';
import type { Storage } from '../storage/storage.js';
import { StorageSettings } from '../storage/storage.settings.js';
import { CommandFailure } from './command-failure.js';

/** What a command works with in the place of a server. */
export interface Database {
  readonly storage: Storage;
  /** Plugins agree to what a command changes as they do to requests, and listeners hear of it from the next server. */
  readonly changeLog: ChangeLog;
}

/**
 * Opens the database for a command, and closes it again.
 *
 * @throws Error when a server, or anybody else, has it
 */
export async function withDatabase<T>(source: SettingSource, work: (database: Database) => Promise<T>): Promise<T> {
  const settings = readSettings(StorageSettings, source);
  if (resolveDottedName('storage', settings.storageBackend) === 'memory') {
    throw new CommandFailure('storage_backend = memory: there is no database that a command could change', 1);
  }
  const points = makeExtensionPoints();
  addPolicies(points, readSettings(AuthSettings, source));
  addIncluded(points, source);
  await addOwnCommitHooks(points.hooks, source);
  const storage = await openStorage(settings, DATABASE_SCHEMA);
  try {
    return await work({ storage, changeLog: new ChangeLog(points.hooks) });
  } finally {
    await storage.close();
  }
}
