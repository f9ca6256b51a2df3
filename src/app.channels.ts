import { randomBytes, randomInt } from 'node:crypto';
import { ChannelApp } from './realtime/channel-app.js';
import { readSettings, Setting, SettingsError, type SettingSource } from './settings/settings.js';
import { metadata } from './storage/metadata.js';
import type { Storage } from './storage/storage.js';

/** The channels app of this server. Without keys of its own it has those of the Pusher publisher. */
export class LocalAppSettings {
  @Setting({
    key: 'app_id',
    type: 'string',
    default: undefined,
    sentence: 'The id of this server as a Pusher app; without channels.* and pusher.* keys, one is made and kept.',
  })
  id!: string | undefined;

  @Setting({ key: 'key', type: 'string', default: undefined, sentence: 'The key that its clients connect with.' })
  key!: string | undefined;

  @Setting({
    key: 'secret',
    type: 'string',
    default: undefined,
    sentence: 'The secret that its publishers sign with.',
    secret: true,
  })
  secret!: string | undefined;
}

/** Where the settings of the local app are looked for, the more specific first. */
const PREFIXES = ['channels.', 'pusher.'];

const MADE_APP = 'channels_app';

/** @throws SettingsError when only a part of the keys is given, or one of them cannot be used */
export async function openLocalApp(source: SettingSource, storage: Storage): Promise<ChannelApp> {
  const { id, key, secret } = readSettings(LocalAppSettings, source, { prefixes: PREFIXES });
  if (id === undefined && key === undefined && secret === undefined) return makeOrFindApp(storage);
  if (id === undefined || key === undefined || secret === undefined) {
    throw new SettingsError('pusher.app_id, pusher.key, pusher.secret', 'expected all three or none of them');
  }
  try {
    return new ChannelApp({ id, key, secret });
  } catch (error) {
    throw new SettingsError('pusher.app_id, pusher.key', error instanceof Error ? error.message : String(error));
  }
}

async function makeOrFindApp(storage: Storage): Promise<ChannelApp> {
  const text = await storage.write(({ sql }) => metadata.findOrCreate(sql, MADE_APP, makeApp));
  return new ChannelApp(JSON.parse(text) as { id: string; key: string; secret: string });
}

/** Pusher's libraries want a number for an id (pusher-protocol.md, 5). */
function makeApp(): string {
  return JSON.stringify({
    id: String(randomInt(100_000, 1_000_000)),
    key: randomBytes(10).toString('hex'),
    secret: randomBytes(20).toString('hex'),
  });
}
