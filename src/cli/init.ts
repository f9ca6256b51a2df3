import { randomBytes, randomInt } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { Command, Option } from 'commander';
import { makeVapidKeys } from '../outgoing/webpush/vapid-keys.js';
import { addVerbosity, say, type SettingsOptions } from './settings-options.js';

const DEFAULT_FILE = 'config/kumocast.ini';

/** As `storage_backend` has them. */
const BACKENDS = ['sqlite', 'postgresql', 'memory'] as const;

/** As `cache_backend` has them. */
const CACHE_BACKENDS = ['memory', 'redis', 'postgresql'] as const;

/** What the file says at first. */
export interface InitialSettings {
  readonly backend: (typeof BACKENDS)[number];
  readonly cacheBackend: (typeof CACHE_BACKENDS)[number];
  readonly host: string;
}

interface InitOptions extends SettingsOptions, InitialSettings {}

export function initCommand(): Command {
  const command = new Command('init')
    .description('Write a settings file with comments and fresh secrets.')
    .option('--ini <file>', `where to write it; without it, KINTO_INI or ${DEFAULT_FILE}`)
    .addOption(new Option('--backend <name>', 'where objects live').choices(BACKENDS).default(BACKENDS[0]))
    .addOption(
      new Option('--cache-backend <name>', 'where values live that may vanish')
        .choices(CACHE_BACKENDS)
        .default(CACHE_BACKENDS[0]),
    )
    .option('--host <address>', 'the address to listen on', '127.0.0.1');
  return addVerbosity(command).action(async (options: InitOptions) => {
    const { processEnvironment } = await import('../settings/setting-source.js');
    const ini = options.ini ?? processEnvironment().KINTO_INI ?? DEFAULT_FILE;
    if (existsSync(ini)) throw new Error(`${ini} already exists.`);
    mkdirSync(dirname(ini), { recursive: true });
    // It holds secrets: nobody but its owner shall read it.
    writeFileSync(ini, initialIni(options), { flag: 'wx', mode: 0o600 });
    say(options, `${ini} is written. Next: ${programName()} start --ini ${ini}`);
  });
}

/** As it was called this time: where it is not installed, there is no `kumocast`. */
function programName(): string {
  const [, script = ''] = process.argv;
  return script.endsWith('.js') ? `node ${relative(process.cwd(), script)}` : 'kumocast';
}

const STORAGE_LINES: Readonly<Record<InitialSettings['backend'], string>> = {
  sqlite: `# One file holds everything: objects, permissions, the change log.
kinto.storage_backend = sqlite
kinto.storage_url = %(here)s/kumocast.sqlite`,
  postgresql: `# A database of its own; one that a Kinto wrote is served as it is.
kinto.storage_backend = postgresql
kinto.storage_url = postgresql://postgres:postgres@localhost:5432/kumocast`,
  memory: `# Everything is gone when the server ends.
kinto.storage_backend = memory`,
};

const CACHE_LINES: Readonly<Record<InitialSettings['cacheBackend'], string>> = {
  memory: 'kinto.cache_backend = memory',
  redis: `kinto.cache_backend = redis
kinto.cache_url = redis://localhost:6379/0
# With several servers, what they tell each other goes there as well.
kinto.bus_url = redis://localhost:6379/0`,
  postgresql: `kinto.cache_backend = postgresql
kinto.cache_url = postgresql://postgres:postgres@localhost:5432/kumocast`,
};

/** A file to start with; every secret in it is new. */
export function initialIni({ backend, cacheBackend, host }: InitialSettings): string {
  const vapid = makeVapidKeys();
  return `# kumocast settings. Every other setting, with its default, is in config/example.ini.
# Any of them can be set in the environment too: KINTO_STORAGE_URL for kinto.storage_url.

[app:main]

${STORAGE_LINES[backend]}
${CACHE_LINES[cacheBackend]}

# Whoever logs in with any name and password is somebody, always the same one. For users with passwords, uncomment
# these, put accounts behind kinto.includes, and make the administrator with: kumocast create-user --username admin
multiauth.policies = basicauth
# multiauth.policies = account
# multiauth.policy.account.use = accounts
# kinto.account_create_principals = system.Everyone
# kinto.account_write_principals = account:admin
# kinto.account_read_principals = account:admin

# These turn credentials into user ids and user ids into bucket ids. Keep them: new ones make everybody somebody else.
kinto.userid_hmac_secret = ${secret()}
kinto.default_bucket_hmac_secret = ${secret()}

# /buckets/default is each user's own bucket.
kinto.includes = kinto.plugins.default_bucket

# Changes of records are told to whoever is connected, over WebSocket in the Pusher protocol.
kinto.event_listeners = live
kinto.event_listeners.live.use = websocket
kinto.event_listeners.live.resources = record
kinto.event_listeners.live.channel = {bucket_id}-{collection_id}-{resource_name}

# This server as a Pusher app. Clients need the key, which is no secret: GET /v1/ shows it.
channels.app_id = ${randomInt(100_000, 1_000_000)}
channels.key = ${randomBytes(10).toString('hex')}
channels.secret = ${secret()}

# For web push (docs/listeners/webpush.md) uncomment these: browsers subscribe with the public key, so keep both.
# webpush.vapid_public_key = ${vapid.publicKey}
# webpush.vapid_private_key = ${vapid.privateKey}
# webpush.subject = mailto:you@example.org

[server:main]
host = ${host}
port = 8888
`;
}

function secret(): string {
  return randomBytes(32).toString('hex');
}
