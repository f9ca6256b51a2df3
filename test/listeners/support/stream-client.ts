import { WebSocket } from 'ws';
import type { JsonObject } from '../../../src/wire/json.js';
import { basicAuth, type Answer, type TestServer } from '../../support/server.js';

/** The lines that switch app streams on. */
export const STREAMS_INI = 'kinto.event_listeners = streams\nkinto.event_listeners.streams.use = app-streams';

const DEADLINE = 20_000;

export interface StreamClientOptions {
  /** By default mat's. */
  readonly authorization?: string | null;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly path?: string;
}

/** How an attempt to connect was answered in HTTP. */
export interface Refusal {
  readonly status: number;
  readonly body: JsonObject;
}

/** A client of an app stream, which remembers what it hears. */
export class StreamClient {
  private static readonly open = new Set<StreamClient>();
  readonly heard: JsonObject[] = [];
  /** The code of the close frame. */
  closed: number | undefined;

  private constructor(readonly ws: WebSocket) {
    StreamClient.open.add(this);
    ws.on('message', (data: Buffer) => this.heard.push(JSON.parse(data.toString()) as JsonObject));
    ws.on('close', (code) => (this.closed = code));
    ws.on('error', () => undefined);
  }

  private static socket(server: TestServer, key: string, options: StreamClientOptions): WebSocket {
    const { authorization = basicAuth('mat'), query = {}, headers = {}, path = '/v1/streams/live' } = options;
    const parameters = new URLSearchParams({ key, ...query });
    const url = `${server.url.replace(/^http/, 'ws')}${path}?${parameters.toString()}`;
    return new WebSocket(url, { headers: { ...headers, ...(authorization === null ? {} : { authorization }) } });
  }

  /** Once the socket is open, which need not mean that it stays so. */
  static async connect(server: TestServer, key: string, options: StreamClientOptions = {}): Promise<StreamClient> {
    const client = new StreamClient(StreamClient.socket(server, key, options));
    await new Promise<void>((resolve, reject) => {
      client.ws.once('open', () => resolve());
      client.ws.once('error', reject);
    });
    return client;
  }

  /** Once it has been greeted. */
  static async greeted(server: TestServer, key: string, options: StreamClientOptions = {}): Promise<StreamClient> {
    const client = await StreamClient.connect(server, key, options);
    await until(() => client.heard.length > 0, 'hello');
    return client;
  }

  static refused(server: TestServer, key: string, options: StreamClientOptions = {}): Promise<Refusal> {
    const ws = StreamClient.socket(server, key, options);
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
    for (const { ws } of StreamClient.open) ws.terminate();
    StreamClient.open.clear();
  }

  get hello(): JsonObject {
    return metaOf(this.heard[0]!);
  }

  /** What it was told of objects, in order. */
  get frames(): JsonObject[] {
    return this.heard.filter((message) => 'data' in message);
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

  async hears(count: number): Promise<JsonObject[]> {
    await until(() => this.frames.length >= count, `${count} frames, not ${this.frames.length}`);
    return this.frames;
  }

  /** Each as `action type id`; of what has left, `leave`. */
  get told(): string[] {
    return this.frames.map((frame) => {
      const { action, match, type, id } = metaOf(frame) as Record<string, string>;
      return `${action ?? match} ${type} ${id}`;
    });
  }

  async ended(): Promise<number> {
    await until(() => this.closed !== undefined, 'the close');
    return this.closed!;
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

/** @throws Error when it has not come true within the deadline */
export async function until(isTrue: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + DEADLINE;
  while (!(await isTrue())) {
    if (Date.now() > end) throw new Error(`Waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
