import { startServer } from '../../src/app.server.js';
import { SettingsError, SettingSource } from '../../src/settings/settings.js';

const USUAL = '[app:main]\nkinto.storage_backend = memory\nkinto.log_level = fatal\n';

function start(lines: string): Promise<unknown> {
  const text = lines.startsWith('[') ? lines : USUAL + lines;
  return startServer(SettingSource.fromText(text, { file: 'shop.ini' }), { port: 0 });
}

describe('A server whose settings cannot be used', () => {
  it.each([
    [
      'kinto.includes = kinto.plugins.magic',
      'shop.ini line 4: kinto.includes = kinto.plugins.magic: there is no plugin',
    ],
    [
      'kinto.event_listeners = live\nkinto.event_listeners.live.use = pigeons',
      'shop.ini line 5: kinto.event_listeners.live.use = pigeons: expected one of',
    ],
    [
      'kinto.cache_backend = kinto.core.cache.memcached',
      'shop.ini line 4: kinto.cache_backend = kinto.core.cache.memcached: expected memory',
    ],
    [
      '[app:main]\nkinto.storage_backend = kinto.core.storage.redis',
      'shop.ini line 2: kinto.storage_backend = kinto.core.storage.redis: expected',
    ],
    [
      '[app:main]\nkinto.storage_backend = kinto.core.storage.postgresql',
      'storage_url: is not set: the postgresql backend expects postgresql://',
    ],
    ['kumocast.readnoly = true', 'shop.ini line 4: kumocast.readnoly is not a setting'],
    ['kinto.event_listeners = pusher', 'shop.ini: event_listeners.pusher.app_id: is not set: it is needed'],
    [
      'kinto.event_listeners = live\nkinto.event_listeners.live.use = ./nowhere.mjs',
      'shop.ini: event_listeners.live.use: ./nowhere.mjs: there is no such file beside the settings',
    ],
    [
      'multiauth.policies = magic',
      'magic: multiauth.policy.magic.use is not set, and the name is no policy: expected one of',
    ],
  ])('does not start, and says where to look: %s', async (lines, message) => {
    const starting = start(lines);
    await expect(starting).rejects.toThrow(SettingsError);
    await expect(starting).rejects.toThrow(message);
  });

  it('does not mind the URL of another database where it needs none', async () => {
    const server = (await start('kinto.storage_url = postgresql://u:p@h/db')) as { close(): Promise<void> };
    await server.close();
  });
});
