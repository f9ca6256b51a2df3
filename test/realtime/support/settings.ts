import { RealtimeSettings } from '../../../src/realtime/realtime.settings.js';
import { readSettings, SettingSource } from '../../../src/settings/settings.js';

/** The defaults, with some of them changed; a change is not checked, so that a test may go below a minimum. */
export function settingsWith(changes: Partial<RealtimeSettings> = {}): RealtimeSettings {
  const defaults = readSettings(RealtimeSettings, SettingSource.fromText('[app:main]'));
  return Object.assign(new RealtimeSettings(), defaults, changes);
}
