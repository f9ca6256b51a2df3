import { validateSync, type ValidationError } from 'class-validator';
import { settingProblem, type RawSetting } from './raw-setting.js';
import type { SettingSource } from './setting-source.js';
import { rowsOf, type BoundSettingRow, type SettingRow, type SettingsClass } from './setting.js';
import { convertText, defaultOf } from './setting-values.js';
import { SettingsError } from './settings-error.js';

export interface ReadOptions {
  /**
   * Put before each row's key and tried in this order, the most specific first: with
   * `['event_listeners.live.', 'pusher.']` a listener's own value comes before the one all listeners share, even if the
   * shared one stands in the environment.
   */
  readonly prefixes?: readonly string[];
}

/**
 * One room's settings: an instance of its class with every row looked up, converted by its type, completed with
 * defaults, checked by the class's rules, and frozen, lists included. A rule is not applied to a setting that is absent.
 *
 * @throws SettingsError for the first setting that cannot be used
 */
export function readSettings<T extends object>(
  type: SettingsClass<T>,
  source: SettingSource,
  options: ReadOptions = {},
): Readonly<T> {
  const prefixes = options.prefixes ?? [''];
  const rows = rowsOf(type);
  const origins = new Map<string, RawSetting>();
  const settings = new type();
  for (const row of rows) {
    // Every spelling is asked for, also behind the one that counts: none of them is an unknown key.
    const [raw] = prefixes.map((prefix) => source.find(prefix + row.key)).filter((found) => found !== undefined);
    if (raw !== undefined) origins.set(row.property, raw);
    Reflect.set(settings, row.property, raw === undefined ? defaultOf(row) : valueOf(raw, row));
  }
  const [broken] = validateSync(settings, { skipUndefinedProperties: true, forbidUnknownValues: false });
  if (broken !== undefined) throw brokenRule(broken, rows, origins, prefixes[0] ?? '');
  return Object.freeze(settings);
}

function valueOf(raw: RawSetting, row: SettingRow): unknown {
  const conversion = convertText(raw.text, row);
  if (conversion.ok) return conversion.value;
  throw settingProblem(raw, `expected ${conversion.expected} (${asPhrase(row.sentence)})`, row);
}

function brokenRule(
  { property, value, constraints = {} }: ValidationError,
  rows: readonly BoundSettingRow[],
  origins: ReadonlyMap<string, RawSetting>,
  prefix: string,
): SettingsError {
  const row = rows.find((candidate) => candidate.property === property);
  const raw = origins.get(property);
  const rules = Object.values(constraints).map((rule) => withoutProperty(rule, property));
  const told = row?.secret === true && rules.some((rule) => repeats(rule, value)) ? ['is not allowed'] : rules;
  const problem = `${told.join(' and ') || 'is not allowed'}${row === undefined ? '' : ` (${asPhrase(row.sentence)})`}`;
  return raw === undefined
    ? new SettingsError(row === undefined ? property : prefix + row.key, `is not set: ${problem}`)
    : settingProblem(raw, problem, row);
}

/** The class's property is our word; whoever wrote the file knows the key, which the message begins with. */
function withoutProperty(rule: string, property: string): string {
  if (rule.startsWith(`${property} `)) return rule.slice(property.length + 1);
  const each = 'each value';
  return rule.startsWith(`${each} in ${property} `) ? each + rule.slice(`${each} in ${property}`.length) : rule;
}

/** A rule's own message may hold `$value`, which class-validator replaces by the value. */
function repeats(rule: string, value: unknown): boolean {
  const parts = Array.isArray(value) ? value.map(String) : [String(value)];
  return parts.some((part) => part !== '' && rule.includes(part));
}

/** A sentence within a sentence: no full stop, no capital, unless it begins with an abbreviation. */
function asPhrase(sentence: string): string {
  const text = sentence.trim().replace(/\.$/, '');
  return /^\p{Lu}[\p{Ll} ]/u.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
