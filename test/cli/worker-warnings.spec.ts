import { workerWarnings } from '../../src/cli/worker-count.js';
import { SettingSource } from '../../src/settings/settings.js';

describe('What is said of settings that several workers share', () => {
  const warnings = (lines: string) => workerWarnings(SettingSource.fromText(`[app:main]\n${lines}`));
  const BUS = 'kinto.bus_url = redis://localhost';
  const CACHE = 'kinto.cache_backend = redis\nkinto.cache_url = redis://localhost';

  it('is what each has for itself', () => {
    expect(warnings('')).toEqual([
      expect.stringContaining('Without kinto.bus_url') as string,
      expect.stringContaining('With kinto.cache_backend = memory') as string,
    ]);
    expect(warnings(BUS)).toEqual([expect.stringContaining('kinto.cache_backend') as string]);
    expect(warnings(CACHE)).toEqual([expect.stringContaining('kinto.bus_url') as string]);
  });

  it('is nothing where they share both', () => {
    expect(warnings(`${BUS}\n${CACHE}`)).toEqual([]);
  });
});
