import Pusher from 'pusher';
import PusherJs, { type Options } from 'pusher-js';
import { APP, type ChannelsServer } from './channels-server.js';

type ClientClass = typeof PusherJs.default;
export type Client = InstanceType<ClientClass>;

// The Node build exports the class itself; its types describe a default export.
const ClientClass = PusherJs as unknown as ClientClass;

/** The stock pusher-js, as its documentation says for a server of one's own. */
export function pusherJs(server: ChannelsServer, key = APP.key, options: Partial<Options> = {}): Client {
  return new ClientClass(key, {
    cluster: '',
    wsHost: '127.0.0.1',
    wsPort: server.port,
    forceTLS: false,
    enabledTransports: ['ws', 'wss'],
    ...options,
  });
}

/** The official library for servers. */
export function pusherServer(server: ChannelsServer, secret = APP.secret): Pusher {
  return new Pusher({
    appId: APP.id,
    key: APP.key,
    secret,
    host: '127.0.0.1',
    port: String(server.port),
    useTLS: false,
  });
}

interface Bindable {
  bind(event: string, callback: (value: unknown) => void): unknown;
  unbind(event: string, callback: (value: unknown) => void): unknown;
}

/** The next event of that name. */
export function happening(source: Bindable, event: string): Promise<unknown> {
  return new Promise((resolve) => {
    const callback = (value: unknown) => {
      source.unbind(event, callback);
      resolve(value);
    };
    source.bind(event, callback);
  });
}
