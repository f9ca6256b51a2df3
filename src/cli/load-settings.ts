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
  { ini, quiet, debug }: SettingsOptions,
  variables: Readonly<Record<string, string>> = {},
): SettingSource {
  const env = processEnvironment();
  const level = quiet === true ? 'fatal' : debug === true ? 'debug' : undefined;
  return SettingSource.load({
    iniFile: ini ?? env.KINTO_INI ?? USUAL_FILES.find((file) => existsSync(file)),
    // Both names, since two of them that differ are a contradiction.
    env: level === undefined ? env : { ...env, KINTO_LOG_LEVEL: level, KUMOCAST_LOG_LEVEL: undefined },
    variables,
  });
}
