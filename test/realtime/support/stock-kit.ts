import type Pusher from 'pusher';
import { APP, COUNTING_APP, type ChannelsServer } from './channels-server.js';
import { pusherServer } from './pusher-clients.js';
import { CLOSE, type Close } from '../../../src/realtime/close-codes.js';

/* pusher-js as scenarios use it, of any version and in any place. */

/** What events carry, as far as scenarios look into it. */
export interface Heard {
  readonly event?: string;
  readonly data?: { readonly code: number | null };
  readonly type?: string;
  readonly status?: number;
  readonly user_ids?: readonly string[];
}

export interface StockEvents {
  bind(event: string, callback: (value: Heard, metadata: Heard) => void): unknown;
  unbind(event: string, callback: (value: Heard, metadata: Heard) => void): unknown;
  bind_global(callback: (event: string, value: Heard) => void): unknown;
}

export interface StockChannel extends StockEvents {
  readonly subscriptionCount: number;
  readonly members: { readonly count: number; readonly me: unknown; get(id: string): unknown };
  trigger(event: string, data: unknown): boolean;
}

export interface Stock extends StockEvents {
  readonly connection: StockEvents & {
    readonly state: string;
    readonly socket_id: string;
    send(text: string): boolean;
  };
  readonly user: StockEvents & { readonly watchlist: StockEvents };
  subscribe(name: string): StockChannel;
  unsubscribe(name: string): void;
  channel(name: string): StockChannel;
  send_event(event: string, data: unknown, channel?: string): boolean;
  signin(): void;
  disconnect(): void;
}

export type StockClass = new (key: string, options: object) => Stock;

type Answer = (error: Error | null, data: unknown) => void;

/** What a server library answered, or was refused with. */
export interface BackendAnswer {
  readonly status: number;
  readonly body: string;
}

/** Whom the application takes a client for. */
export interface Claims {
  readonly id: string | number;
  readonly info?: unknown;
  readonly watchlist?: readonly string[];
  /** What the application leaves out of its signature for a presence channel. */
  readonly isBare?: boolean;
}

/** What a scenario has at hand. It is the same in Node and in a browser, where the scenario runs as its own text. */
export interface Kit {
  /** A client of the app, or of the one that counts subscriptions and allows no client events. */
  connect(claims?: Claims, options?: object, app?: 'app' | 'counting'): Stock;
  /** Asks the server library, which speaks to the server. */
  backend(method: string, ...given: unknown[]): Promise<BackendAnswer>;
  /** Closes the connection as the server would for that reason. */
  closeAs(socketId: string, reason: string): Promise<void>;
  happening(source: StockEvents, event: string): Promise<Heard>;
  joined(client: Stock, channel: string): Promise<StockChannel>;
  until(test: () => boolean): Promise<void>;
  /** Everything that comes from now on. */
  record(source: StockEvents): [string, Heard][];
}

export interface SigningAsk {
  readonly socketId: string;
  readonly channel: string | undefined;
  readonly claims: Claims;
}

type Call = (...given: unknown[]) => Promise<{ status: number; text(): Promise<string> }>;

/** The part of the kit that stays with the server. */
export class KitServer {
  private readonly pusher: Pusher;
  private readonly noApp: Pusher;

  constructor(private readonly server: ChannelsServer) {
    this.pusher = pusherServer(server);
    this.noApp = pusherServer(server, 'any', '404');
  }

  readonly settings = () => ({ port: this.server.port, app: APP.key, counting: COUNTING_APP.key });

  /** What an application's own server says of its clients. */
  readonly sign = ({ socketId, channel, claims }: SigningAsk): unknown => {
    const { id, info, watchlist, isBare } = claims;
    if (channel === undefined) {
      const user = {
        id: String(id),
        ...(info === undefined ? {} : { user_info: info }),
        watchlist: [...(watchlist ?? [])],
      };
      return this.pusher.authenticateUser(socketId, user);
    }
    const member = { user_id: id, ...(info === undefined ? {} : { user_info: info }) };
    const isMember = channel.startsWith('presence-') && isBare !== true;
    const data = isMember ? (member as unknown as Pusher.PresenceChannelData) : undefined;
    return this.pusher.authorizeChannel(socketId, channel, data);
  };

  readonly backend = async (method: string, ...given: unknown[]): Promise<BackendAnswer> => {
    try {
      const [name = '', who] = method.split('.').reverse();
      const pusher =
        who === 'wrongSecret' ? pusherServer(this.server, 'wrong') : who === 'noApp' ? this.noApp : this.pusher;
      const response = await (pusher[name as 'get'] as Call).apply(pusher, given);
      return { status: response.status, body: await response.text() };
    } catch (error) {
      const { status = 0, body = String(error) } = error as Partial<BackendAnswer>;
      return { status, body };
    }
  };

  readonly closeAs = (socketId: string, reason: string): Promise<void> => {
    const { hub } = this.server;
    const channel = hub
      .occupiedChannels(APP.id)
      .find((name) => hub.findSubscriber(APP.id, name, socketId) !== undefined);
    const subscriber = channel === undefined ? undefined : hub.findSubscriber(APP.id, channel, socketId);
    if (subscriber === undefined) throw new Error(`Nobody is ${socketId}`);
    (subscriber as unknown as { close(close: Close): void }).close(CLOSE[reason as keyof typeof CLOSE]);
    return Promise.resolve();
  };
}

/** What the kit needs of where it is. */
export interface KitPlace {
  readonly Pusher: StockClass;
  readonly settings: { readonly port: number; readonly app: string; readonly counting: string };
  readonly sign: (ask: SigningAsk) => unknown;
  readonly backend: Kit['backend'];
  readonly closeAs: Kit['closeAs'];
  readonly options: object;
  /** Gets every client that is made, to be disconnected at the end. */
  readonly clients: Stock[];
}

/** Uses nothing from outside itself: in a browser it runs as its own text. */
export function makeKit({ Pusher, settings, sign, backend, closeAs, options: always, clients }: KitPlace): Kit {
  const kit: Kit = {
    connect(claims = { id: 'nobody' }, options = {}, app = 'app') {
      const answerWith = (ask: Promise<unknown>, answer: Answer) =>
        ask.then(
          (data) => answer(null, data),
          (error: Error) => answer(error, null),
        );
      const client = new Pusher(settings[app], {
        cluster: '',
        wsHost: '127.0.0.1',
        wsPort: settings.port,
        forceTLS: false,
        enabledTransports: ['ws', 'wss'],
        channelAuthorization: {
          customHandler: ({ socketId, channelName }: { socketId: string; channelName: string }, answer: Answer) =>
            answerWith(Promise.resolve(sign({ socketId, channel: channelName, claims })), answer),
        },
        userAuthentication: {
          customHandler: ({ socketId }: { socketId: string }, answer: Answer) =>
            answerWith(Promise.resolve(sign({ socketId, channel: undefined, claims })), answer),
        },
        ...always,
        ...options,
      });
      clients.push(client);
      return client;
    },
    backend,
    closeAs,
    happening: (source, event) =>
      new Promise((resolve) => {
        const callback = (value: Heard) => {
          source.unbind(event, callback);
          resolve(value);
        };
        source.bind(event, callback);
      }),
    async joined(client, name) {
      const channel = client.subscribe(name);
      await kit.happening(channel, 'pusher:subscription_succeeded');
      return channel;
    },
    async until(test) {
      const end = Date.now() + 15_000;
      while (!test()) {
        if (Date.now() > end) throw new Error(`In vain: ${test.toString()}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    record(source) {
      const heard: [string, Heard][] = [];
      source.bind_global((event, value) => heard.push([event, value]));
      return heard;
    },
  };
  return kit;
}
