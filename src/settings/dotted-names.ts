/**
 * The Python names an existing `kinto.ini` uses for what is built in here, and the name it has with us. The one list:
 * a name that is not in it is passed on as it stands, which is how our own short names and the module path of a third
 * party's plugin come through.
 */
export const DOTTED_NAMES = {
  storage: {
    'kinto.core.storage.memory': 'memory',
    'kinto.core.storage.postgresql': 'postgresql',
  },
  permission: {
    'kinto.core.permission.memory': 'memory',
    'kinto.core.permission.postgresql': 'postgresql',
  },
  cache: {
    'kinto.core.cache.memory': 'memory',
    'kinto.core.cache.postgresql': 'postgresql',
    'kinto.core.cache.memcached': 'memcached',
    'kinto.core.cache.redis': 'redis',
    'kinto_redis.cache': 'redis',
  },
  plugin: {
    'kinto.plugins.accounts': 'accounts',
    'kinto.plugins.admin': 'admin',
    'kinto.plugins.counters': 'counters',
    'kinto.plugins.default_bucket': 'default-bucket',
    'kinto.plugins.flush': 'flush',
    'kinto.plugins.history': 'history',
    'kinto.plugins.openid': 'openid',
    'kinto.plugins.prometheus': 'prometheus',
    'kinto.plugins.quotas': 'quotas',
    'kinto.plugins.statsd': 'statsd',
    default_bucket: 'default-bucket',
    'kumocast.plugins.notifications': 'notifications',
    'kumocast.plugins.pusher_auth': 'pusher-auth',
    kinto_attachment: 'attachments',
    kinto_changes: 'changes',
    kinto_pusher: 'pusher',
    cliquet_pusher: 'pusher',
    kinto_redis: 'redis',
    kinto_webpush: 'webpush',
  },
  listener: {
    'kinto_pusher.listener': 'pusher',
    'cliquet_pusher.listener': 'pusher',
    kinto_pusher: 'pusher',
    cliquet_pusher: 'pusher',
    'kinto_redis.listeners': 'redis',
    'kinto.core.listeners.redis': 'redis',
    'cliquet.listeners.redis': 'redis',
    'kumocast.listeners.socketio': 'socketio',
  },
  policy: {
    'kinto.core.authentication.BasicAuthAuthenticationPolicy': 'basicauth',
    'kinto.plugins.accounts.AccountsPolicy': 'accounts',
    'kinto.plugins.accounts.authentication.AccountsAuthenticationPolicy': 'accounts',
    'kinto.plugins.openid.OpenIDConnectPolicy': 'openid',
  },
} as const satisfies Record<string, Readonly<Record<string, string>>>;

export type DottedNameKind = keyof typeof DOTTED_NAMES;

/** Our name for a Python one; any other name is returned as it is. */
export function resolveDottedName(kind: DottedNameKind, name: string): string {
  const names: Readonly<Record<string, string>> = DOTTED_NAMES[kind];
  // Not `names[name]` alone: a plugin called `constructor` would resolve to a function.
  return (Object.hasOwn(names, name) ? names[name] : undefined) ?? name;
}
