import type { Logger } from '@nestjs/common';
import { ALL_SETTINGS } from './app.settings.js';
import { AuthSettings } from './auth/auth.settings.js';
import { ListenersSettings } from './changes/change-listener.js';
import { CommitHooksSettings } from './changes/commit-hook.js';
import { findReasonIgnored } from './resources/ignored-settings.js';
import {
  PlacedSettingsError,
  readSettings,
  rowsOf,
  unknownKeyProblem,
  unknownKeyWarning,
  type RawSetting,
  type SettingSource,
} from './settings/settings.js';

/** Only this server reads such keys, so one that it does not know is a mistake. */
const OURS = 'kumocast.';

/** Settings of what has a name: they have no effect until the name stands in the list. */
const NAMED = [
  { prefix: 'event_listeners.', list: 'event_listeners', noun: 'listener' },
  { prefix: 'multiauth.policy.', list: 'multiauth.policies', noun: 'policy' },
  { prefix: 'commit_hooks.', list: 'commit_hooks', noun: 'commit hook' },
] as const;

/**
 * Says which keys of the file nobody has asked for, when everybody has.
 *
 * @throws SettingsError for one with the prefix `kumocast.` that is no setting
 */
export function tellUnknownKeys(source: SettingSource, log: Pick<Logger, 'log' | 'warn' | 'debug'>): void {
  const names = namesIn(source);
  const unnamed = new Set<string>();
  const known = new Set(ALL_SETTINGS.flatMap(({ type, prefix = '' }) => rowsOf(type).map(({ key }) => prefix + key)));
  for (const raw of source.unknownKeys()) {
    const written = raw.written ?? raw.key;
    const reason = findReasonIgnored(raw.key);
    const owner = ownerOf(raw, names);
    if (reason !== undefined) log.debug(`${raw.origin}: ${written} has no effect here: ${reason}`);
    else if (owner !== undefined) {
      if (!unnamed.has(owner)) log.log(`${raw.origin}: ${owner}, so its settings have no effect`);
      unnamed.add(owner);
    } else if (known.has(raw.key))
      log.log(`${raw.origin}: ${written} has no effect: what it is for is not switched on`);
    else if (!written.startsWith(OURS)) log.warn(unknownKeyWarning(raw, source.keysRead));
    else throw new PlacedSettingsError(raw.origin, unknownKeyProblem(raw, source.keysRead));
  }
}

function namesIn(source: SettingSource): ReadonlyMap<string, readonly string[]> {
  return new Map([
    ['event_listeners', readSettings(ListenersSettings, source).names],
    ['multiauth.policies', readSettings(AuthSettings, source).policies],
    ['commit_hooks', readSettings(CommitHooksSettings, source).names],
  ]);
}

/** That the listener, policy or hook which the key belongs to is not named; `undefined` for any other key. */
function ownerOf({ key }: RawSetting, names: ReadonlyMap<string, readonly string[]>): string | undefined {
  const kind = NAMED.find(({ prefix }) => key.startsWith(prefix));
  const name = kind && key.slice(kind.prefix.length).split('.')[0];
  if (kind === undefined || name === undefined || names.get(kind.list)!.includes(name)) return undefined;
  return `the ${kind.noun} ${name} is not named in ${kind.list}`;
}
