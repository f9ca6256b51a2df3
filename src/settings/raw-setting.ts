import { PlacedSettingsError, shownValue, type SettingsError } from './settings-error.js';

/** One setting as somebody wrote it, before anyone knows its type. The text may be a secret: not for a log. */
export interface RawSetting {
  /** Without the `kinto.` or `kumocast.` prefix. */
  readonly key: string;
  readonly text: string;
  /** `config/kumocast.ini line 12` or `environment variable KINTO_STORAGE_URL`. */
  readonly origin: string;
  /** The key as the file spells it; absent when the origin says it already. */
  readonly written?: string;
}

/**
 * The error for a setting whose value cannot be used: origin, key as written, value (unless it is secret), problem.
 *
 * @param problem what was expected, as a phrase without a full stop
 */
export function settingProblem(
  raw: RawSetting,
  problem: string,
  row: { readonly secret?: boolean } = {},
): SettingsError {
  const subject = raw.written === undefined ? raw.origin : `${raw.origin}: ${raw.written}`;
  return new PlacedSettingsError(row.secret === true ? subject : `${subject} = ${shownValue(raw.text)}`, problem);
}
