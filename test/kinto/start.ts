import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { Peer } from './peer.js';
import type { Profile } from './step.js';
import { SECRET, type PeerName, type Surroundings } from './surroundings.js';

/** What a server is started with. */
export interface Setting {
  readonly profile: Profile;
  /** Of the profile's files. */
  readonly directory: string;
  readonly surroundings: Surroundings | undefined;
  /** A server's URL; Kinto's objects are in memory without it. */
  readonly postgresql: string | undefined;
  /** Whether a second Kinto is to stand in for kumocast. */
  readonly itself: boolean;
  /** The project's directory. */
  readonly root: string;
  /** Kinto's program. */
  readonly kinto: string;
}

export async function startKinto(setting: Setting): Promise<Peer> {
  const { kinto, directory } = setting;
  const postgresql = await makeDatabase(setting);
  const file = writeIni('kinto', { ...setting, postgresql });
  // What may only read makes no tables either.
  const env = { ...process.env, KINTO_READONLY: 'false' };
  // Not at one go: it may ask a provider of logins that is in this very process.
  if (postgresql !== undefined) await promisify(execFile)(kinto, ['migrate', '--ini', file], { env });
  return Peer.start('kinto', directory, file, (port) => [kinto, 'start', '--ini', file, '--port', String(port)]);
}

/** Each profile has one of its own: what another has left in it kumocast would not have. */
async function makeDatabase({ postgresql, profile }: Setting): Promise<string | undefined> {
  if (postgresql === undefined) return undefined;
  const name = `kinto_${profile.name.replaceAll('-', '_')}`;
  const client = new pg.Client({ connectionString: postgresql });
  await client.connect();
  try {
    await client.query(`DROP DATABASE IF EXISTS ${name}`);
    await client.query(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'`);
  } finally {
    await client.end();
  }
  return String(Object.assign(new URL(postgresql), { pathname: `/${name}` }));
}

function storageLines(postgresql: string | undefined): string[] {
  const backend = postgresql === undefined ? 'memory' : 'postgresql';
  return ['storage', 'permission', 'cache'].flatMap((kind) => [
    `kinto.${kind}_backend = kinto.core.${kind}.${backend}`,
    ...(postgresql === undefined ? [] : [`kinto.${kind}_url = ${postgresql}`]),
  ]);
}

export function startKumocast(setting: Setting): Promise<Peer> {
  const { root, itself, kinto, directory } = setting;
  const file = writeIni('kumocast', setting);
  const program = process.env.KUMOCAST_MAIN ?? join(root, 'dist', 'main.js');
  const command = itself ? [kinto] : [process.execPath, program];
  return Peer.start('kumocast', directory, file, (port) => [
    ...command,
    'start',
    '--ini',
    file,
    '--port',
    String(port),
  ]);
}

function writeIni(name: PeerName, { profile, directory, surroundings, postgresql }: Setting): string {
  const file = join(directory, `${name}.ini`);
  const ini = [...profile.ini, ...(surroundings?.iniOf(name) ?? [])];
  const lines = [
    '[app:main]',
    'use = egg:kinto',
    'multiauth.policies = basicauth',
    `kinto.userid_hmac_secret = ${SECRET}`,
    'kinto.default_bucket_hmac_secret = another-secret',
    // What each calls itself by default is its own.
    'kinto.project_name = kinto',
    'kinto.project_version = 1.2.3',
    // Kinto's names for what there is in kumocast, too: an existing kinto.ini works as it is.
    ...storageLines(name === 'kinto' ? postgresql : undefined),
    // What the profile says counts.
    ...ini,
    '[server:main]',
    'use = egg:waitress#main',
    'host = 127.0.0.1',
    'port = %(http_port)s',
  ];
  const keyOf = (line: string): string => line.split('=', 1)[0]!.trim();
  const own = new Set(ini.map(keyOf));
  const kept = lines.filter((line) => ini.includes(line) || !own.has(keyOf(line)));
  writeFileSync(file, `${kept.join('\n')}\n`);
  return file;
}
