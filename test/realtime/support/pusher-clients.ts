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

/** What an application would answer its client from its own web server, for the user it has logged in. */
export function authorizedBy(backend: Pusher, user: { id: string } & Record<string, unknown>): Partial<Options> {
  const { id, ...rest } = user;
  return {
    channelAuthorization: {
      transport: 'ajax',
      endpoint: '',
      customHandler: ({ socketId, channelName }, answer) => {
        const member = channelName.startsWith('presence-') ? { user_id: id, user_info: rest } : undefined;
        answer(null, backend.authorizeChannel(socketId, channelName, member));
      },
    },
    userAuthentication: {
      transport: 'ajax',
      endpoint: '',
      customHandler: ({ socketId }, answer) => answer(null, backend.authenticateUser(socketId, user)),
    },
  };
}

/** The official library for servers. */
export function pusherServer(server: ChannelsServer, secret = APP.secret, appId = APP.id): Pusher {
  return new Pusher({
    encryptionMasterKeyBase64: Buffer.alloc(32, 1).toString('base64'),
    appId,
    key: APP.key,
    secret,
    host: '127.0.0.1',
    port: String(server.port),
    useTLS: false,
  });
}

/** The patience of the WebSocket library inside pusher-js for the answer to its close frame, in ms. */
const CLOSE_PATIENCE = 30_000;

/**
 * When a server has closed with a code that lets it give up, pusher-js closes the closed socket once more, and its
 * library waits for an answer. From now on that keeps no process waiting. Answers how to undo it.
 */
export function forgetCloseTimers(): () => void {
  const original = globalThis.setTimeout;
  const forgetful = (callback: () => void, ms?: number) => {
    const timer = original(callback, ms);
    return ms === CLOSE_PATIENCE ? timer.unref() : timer;
  };
  globalThis.setTimeout = Object.assign(forgetful, original);
  return () => (globalThis.setTimeout = original);
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
