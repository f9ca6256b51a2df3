import { WebSocket } from 'ws';
import type { JsonObject } from '../../../src/wire/json.js';
import { basicAuth, type Answer, type Ask, type TestServer } from '../../support/server.js';
import { until, type Refusal } from './stream-client.js';

/** The lines that switch user streams on. */
export const USER_STREAMS_INI = 'kinto.event_listeners = mine\nkinto.event_listeners.mine.use = user-streams';

export const USER_STREAM = '/v1/user_stream';

export interface UserStreamOptions {
  /** By default mat's. */
  readonly authorization?: string | null;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A client of a user stream over a WebSocket, which remembers what it hears. */
export class UserStreamClient {
  private static readonly open = new Set<UserStreamClient>();
  readonly heard: JsonObject[] = [];
  /** The code of the close frame. */
  closed: number | undefined;

  private constructor(
    private readonly server: TestServer,
    readonly ws: WebSocket,
    private readonly authorization: string | null,
  ) {
    UserStreamClient.open.add(this);
    ws.on('message', (data: Buffer) => this.heard.push(JSON.parse(data.toString()) as JsonObject));
    ws.on('close', (code) => (this.closed = code));
    ws.on('error', () => undefined);
  }

  private static socket(server: TestServer, options: UserStreamOptions): WebSocket {
    const { authorization = basicAuth('mat'), query = {}, headers = {} } = options;
    const url = `${server.url.replace(/^http/, 'ws')}${USER_STREAM}?${new URLSearchParams(query).toString()}`;
    return new WebSocket(url, { headers: { ...headers, ...(authorization === null ? {} : { authorization }) } });
  }

  /** Once the socket is open, which need not mean that it stays so. */
  static async connect(server: TestServer, options: UserStreamOptions = {}): Promise<UserStreamClient> {
    const { authorization = basicAuth('mat') } = options;
    const client = new UserStreamClient(server, UserStreamClient.socket(server, options), authorization);
    await new Promise<void>((resolve, reject) => {
      client.ws.once('open', () => resolve());
      client.ws.once('error', reject);
    });
    return client;
  }

  /** Once it has been greeted. */
  static async greeted(server: TestServer, options: UserStreamOptions = {}): Promise<UserStreamClient> {
    const client = await UserStreamClient.connect(server, options);
    await until(() => client.heard.length > 0 || client.closed !== undefined, 'hello');
    if (client.heard[0]?.event !== 'hello') throw new Error(`no hello, but ${JSON.stringify(client.heard[0])}`);
    return client;
  }

  static refused(server: TestServer, options: UserStreamOptions = {}): Promise<Refusal> {
    const ws = UserStreamClient.socket(server, options);
    return new Promise((resolve, reject) => {
      ws.on('error', () => undefined);
      ws.once('open', () => {
        ws.terminate();
        reject(new Error('It was let in'));
      });
      ws.once('unexpected-response', (_request, response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const body = JSON.parse(Buffer.concat(chunks).toString()) as JsonObject;
          resolve({ status: response.statusCode ?? 0, body });
        });
      });
    });
  }

  static closeAll(): void {
    for (const { ws } of UserStreamClient.open) ws.terminate();
    UserStreamClient.open.clear();
  }

  get hello(): JsonObject {
    return this.heard[0]!;
  }

  get id(): string {
    return this.hello.connection_id as string;
  }

  /** What it was told of objects, in order. */
  get frames(): JsonObject[] {
    return this.heard.filter((message) => 'data' in message);
  }

  /** Each as `event id` and the subscriptions. */
  get told(): string[] {
    return this.frames.map(({ event, data, subscription_ids: ids }) => {
      return `${event as string} ${(data as JsonObject).id as string}: ${(ids as string[]).join(' ')}`;
    });
  }

  ofEvent(name: string): JsonObject[] {
    return this.heard.filter(({ event }) => event === name);
  }

  /** Asks for the list on this connection. @param path may have a query string */
  follow(path: string, id?: string, ask: Ask = {}): Promise<Answer> {
    const parameters = new URLSearchParams({
      _connection_id: this.id,
      ...(id === undefined ? {} : { _subscription_id: id }),
    });
    const headers = { ...(this.authorization === null ? {} : { authorization: this.authorization }), ...ask.headers };
    const url = `${path}${path.includes('?') ? '&' : '?'}${parameters.toString()}`;
    return this.server.request('GET', url, { auth: null, ...ask, headers });
  }

  async hears(count: number): Promise<JsonObject[]> {
    await until(() => this.frames.length >= count, `${count} frames, not ${this.frames.length}`);
    return this.frames;
  }

  async hearsEvent(name: string, count = 1): Promise<JsonObject[]> {
    await until(() => this.ofEvent(name).length >= count, `${count} of ${name}`);
    return this.ofEvent(name);
  }

  async ended(): Promise<number> {
    await until(() => this.closed !== undefined, 'the close');
    return this.closed!;
  }
}
