import { resolveDottedName, readSettings, type SettingSource } from '../settings/settings.js';
import { StorageSettings } from '../storage/storage.settings.js';

/** From here on `node::ObjectWrap` of Node's headers asks for an environment that is not there during some collections. */
const FIRST_ILL = 24;

/**
 * What is to be said of a Node that serves from SQLite; `undefined`: nothing. better-sqlite3 12 is built on what the
 * headers of Node 24.19 and later have changed, and 13, which is not, has no Node 20.
 *
 * @param version as `process.versions.node` has it
 */
export function nodeWarning(source: SettingSource, version: string): string | undefined {
  if (Number.parseInt(version, 10) < FIRST_ILL) return undefined;
  if (resolveDottedName('storage', readSettings(StorageSettings, source).storageBackend) === 'postgresql')
    return undefined;
  return (
    `Node.js ${version}: better-sqlite3, as it is built for 24.19 and later, can end the process at any time ` +
    '("Assertion failed: (env) != nullptr"). Nothing that was answered is lost, but Node.js 20 and 22 do not do that.'
  );
}
