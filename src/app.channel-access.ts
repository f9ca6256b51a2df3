import { Logger } from '@nestjs/common';
import type { ChannelTemplate } from './changes/channel-template.js';
import type { AppParts } from './app.lifecycle.js';
import { ListenerFilter } from './changes/listener-filter.js';
import { RegisteredListener } from './changes/registered-listener.js';
import type { ChannelGuard } from './listeners/websocket/websocket.listener.js';
import { defaultBucketId, DefaultBucketSettings } from './plugins/default-bucket/default-bucket.js';
import type { OwnBucketOf } from './plugins/pusher-auth/items/items.js';
import { AccountWatch } from './plugins/accounts/account-watch.js';
import { credentialsOf } from './plugins/accounts/credentials.js';
import { ChannelEncryption, EncryptionSettings } from './plugins/pusher-auth/encryption.js';
import { isPusherAuthWanted, PUSHER_AUTH } from './plugins/pusher-auth/pusher-auth.plugin.js';
import { PusherAuthSettings } from './plugins/pusher-auth/pusher-auth.settings.js';
import { PusherAuth, type PusherAuthParts } from './plugins/pusher-auth/pusher-auth.js';
import { PluginsSettings, type ExtensionPoints } from './resources/plugin.js';
import { readSettings, resolveDottedName, type SettingSource } from './settings/settings.js';
import { CHANGE_ACTIONS } from './wire/change-action.js';

/** Made with the rooms below; the sockets come when the server starts. */
export function makePusherAuth(
  source: SettingSource,
  { definitions, rules, endpoints, userDetails }: ExtensionPoints,
  parts: Pick<PusherAuthParts, 'access' | 'storage' | 'authenticator' | 'tickets'>,
): PusherAuth {
  const settings = readSettings(PusherAuthSettings, source);
  const isOn = isPusherAuthWanted(source);
  const ownBucketOf = ownBucketsOf(source);
  const { masterKey } = readSettings(EncryptionSettings, source);
  const encryption = masterKey === undefined ? undefined : new ChannelEncryption(masterKey);
  const pusherAuth = new PusherAuth({ ...parts, definitions, rules, settings, isOn, ownBucketOf, encryption });
  if (!isOn) return pusherAuth;
  endpoints.add(PUSHER_AUTH, () => pusherAuth.endpoints());
  userDetails.add('socket', ({ userId }, request) =>
    userId === undefined ? {} : { socket: pusherAuth.details.of(userId, request) },
  );
  return pusherAuth;
}

/** Everybody has a bucket of their own where there are default buckets. */
export function ownBucketsOf(source: SettingSource): OwnBucketOf {
  const { includes } = readSettings(PluginsSettings, source);
  if (!includes.some((name) => resolveDottedName('plugin', name) === 'default-bucket')) return () => undefined;
  const { secret } = readSettings(DefaultBucketSettings, source);
  return (userId) => defaultBucketId(userId, secret);
}

/** Hears of every change, whatever the listeners of the settings ask for. */
export function accessWatcher({ watch }: PusherAuth): RegisteredListener {
  return new RegisteredListener('channel-access', PUSHER_AUTH, watch, changesOf());
}

/** Where accounts may be changed by other servers: what is remembered of their passwords here is forgotten then. */
export function accountWatchers({
  storage,
  cache,
  source,
  points,
}: Pick<AppParts, 'storage' | 'cache' | 'source' | 'points'>): RegisteredListener[] {
  if (storage.shared === undefined || points.definitions.find('account') === undefined) return [];
  const watch = new AccountWatch(credentialsOf(cache, source).logins);
  return [new RegisteredListener('account-changes', 'accounts', watch, changesOf('account'))];
}

function changesOf(...resources: string[]): ListenerFilter {
  return new ListenerFilter({ actions: CHANGE_ACTIONS, resources, buckets: [], collections: [] });
}

/** @param templates gets those that there are */
export function channelGuard(pusherAuth: PusherAuth, templates: ChannelTemplate[]): ChannelGuard {
  const log = new Logger('listeners');
  return {
    readers: pusherAuth.readers,
    seal: (channel, text) => pusherAuth.seal(channel, text),
    announce: (template) => templates.push(template),
    warn: (message) => log.warn(message),
  };
}
