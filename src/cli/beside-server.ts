import { existsSync } from 'node:fs';
import { CommonListenerSettings, ListenersSettings } from '../changes/change-listener.js';
import { DATABASE_SCHEMA } from '../app.schema.js';
import { readSettings, resolveDottedName, type SettingSource } from '../settings/settings.js';
import { fileOf, openStorage } from '../storage/open-storage.js';
import type { Storage } from '../storage/storage.js';
import { StorageSettings } from '../storage/storage.settings.js';
import { CommandFailure } from './command-failure.js';

/**
 * Opens the database to look at it, or to leave an order in it, whether a server has it or not.
 *
 * @throws CommandFailure when there is none
 */
export async function besideServer<T>(source: SettingSource, work: (storage: Storage) => Promise<T>): Promise<T> {
  const settings = readSettings(StorageSettings, source);
  const backend = resolveDottedName('storage', settings.storageBackend);
  if (backend === 'memory') {
    throw new CommandFailure('storage_backend = memory: nobody but its server can look into it', 1);
  }
  if (backend === 'sqlite' && !existsSync(fileOf(settings))) {
    throw new CommandFailure('There is no database yet: it is made when the server starts first.', 1);
  }
  const storage = await openStorage(settings, DATABASE_SCHEMA, { besideServer: true });
  try {
    return await work(storage);
  } finally {
    await storage.close();
  }
}

/** A listener as the settings have it. */
export interface ConfiguredListener {
  readonly name: string;
  readonly kind: string;
}

export function configuredListeners(source: SettingSource): ConfiguredListener[] {
  const { names } = readSettings(ListenersSettings, source);
  return [...new Set(names)].map((name) => {
    const { use } = readSettings(CommonListenerSettings, source, { prefixes: [`event_listeners.${name}.`] });
    return { name, kind: use === '' ? name : use };
  });
}

/** @throws CommandFailure for a name that is not in `event_listeners` */
export function ensureConfigured(source: SettingSource, name: string): void {
  const names = configuredListeners(source).map((each) => each.name);
  if (names.includes(name)) return;
  const there = names.length === 0 ? 'there is none' : `there are ${names.join(', ')}`;
  throw new CommandFailure(`${name} is no listener of event_listeners: ${there}`, 2);
}
