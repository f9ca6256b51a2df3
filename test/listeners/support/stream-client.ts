import type { WebSocket } from 'ws';
import type { JsonObject } from '../../../src/wire/json.js';
import type { Answer, TestServer } from '../../support/server.js';
import { JsonSocket, opened, refusalOf, socketTo, until, type Refusal, type SocketOptions } from './json-socket.js';

/** The lines that switch app streams on. */
export const STREAMS_INI = 'kinto.event_listeners = streams\nkinto.event_listeners.streams.use = app-streams';

export interface StreamClientOptions extends SocketOptions {
  readonly path?: string;
}

/** A client of an app stream. */
export class StreamClient extends JsonSocket {
  private static socket(server: TestServer, key: string, { path, query, ...options }: StreamClientOptions): WebSocket {
    return socketTo(server, path ?? '/v1/streams/live', { ...options, query: { key, ...query } });
  }

  static async connect(server: TestServer, key: string, options: StreamClientOptions = {}): Promise<StreamClient> {
    const client = new StreamClient(StreamClient.socket(server, key, options));
    await opened(client);
    return client;
  }

  /** Once it has been greeted. */
  static async greeted(server: TestServer, key: string, options: StreamClientOptions = {}): Promise<StreamClient> {
    const client = await StreamClient.connect(server, key, options);
    await until(() => client.heard.length > 0, 'hello');
    return client;
  }

  static refused(server: TestServer, key: string, options: StreamClientOptions = {}): Promise<Refusal> {
    return refusalOf(StreamClient.socket(server, key, options));
  }

  get hello(): JsonObject {
    return metaOf(this.heard[0]!);
  }

  controls(name: string): JsonObject[] {
    return this.heard.map(metaOf).filter(({ control }) => control === name);
  }

  ofType(type: string): JsonObject[] {
    return this.heard.filter((message) => metaOf(message).type === type);
  }

  say(message: JsonObject | string): void {
    this.ws.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  acknowledge(position: unknown): void {
    this.say({ meta: { type: 'ack', position: position as string } });
  }

  /** Each as `action type id`; of what has left, `leave`. */
  get told(): string[] {
    return this.frames.map((frame) => {
      const { action, match, type, id } = metaOf(frame) as Record<string, string>;
      return `${action ?? match} ${type} ${id}`;
    });
  }
}

export function metaOf(message: JsonObject): JsonObject {
  return message.meta as JsonObject;
}

export async function makeStream(server: TestServer, data: JsonObject): Promise<Answer> {
  const answer = await server.request('POST', '/v1/streams', { body: { data } });
  if (answer.status >= 300) throw new Error(answer.text);
  return answer;
}
