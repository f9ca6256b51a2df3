import { randomBytes, randomInt } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Command } from 'commander';

const DEFAULT_FILE = 'config/kumocast.ini';

export function initCommand(): Command {
  return new Command('init')
    .description('Write a settings file with comments and fresh secrets.')
    .option('--ini <file>', 'where to write it', DEFAULT_FILE)
    .option('--host <address>', 'the address to listen on', '127.0.0.1')
    .action(({ ini, host }: { ini: string; host: string }) => {
      if (existsSync(ini)) throw new Error(`${ini} already exists.`);
      mkdirSync(dirname(ini), { recursive: true });
      // It holds secrets: nobody but its owner shall read it.
      writeFileSync(ini, initialIni(host), { flag: 'wx', mode: 0o600 });
      process.stdout.write(`${ini} is written. Next: kumocast start --ini ${ini}\n`);
    });
}

/** A file to start with; every secret in it is new. */
export function initialIni(host: string): string {
  return `# kumocast settings. Every other setting, with its default, is in config/example.ini.
# Any of them can be set in the environment too: KINTO_STORAGE_URL for kinto.storage_url.

[app:main]

# One file holds everything: objects, permissions, the change log.
kinto.storage_backend = sqlite
kinto.storage_url = %(here)s/kumocast.sqlite

# Whoever logs in with any name and password is somebody, always the same one.
multiauth.policies = basicauth

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

[server:main]
host = ${host}
port = 8888
`;
}

function secret(): string {
  return randomBytes(32).toString('hex');
}
