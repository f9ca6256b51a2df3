import { RealtimeSettings } from '../../src/realtime/realtime.settings.js';
import { readSettings, SettingSource } from '../../src/settings/settings.js';

function read(...lines: string[]): Readonly<RealtimeSettings> {
  return readSettings(RealtimeSettings, SettingSource.fromText(['[app:main]', ...lines].join('\n')));
}

describe('The settings of the channels server', () => {
  it('are good as they are', () => {
    expect(read()).toMatchObject({ activityTimeout: 120, maxEventBytes: 10_240, allowedOrigins: ['*'] });
  });

  it('are read under their keys', () => {
    const settings = read('kinto.channels.buffer_bytes = 4096', 'kinto.channels.allowed_origins = https://a https://b');
    expect(settings).toMatchObject({ bufferBytes: 4096, allowedOrigins: ['https://a', 'https://b'] });
  });

  it.each(['activity_timeout = 0', 'buffer_bytes = 10', 'max_connections = -1', 'allowed_origins ='])(
    'refuse %s and name the key',
    (line) => {
      expect(() => read(`kinto.channels.${line}`)).toThrow(`channels.${line.split(' ')[0] ?? ''}`);
    },
  );
});
