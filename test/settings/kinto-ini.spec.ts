import { SettingSource } from '../../src/settings/settings.js';

const KINTO_INI = `# Created at Mon, 03 Mar 2025 10:00:00 +0000
# Using Kinto version 20.1.0

[server:main]
use = egg:waitress#main
host = 127.0.0.1
port = %(http_port)s


[app:main]
use = egg:kinto

# Feature settings
#
# kinto.readonly = false
# kinto.batch_max_requests = 25
kinto.experimental_permissions_endpoint = true

kinto.userid_hmac_secret = 5d6e3b7f

# Backends.
#
# kinto.storage_url = sqlite:///%(here)s/nothing
kinto.storage_backend = kinto.core.storage.postgresql
kinto.storage_url = postgresql://postgres:postgres@localhost/postgres

kinto.includes = kinto.plugins.default_bucket
                 kinto.plugins.admin
#                kinto.plugins.history
                 kinto.plugins.accounts

multiauth.policies = account
multiauth.policy.account.use = kinto.plugins.accounts.AccountsPolicy
kinto.account_create_principals = system.Everyone
{bucket}.record_cache_expires_seconds = 10

[loggers]
keys = root, kinto

[handlers]
keys = console

[formatters]
keys = color

[logger_root]
level = INFO
handlers = console

[handler_console]
class = StreamHandler
args = (sys.stderr,)
level = NOTSET
formatter = color

[formatter_color]
class = logging_color_formatter.ColorFormatter
format = %(levelname)s %(name)s 100%
`;

describe('a kinto.ini as kinto init writes it', () => {
  const source = SettingSource.fromText(KINTO_INI, { file: 'kinto.ini', variables: { http_port: '8888' } });

  it.each([
    ['experimental_permissions_endpoint', 'true'],
    ['userid_hmac_secret', '5d6e3b7f'],
    ['storage_backend', 'kinto.core.storage.postgresql'],
    ['storage_url', 'postgresql://postgres:postgres@localhost/postgres'],
    ['includes', 'kinto.plugins.default_bucket\nkinto.plugins.admin\nkinto.plugins.accounts'],
    ['multiauth.policies', 'account'],
    ['multiauth.policy.account.use', 'kinto.plugins.accounts.AccountsPolicy'],
    ['account_create_principals', 'system.Everyone'],
    ['{bucket}.record_cache_expires_seconds', '10'],
  ])('has %s', (key, text) => {
    expect(source.find(key)?.text).toBe(text);
  });

  it('has no setting that is commented out, nor the one that names the program', () => {
    expect(source.find('readonly')).toBeUndefined();
    expect(source.find('use')).toBeUndefined();
  });

  it('says where to listen', () => {
    expect(source.server).toEqual({ host: '127.0.0.1', port: 8888 });
  });
});
