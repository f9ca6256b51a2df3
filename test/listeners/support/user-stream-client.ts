import type { WebSocket } from 'ws';
import type { JsonObject } from '../../../src/wire/json.js';
import { basicAuth, type Answer, type Ask, type TestServer } from '../../support/server.js';
import { JsonSocket, opened, refusalOf, socketTo, until, type Refusal, type SocketOptions } from './json-socket.js';

/** The lines that switch user streams on. */
export const USER_STREAMS_INI = 'kinto.event_listeners = mine\nkinto.event_listeners.mine.use = user-streams';

export const USER_STREAM = '/v1/user_stream';

/** A client of a user stream over a WebSocket. */
export class UserStreamClient extends JsonSocket {
  private constructor(
    private readonly server: TestServer,
    ws: WebSocket,
    private readonly authorization: string | null,
  ) {
    super(ws);
  }

  static async connect(server: TestServer, options: SocketOptions = {}): Promise<UserStreamClient> {
    const { authorization = basicAuth('mat') } = options;
    const client = new UserStreamClient(server, socketTo(server, USER_STREAM, options), authorization);
    await opened(client);
    return client;
  }

  /** Once it has been greeted. */
  static async greeted(server: TestServer, options: SocketOptions = {}): Promise<UserStreamClient> {
    const client = await UserStreamClient.connect(server, options);
    await until(() => client.heard.length > 0 || client.closed !== undefined, 'hello');
    if (client.heard[0]?.event !== 'hello') throw new Error(`no hello, but ${JSON.stringify(client.heard[0])}`);
    return client;
  }

  static refused(server: TestServer, options: SocketOptions = {}): Promise<Refusal> {
    return refusalOf(socketTo(server, USER_STREAM, options));
  }

  get hello(): JsonObject {
    return this.heard[0]!;
  }

  get id(): string {
    return this.hello.connection_id as string;
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

  async hearsEvent(name: string, count = 1): Promise<JsonObject[]> {
    await until(() => this.ofEvent(name).length >= count, `${count} of ${name}`);
    return this.ofEvent(name);
  }
}
