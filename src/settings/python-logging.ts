import type { IniFile } from './ini-reader.js';
import { SettingsError } from './settings-error.js';

/** The levels that let pass what is logged at INFO. */
const AT_MOST_INFO = ['INFO', 'DEBUG', 'NOTSET'];

/**
 * Whether the Python logging sections of a `kinto.ini` let the logger called `name` speak at INFO: by the level of the
 * nearest logger that has one, by the dots in the name. `undefined`: the file has no such sections.
 */
export function isLoggedInPython(ini: IniFile, name: string): boolean | undefined {
  const keys = findText(ini, 'loggers', 'keys');
  if (keys === undefined) return undefined;
  const levels = new Map<string, string>();
  for (const key of keys.split(',').map((word) => word.trim())) {
    const section = `logger_${key}`;
    const level = findText(ini, section, 'level')?.trim().toUpperCase();
    const logger = key === 'root' ? '' : (findText(ini, section, 'qualname') ?? key);
    // NOTSET leaves it to the logger above, if there is one.
    if (level !== undefined && (level !== 'NOTSET' || logger === '')) levels.set(logger, level);
  }
  let logger = name;
  while (logger !== '' && !levels.has(logger)) logger = logger.slice(0, Math.max(0, logger.lastIndexOf('.')));
  return AT_MOST_INFO.includes(levels.get(logger) ?? 'WARNING');
}

/** A section that cannot be interpolated is Python's own affair, and no reason not to start. */
function findText(ini: IniFile, section: string, key: string): string | undefined {
  try {
    return ini.findSection(section)?.get(key)?.text;
  } catch (error) {
    if (error instanceof SettingsError) return undefined;
    throw error;
  }
}
