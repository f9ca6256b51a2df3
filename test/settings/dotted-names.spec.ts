import { DOTTED_NAMES, resolveDottedName, type DottedNameKind } from '../../src/settings/settings.js';

describe('a dotted name of Python', () => {
  it.each<[DottedNameKind, string, string]>([
    ['storage', 'kinto.core.storage.memory', 'memory'],
    ['storage', 'kinto.core.storage.postgresql', 'postgresql'],
    ['permission', 'kinto.core.permission.postgresql', 'postgresql'],
    ['cache', 'kinto.core.cache.memcached', 'memcached'],
    ['cache', 'kinto_redis.cache', 'redis'],
    ['plugin', 'kinto.plugins.default_bucket', 'default-bucket'],
    ['plugin', 'kinto.plugins.history', 'history'],
    ['plugin', 'cliquet_pusher', 'pusher'],
    ['plugin', 'kinto_attachment', 'attachments'],
    ['listener', 'kinto_pusher.listener', 'pusher'],
    ['listener', 'cliquet_pusher.listener', 'pusher'],
    ['listener', 'kinto_redis.listeners', 'redis'],
    ['listener', 'cliquet.listeners.redis', 'redis'],
    ['policy', 'kinto.core.authentication.BasicAuthAuthenticationPolicy', 'basicauth'],
    ['policy', 'kinto.plugins.accounts.AccountsPolicy', 'accounts'],
    ['policy', 'kinto.plugins.accounts.authentication.AccountsAuthenticationPolicy', 'accounts'],
    ['policy', 'kinto.plugins.openid.OpenIDConnectPolicy', 'openid'],
  ])('for a %s, %s, is our %s', (kind, name, ours) => {
    expect(resolveDottedName(kind, name)).toBe(ours);
  });

  it.each<[DottedNameKind, string]>([
    ['storage', 'sqlite'],
    ['storage', 'memory'],
    ['storage', 'kinto.core.cache.memory'],
    ['listener', './listeners/slack.js'],
    ['plugin', 'constructor'],
    ['plugin', '__proto__'],
    ['policy', ''],
  ])('for a %s is left alone when it is not in the list: %j', (kind, name) => {
    expect(resolveDottedName(kind, name)).toBe(name);
  });

  it('leads to a name that leads nowhere further', () => {
    for (const kind of Object.keys(DOTTED_NAMES) as DottedNameKind[]) {
      for (const ours of Object.values(DOTTED_NAMES[kind])) expect(resolveDottedName(kind, ours)).toBe(ours);
    }
  });
});
