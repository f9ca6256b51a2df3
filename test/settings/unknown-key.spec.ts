import { findClosestKey, SettingSource, unknownKeyWarning } from '../../src/settings/settings.js';

const KNOWN = ['batch_max_requests', 'paginate_by', 'readonly', 'eos', 'eos_url'];

describe('the warning for an unknown key', () => {
  const warnings = (lines: string) => {
    const source = SettingSource.fromText(`[app:main]\n${lines}`, { file: 'config/x.ini' });
    for (const key of KNOWN) source.find(key);
    return source.unknownKeys().map((unknown) => unknownKeyWarning(unknown, source.keysRead));
  };

  it('says where it is and what was probably meant, in the spelling of the file, without the value', () => {
    expect(warnings('kinto.batch_max_request = hunter2\nkumocast.readnoly = true\n')).toEqual([
      'config/x.ini line 2: kinto.batch_max_request is not a setting and has no effect; did you mean kinto.batch_max_requests?',
      'config/x.ini line 3: kumocast.readnoly is not a setting and has no effect; did you mean kumocast.readonly?',
    ]);
  });

  it('suggests nothing when nothing is near', () => {
    expect(warnings('kinto.sentry_dsn = x\n')).toEqual([
      'config/x.ini line 2: kinto.sentry_dsn is not a setting and has no effect',
    ]);
  });
});

describe('the closest key', () => {
  it.each([
    ['batch_max_reqests', 'batch_max_requests'],
    ['batch_maxx_requests', 'batch_max_requests'],
    ['bacth_max_requests', 'batch_max_requests'],
    ['paginate-by', 'paginate_by'],
    ['Readonly', 'readonly'],
    ['eos_ulr', 'eos_url'],
  ])('to %s is %s', (key, closest) => {
    expect(findClosestKey(key, KNOWN)).toBe(closest);
  });

  it.each(['e', 'eas', 'read', 'something_else', '', 'x'.repeat(100_000)])('to %j does not exist', (key) => {
    expect(findClosestKey(key, KNOWN)).toBeUndefined();
  });

  it('is the nearest of several', () => {
    expect(findClosestKey('storage_urk', ['storage_uri_x', 'storage_url', 'storage_ur'])).toBe('storage_url');
  });
});
