/** Keys of Kinto that mean nothing here, and why that is no loss. */
interface IgnoredSettings {
  readonly keys: RegExp;
  /** Completes "… has no effect here: ". */
  readonly reason: string;
}

/** The one list: a key in it is no typing mistake, so it is not warned of (kinto-api.md, 14.2). */
export const IGNORED_SETTINGS: readonly IgnoredSettings[] = [
  { keys: /^transaction_per_request$/, reason: 'every request, and every batch, is one transaction' },
  {
    keys: /^((permission|cache)_(pool_size|max_overflow|pool_recycle|pool_timeout|max_backlog)|(storage|permission|cache)_(max_size|poolclass))$/,
    reason: 'the pools of connections are those of SQLAlchemy, and permissions share that of the storage',
  },
  {
    keys: /^(initialization_sequence|json_renderer|settings_prefix|tm\..+|multiauth\.(groupfinder|authorization_policy))$/,
    reason: 'it names a part of Pyramid, the framework of Kinto',
  },
  { keys: /^(available_languages|pyramid\..+)$/, reason: 'errors are told in English' },
  { keys: /^http_api_version$/, reason: 'the version of the API is the one that this server speaks' },
  { keys: /^([^_]+_)?id_generator$/, reason: 'it names a class of Python; ids have the form of Kinto’s own' },
  { keys: /^newrelic_(config|env)$/, reason: 'New Relic’s agent is one for Python' },
  { keys: /^sentry_(dsn|env|breadcrumbs_min_level|events_min_level)$/, reason: 'errors are told in the log' },
  { keys: /^profiler_(enabled|dir)$/, reason: 'the profiler is one for Python; Node has its own' },
  { keys: /^(logging_renderer|logger|statsd_backend)$/, reason: 'it names a class of Python' },
  { keys: /^(cache|memcached)_hosts$/, reason: 'the hosts are those of memcached' },
];

/** Why `key`, without prefix, is taken and does nothing; `undefined` for any other key. */
export function findReasonIgnored(key: string): string | undefined {
  return IGNORED_SETTINGS.find(({ keys }) => keys.test(key))?.reason;
}
