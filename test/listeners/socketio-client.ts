import { io as connect4, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import connect2 from 'socket.io-client-2';
import type { JsonObject } from '../../src/wire/json.js';
import { basicAuth, type TestServer, type User } from '../support/server.js';

export const VERSIONS = [2, 4] as const;
export const TRANSPORTS = ['polling', 'websocket'] as const;

export type Version = (typeof VERSIONS)[number];
export type TransportName = (typeof TRANSPORTS)[number];

/** Both clients on both transports. */
export const KINDS = VERSIONS.flatMap((version) => TRANSPORTS.map((transport) => ({ version, transport })));

/** The lines that switch it on. */
export const SOCKETIO_INI = 'kinto.event_listeners = socketio';

const DEADLINE = 15_000;

export interface ClientOptions {
  readonly version?: Version;
  readonly transport?: TransportName;
  /** Who is calling; `null`: nobody. By default it is mat. */
  readonly user?: User | null;
  /** In place of the user's. */
  readonly token?: string;
  /** Further parameters of the URL. */
  readonly query?: Readonly<Record<string, string>>;
  readonly positions?: Readonly<Record<string, string>>;
  /** Of version 4 alone. */
  readonly auth?: SocketOptions['auth'];
  readonly reconnection?: boolean;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Heard {
  readonly event: string;
  readonly args: readonly JsonObject[];
}

/** What a callback was called with. */
export interface Called {
  readonly error: JsonObject | null;
  readonly body: JsonObject;
  readonly meta: { readonly status: number; readonly headers: Readonly<Record<string, string>> };
}

/** A client of either version, which remembers what it hears. */
export class SocketClient {
  private static readonly open = new Set<SocketClient>();
  readonly heard: Heard[] = [];

  private constructor(readonly socket: Socket) {
    SocketClient.open.add(this);
  }

  /** Before it is connected. */
  static start(server: TestServer, namespace: string, options: ClientOptions = {}): SocketClient {
    const { version = 4, transport = 'websocket', user = 'mat', reconnection = false, path = '/socket.io' } = options;
    const token = options.token ?? (user === null ? undefined : basicAuth(user));
    const parameters = new URLSearchParams({ ...(token === undefined ? {} : { auth: token }), ...options.query });
    if (version === 2 && options.positions !== undefined) {
      parameters.set('positions', JSON.stringify(options.positions));
    }
    const given: Partial<ManagerOptions & SocketOptions> = {
      ...{ transports: [transport], forceNew: true, reconnection, path, reconnectionDelay: 10 },
      ...(options.headers === undefined ? {} : { extraHeaders: { ...options.headers } }),
      ...(version === 4 ? { auth: options.auth ?? { positions: options.positions } } : {}),
    };
    const connect = version === 2 ? connect2 : connect4;
    const question = parameters.size === 0 ? '' : `?${parameters.toString()}`;
    const client = new SocketClient(connect(`${server.url}${namespace}${question}`, given));
    client.listenToEverything();
    return client;
  }

  /** Once it is connected. Rejects with what it is refused with. */
  static async connect(server: TestServer, namespace: string, options: ClientOptions = {}): Promise<SocketClient> {
    const client = SocketClient.start(server, namespace, options);
    const refusal = await client.opened();
    if (refusal !== undefined) throw new Error(JSON.stringify(refusal));
    return client;
  }

  static closeAll(): void {
    for (const client of SocketClient.open) client.socket.close();
    SocketClient.open.clear();
  }

  /** What it is refused with; `undefined`: it is connected. */
  opened(): Promise<JsonObject | undefined> {
    return within('a connection', (resolve) => {
      const refused = (error: Error & { data?: JsonObject }) => {
        resolve(error.data ?? (error as unknown as JsonObject));
      };
      this.socket.on('connect', () => resolve(undefined));
      this.socket.on('connect_error', refused);
      // Version 2 calls a refused namespace so.
      this.socket.on('error', refused);
    });
  }

  ask(event: string, given?: unknown): Promise<Called> {
    return within(`an answer to ${event} ${JSON.stringify(given)}`, (resolve) => {
      const called = (error: JsonObject | null, body: JsonObject, meta: Called['meta']) => {
        resolve({ error, body, meta });
      };
      if (given === undefined) this.socket.emit(event, called);
      else this.socket.emit(event, given, called);
    });
  }

  command(id: string, more: object = {}): Promise<Called> {
    return this.ask('command', { id, ...more });
  }

  /** The first that was heard of these and not taken yet. */
  async next(...events: string[]): Promise<JsonObject> {
    const isOne = ({ event }: Heard) => events.includes(event);
    await until(
      () => this.heard.some(isOne),
      `${events.join(' or ')}, heard ${JSON.stringify(this.heard).slice(0, 500)}`,
    );
    const [found] = this.heard.splice(this.heard.findIndex(isOne), 1);
    return found!.args[0] ?? {};
  }

  all(event: string): JsonObject[] {
    return this.heard.filter((each) => each.event === event).map(({ args }) => args[0]!);
  }

  disconnected(): Promise<string> {
    return within('the end', (resolve) => {
      if (this.socket.connected) this.socket.on('disconnect', (reason) => resolve(reason));
      else resolve('already');
    });
  }

  /** Cuts the road, as a network does. */
  cut(): void {
    this.socket.io.engine.close();
  }

  private listenToEverything(): void {
    // Both versions hand every event of the server to this, the older one as its own.
    const socket = this.socket as unknown as { onevent(packet: { data: [string, ...JsonObject[]] }): void };
    const usual = socket.onevent.bind(socket);
    socket.onevent = (packet) => {
      const [event, ...args] = packet.data;
      this.heard.push({ event, args });
      usual(packet);
    };
  }
}

/** Resolves once it holds. */
export async function until(holds: () => boolean | Promise<boolean>, what: string, patience = DEADLINE): Promise<void> {
  const deadline = Date.now() + patience;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`There was no ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function within<T>(what: string, run: (resolve: (value: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`There was no ${what}`)), DEADLINE);
    run((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}
