import { CommonListenerSettings, ListenersSettings } from '../../changes/change-listener.js';
import { PluginsSettings, type Plugin } from '../../resources/plugin.js';
import { readSettings, resolveDottedName, type SettingSource } from '../../settings/settings.js';
import { PusherAuthSettings } from './pusher-auth.settings.js';

export const PUSHER_AUTH = 'pusher-auth';

/** It stands on sockets and listeners, so it is put together where these are; including it only switches it on. */
export const pusherAuthPlugin: Plugin = { settings: [PusherAuthSettings], extend: () => undefined };

/** Whether the endpoints are there: they are included, or changes are announced on channels of this server. */
export function isPusherAuthWanted(source: SettingSource): boolean {
  const { includes } = readSettings(PluginsSettings, source);
  if (includes.some((name) => resolveDottedName('plugin', name) === PUSHER_AUTH)) return true;
  const { names } = readSettings(ListenersSettings, source);
  return names.some((name) => {
    const { use } = readSettings(CommonListenerSettings, source, { prefixes: [`event_listeners.${name}.`] });
    return resolveDottedName('listener', use === '' ? name : use) === 'websocket';
  });
}
