import { tellUnknownKeys } from '../../src/app.unknown-keys.js';
import { SettingsError, SettingSource } from '../../src/settings/settings.js';
import { RecordingLog } from '../support/recording-log.js';

describe('Keys that nobody has asked for', () => {
  const told = (lines: string, read: readonly string[] = []) => {
    const source = SettingSource.fromText(`[app:main]\n${lines}`, { file: 'shop.ini' });
    for (const key of ['paginate_by', 'event_listeners.live.resources', ...read]) source.find(key);
    const log = new RecordingLog();
    tellUnknownKeys(source, log);
    return log.lines;
  };

  it('are warned of with the prefix that is Kinto’s too', () => {
    expect(told('kinto.pagniate_by = 3')).toEqual([
      'warn: shop.ini line 2: kinto.pagniate_by is not a setting and has no effect; did you mean kinto.paginate_by?',
    ]);
  });

  it('stop the start with the prefix that is only ours', () => {
    const start = () => told('kumocast.pagniate_by = 3');
    expect(start).toThrow(SettingsError);
    expect(start).toThrow(
      'shop.ini line 2: kumocast.pagniate_by is not a setting and has no effect; did you mean kumocast.paginate_by?',
    );
  });

  it('are warned of without a prefix where they are nearly a setting, and are Pyramid’s otherwise', () => {
    const lines = 'event_listeners = live\nevent_listeners.live.resource = record\npyramid.tweens = x\nreload = true';
    expect(told(lines, ['event_listeners'])).toEqual([
      expect.stringContaining('did you mean event_listeners.live.resources?') as string,
    ]);
  });

  it('are told once of a listener that is not named, however many it has', () => {
    const lines = ['use = pusher', 'app_id = 1', 'key = k'].map((line) => `kinto.event_listeners.remote.${line}`);
    expect(told(['kinto.event_listeners = live', ...lines].join('\n'))).toEqual([
      'log: shop.ini line 3: the listener remote is not named in event_listeners, so its settings have no effect',
    ]);
  });

  it('are told in the same way of policies and commit hooks', () => {
    const lines = 'kumocast.multiauth.policy.google.use = openid\nkumocast.commit_hooks.mine.use = ./mine.mjs';
    expect(told(lines)).toEqual([
      expect.stringContaining('the policy google is not named in multiauth.policies') as string,
      expect.stringContaining('the commit hook mine is not named in commit_hooks') as string,
    ]);
  });

  it('are no mistake where what they are for is not switched on', () => {
    expect(told('kumocast.notifications.max_per_user = 3')).toEqual([
      'log: shop.ini line 2: kumocast.notifications.max_per_user has no effect: what it is for is not switched on',
    ]);
  });
});
