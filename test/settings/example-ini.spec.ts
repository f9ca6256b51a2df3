import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ALL_SETTINGS } from '../../src/app.settings.js';
import { checkExample, readSettings, renderExample, SettingSource } from '../../src/settings/settings.js';

const FILE = fileURLToPath(new URL('../../config/example.ini', import.meta.url));
const text = readFileSync(FILE, 'utf8');

describe('config/example.ini', () => {
  it('has every setting at its default, under its sentence, and nothing else', () => {
    expect(checkExample(text, ALL_SETTINGS)).toEqual([]);
  });

  it('is what scripts/write-example-ini.mjs writes', () => {
    expect(text).toBe(renderExample(ALL_SETTINGS));
  });

  it('changes nothing as it stands', () => {
    const source = SettingSource.fromText(text, { file: FILE });
    expect(source.keysUnder('')).toEqual([]);
  });

  it('can be read when every line of it is made active', () => {
    const active = text.replace(/^# (kinto\.\S+ = .+)$/gm, '$1');
    const source = SettingSource.fromText(active, { file: FILE });
    const withDefaults = ALL_SETTINGS.filter(({ prefix }) => prefix === undefined);
    for (const { type } of withDefaults) {
      expect(readSettings(type, source)).toEqual(readSettings(type, SettingSource.fromText('')));
    }
  });
});
