import { randomBytes, randomInt } from 'node:crypto';
import { ChannelApp } from './realtime/channel-app.js';
import { ChannelAppSettings, ChannelAppsSettings, NamedAppSettings } from './realtime/channel-app.settings.js';
import type { ChannelEvent } from './realtime/channel-events.js';
import {
  readSettings,
  rowsOf,
  Setting,
  settingProblem,
  SettingsError,
  type SettingSource,
} from './settings/settings.js';
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

/** An app, and where its own server wants to be told of its channels. */
export interface ConfiguredApp {
  readonly app: ChannelApp;
  /** What its keys begin with. */
  readonly prefix: string;
  readonly webhookUrls: readonly string[];
  readonly webhookEvents: ReadonlySet<ChannelEvent['name']>;
}

/**
 * Every app there is, the server's own first.
 *
 * @throws SettingsError naming the key when one of them cannot be used, or has the id or the key of another
 */
export async function openApps(source: SettingSource, storage: Storage): Promise<[ConfiguredApp, ...ConfiguredApp[]]> {
  const { names } = readSettings(ChannelAppsSettings, source);
  const apps: [ConfiguredApp, ...ConfiguredApp[]] = [await openLocalApp(source, storage)];
  for (const name of names) {
    const named = makeNamedApp(name, source);
    ensureDifferent(named, apps, source);
    apps.push(named);
  }
  return apps;
}

/** @throws SettingsError when only a part of the keys is given, or one of them cannot be used */
async function openLocalApp(source: SettingSource, storage: Storage): Promise<ConfiguredApp> {
  const prefix = 'channels.';
  const settings = readSettings(ChannelAppSettings, source, { prefixes: [prefix] });
  const credentials = readCredentials(source) ?? (await makeOrFindCredentials(storage));
  try {
    return configure(prefix, new ChannelApp({ ...credentials, options: settings }), settings);
  } catch (error) {
    throw new SettingsError(givenKeys(source), error instanceof Error ? error.message : String(error));
  }
}

function readCredentials(source: SettingSource): Credentials | undefined {
  const { id, key, secret } = readSettings(LocalAppSettings, source, { prefixes: PREFIXES });
  if (id === undefined && key === undefined && secret === undefined) return undefined;
  if (id === undefined || key === undefined || secret === undefined) {
    throw new SettingsError(givenKeys(source), 'expected all three of app_id, key and secret, or none of them');
  }
  return { id, key, secret };
}

/** Those of the local app that there are, as somebody wrote them: each can have either prefix. */
function givenKeys(source: SettingSource): string {
  const given = rowsOf(LocalAppSettings).flatMap(({ key }) => {
    const [raw] = PREFIXES.flatMap((prefix) => source.find(prefix + key) ?? []);
    if (raw === undefined) return [];
    return [raw.written === undefined ? raw.origin : `${raw.origin}: ${raw.written}`];
  });
  return given.join(', ');
}

function makeNamedApp(name: string, source: SettingSource): ConfiguredApp {
  const prefix = `channels.apps.${name}.`;
  const settings = readSettings(NamedAppSettings, source, { prefixes: [prefix] });
  const { id, key, secret } = settings;
  return configure(prefix, new ChannelApp({ id, key, secret, options: settings }), settings);
}

function configure(prefix: string, app: ChannelApp, { webhookUrls, webhookEvents }: ChannelAppSettings): ConfiguredApp {
  return { app, prefix, webhookUrls, webhookEvents: new Set(webhookEvents) };
}

function ensureDifferent(named: ConfiguredApp, apps: readonly ConfiguredApp[], source: SettingSource): void {
  for (const other of apps) {
    const what = other.app.id === named.app.id ? 'app_id' : other.app.key === named.app.key ? 'key' : undefined;
    if (what === undefined) continue;
    const key = named.prefix + what;
    const raw = source.find(key);
    const whose = other === apps[0] ? 'the own app of the server has it' : `${other.prefix}${what} is the same`;
    throw raw === undefined ? new SettingsError(key, whose) : settingProblem(raw, whose);
  }
}

interface Credentials {
  readonly id: string;
  readonly key: string;
  readonly secret: string;
}

async function makeOrFindCredentials(storage: Storage): Promise<Credentials> {
  const text = await storage.write(({ sql }) => metadata.findOrCreate(sql, MADE_APP, makeApp));
  return JSON.parse(text) as Credentials;
}

/** Pusher's libraries want a number for an id (pusher-protocol.md, 5). */
function makeApp(): string {
  return JSON.stringify({
    id: String(randomInt(100_000, 1_000_000)),
    key: randomBytes(10).toString('hex'),
    secret: randomBytes(20).toString('hex'),
  });
}
