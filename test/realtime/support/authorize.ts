import { ChannelApp } from '../../../src/realtime/channel-app.js';
import { APP } from './channels-server.js';
import type { ConnectedClient } from './raw-client.js';

type Keys = ConstructorParameters<typeof ChannelApp>[0];

/** What an application answers to a client that asks for its signature, e.g. `key:hex`. */
export function authFor(text: string, app: Keys = APP): string {
  return `${app.key}:${new ChannelApp(app).sign(text)}`;
}

/** Subscribes to a private channel as pusher-js does, and takes the answer. */
export async function join(client: ConnectedClient, channel: string, app: Keys = APP): Promise<string> {
  client.say({ event: 'pusher:subscribe', data: { auth: authFor(`${client.socketId}:${channel}`, app), channel } });
  return client.next();
}

/** Subscribes to a presence channel as the user the channel data say, and takes the answer. */
export async function joinAs(client: ConnectedClient, channel: string, channelData: unknown): Promise<string> {
  const text = typeof channelData === 'string' ? channelData : JSON.stringify(channelData);
  const auth = authFor(`${client.socketId}:${channel}:${text}`);
  client.say({ event: 'pusher:subscribe', data: { auth, channel_data: text, channel } });
  return client.next();
}

/** Signs in as the user, and takes the answer. */
export async function signIn(client: ConnectedClient, userData: unknown): Promise<string> {
  const text = typeof userData === 'string' ? userData : JSON.stringify(userData);
  const auth = authFor(`${client.socketId}::user::${text}`);
  client.say({ event: 'pusher:signin', data: { auth, user_data: text } });
  return client.next();
}
