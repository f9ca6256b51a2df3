import { Logger } from '@nestjs/common';
import type { ChannelTemplate } from './changes/channel-template.js';
import { ListenerFilter } from './changes/listener-filter.js';
import { RegisteredListener } from './changes/registered-listener.js';
import type { ChannelGuard } from './listeners/websocket/websocket.listener.js';
import { isPusherAuthWanted, PUSHER_AUTH } from './plugins/pusher-auth/pusher-auth.plugin.js';
import { PusherAuthSettings } from './plugins/pusher-auth/pusher-auth.settings.js';
import { PusherAuth, type PusherAuthParts } from './plugins/pusher-auth/pusher-auth.js';
import type { ExtensionPoints } from './resources/plugin.js';
import { readSettings, type SettingSource } from './settings/settings.js';
import { CHANGE_ACTIONS } from './wire/change-action.js';

/** Made with the rooms below; the sockets come when the server starts. */
export function makePusherAuth(
  source: SettingSource,
  { definitions, rules, endpoints }: ExtensionPoints,
  parts: Pick<PusherAuthParts, 'access' | 'storage' | 'authenticator'>,
): PusherAuth {
  const settings = readSettings(PusherAuthSettings, source);
  const pusherAuth = new PusherAuth({ ...parts, definitions, rules, settings });
  if (isPusherAuthWanted(source)) endpoints.add(PUSHER_AUTH, () => pusherAuth.endpoints());
  return pusherAuth;
}

/** Hears of every change, whatever the listeners of the settings ask for. */
export function accessWatcher({ watch }: PusherAuth): RegisteredListener {
  const everything = new ListenerFilter({ actions: CHANGE_ACTIONS, resources: [], buckets: [], collections: [] });
  return new RegisteredListener('channel-access', PUSHER_AUTH, watch, everything);
}

/** @param templates gets those that there are */
export function channelGuard({ readers }: PusherAuth, templates: ChannelTemplate[]): ChannelGuard {
  const log = new Logger('listeners');
  return {
    readers,
    announce: (template) => templates.push(template),
    warn: (message) => log.warn(message),
  };
}
