import { resolve } from 'node:path';
import type { DataSourceOptions } from 'typeorm';
import { resolveDottedName } from '../settings/settings.js';
import { IN_MEMORY, SqliteStorage } from './sqlite/sqlite-storage.js';
import type { StorageSettings } from './storage.settings.js';

/** What every room keeps in the database; the composition gathers it, since a room knows only the rooms below. */
export interface DatabaseSchema {
  readonly entities: NonNullable<DataSourceOptions['entities']>;
  readonly migrations: NonNullable<DataSourceOptions['migrations']>;
}

const DEFAULT_FILE = 'kumocast.sqlite';

/** @throws Error when the settings name a backend that there is not, or the database cannot be opened */
export async function openStorage(settings: StorageSettings, schema: DatabaseSchema): Promise<SqliteStorage> {
  return SqliteStorage.open({ file: fileOf(settings), maxGroup: settings.maxGroup, ...schema });
}

/**
 * The absolute path of the database, or {@link IN_MEMORY}.
 *
 * @throws Error when the settings name a backend that there is not
 */
export function fileOf(settings: StorageSettings): string {
  const backend = resolveDottedName('storage', settings.storageBackend);
  if (backend === 'memory') return IN_MEMORY;
  if (backend !== 'sqlite') {
    throw new Error(`kinto.storage_backend = ${settings.storageBackend}: expected sqlite or memory`);
  }
  const path = settings.storageUrl.replace(/^sqlite:(\/\/)?/, '');
  if (/^[a-z][a-z0-9+]*:\/\//i.test(path)) {
    throw new Error('kinto.storage_url: the sqlite backend expects the path of a file');
  }
  return resolve(path === '' ? DEFAULT_FILE : path);
}
