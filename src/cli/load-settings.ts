import { existsSync } from 'node:fs';
import { processEnvironment, SettingSource } from '../settings/settings.js';
import { USUAL_FILES, type SettingsOptions } from './settings-options.js';

/**
 * The settings of a command. Without any file, the environment is all there is.
 *
 * @param variables names for `%(name)s` in the file
 * @throws SettingsError
 */
export function loadSettings(
  options: SettingsOptions,
  variables: Readonly<Record<string, string>> = {},
): SettingSource {
  const { quiet, debug } = options;
  const env = processEnvironment();
  const level = quiet === true ? 'fatal' : debug === true ? 'debug' : undefined;
  return SettingSource.load({
    iniFile: findIniFile(options),
    // Both names, since two of them that differ are a contradiction.
    env: level === undefined ? env : { ...env, KINTO_LOG_LEVEL: level, KUMOCAST_LOG_LEVEL: undefined },
    variables,
  });
}

/** The file that the settings are in; `undefined`: none. */
export function findIniFile({ ini }: SettingsOptions): string | undefined {
  return ini ?? processEnvironment().KINTO_INI ?? USUAL_FILES.find((file) => existsSync(file));
}
