/** The one door of the room: what others import. */
export {
  Setting,
  rowsOf,
  type BoundSettingRow,
  type SettingRow,
  type SettingsClass,
  type SettingType,
} from './setting.js';
export { PlacedSettingsError, SettingsError } from './settings-error.js';
export {
  processEnvironment,
  SettingSource,
  type Environment,
  type LoadOptions,
  type SourceOptions,
  type TextOptions,
} from './setting-source.js';
export { settingProblem, type RawSetting } from './raw-setting.js';
export type { ServerSection } from './server-section.js';
export type { SettingsFile } from './settings-file.js';
export { readSettings, type ReadOptions } from './read-settings.js';
export { findClosestKey, unknownKeyProblem, unknownKeyWarning } from './unknown-key.js';
export { DOTTED_NAMES, resolveDottedName, type DottedNameKind } from './dotted-names.js';
export { checkExample, renderExample, type ExampleGroup, type ExampleRows } from './example-file.js';
export { readIni, type IniFile, type IniOptions, type IniValue } from './ini-reader.js';
export { IsKnownName } from './known-name.js';
