import { readSettings, settingProblem, SettingsError, type SettingSource } from '../../settings/settings.js';
import { UploadSettings } from './attachments.settings.js';
import { FileNames } from './file-names.js';

export interface UploadRule {
  readonly settings: UploadSettings;
  readonly names: FileNames;
}

const ALL = 'attachment.';
const SOME = 'attachment.resources.';

/** What holds for the files of each collection: its own settings before its bucket's, those before everybody's. */
export class UploadRules {
  private constructor(
    private readonly rules: ReadonlyMap<string, UploadRule>,
    private readonly general: UploadRule,
  ) {}

  /** @throws SettingsError */
  static read(source: SettingSource): UploadRules {
    const rules = new Map<string, UploadRule>();
    for (const key of source.keysUnder(SOME)) {
      const place = key.slice(SOME.length).split('.').slice(0, -1);
      if (place.length < 1 || place.length > 2) {
        const raw = source.find(key);
        const expected = `expected ${SOME}<bucket>.<setting> or ${SOME}<bucket>.<collection>.<setting>`;
        throw raw === undefined ? new SettingsError(key, expected) : settingProblem(raw, expected);
      }
      const name = place.join('/');
      if (!rules.has(name)) rules.set(name, readRule(source, place));
    }
    return new UploadRules(rules, readRule(source, []));
  }

  of(bucketId: string, collectionId: string): UploadRule {
    return this.rules.get(`${bucketId}/${collectionId}`) ?? this.rules.get(bucketId) ?? this.general;
  }
}

function readRule(source: SettingSource, place: readonly string[]): UploadRule {
  const prefixes = place.map((_, index) => `${SOME}${place.slice(0, place.length - index).join('.')}.`);
  const settings = readSettings(UploadSettings, source, { prefixes: [...prefixes, ALL] });
  return { settings, names: new FileNames(settings, prefixes[0] ?? ALL) };
}
