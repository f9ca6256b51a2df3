import { WebSocket } from 'ws';
import type { JsonObject } from '../../../src/wire/json.js';
import { basicAuth, type TestServer } from '../../support/server.js';

const DEADLINE = 20_000;

export interface SocketOptions {
  /** By default mat's. */
  readonly authorization?: string | null;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How an attempt to connect was answered in HTTP. */
export interface Refusal {
  readonly status: number;
  readonly body: JsonObject;
}

/** A WebSocket that is told objects, and remembers what it hears. */
export class JsonSocket {
  private static readonly open = new Set<JsonSocket>();
  readonly heard: JsonObject[] = [];
  /** The code of the close frame. */
  closed: number | undefined;

  protected constructor(readonly ws: WebSocket) {
    JsonSocket.open.add(this);
    ws.on('message', (data: Buffer) => this.heard.push(JSON.parse(data.toString()) as JsonObject));
    ws.on('close', (code) => (this.closed = code));
    ws.on('error', () => undefined);
  }

  static closeAll(): void {
    for (const { ws } of JsonSocket.open) ws.terminate();
    JsonSocket.open.clear();
  }

  /** What it was told of objects, in order. */
  get frames(): JsonObject[] {
    return this.heard.filter((message) => 'data' in message);
  }

  async hears(count: number): Promise<JsonObject[]> {
    await until(() => this.frames.length >= count, `${count} frames, not ${this.frames.length}`);
    return this.frames;
  }

  async ended(): Promise<number> {
    await until(() => this.closed !== undefined, 'the close');
    return this.closed!;
  }
}

export function socketTo(server: TestServer, path: string, options: SocketOptions): WebSocket {
  const { authorization = basicAuth('mat'), query = {}, headers = {} } = options;
  const url = `${server.url.replace(/^http/, 'ws')}${path}?${new URLSearchParams(query).toString()}`;
  return new WebSocket(url, { headers: { ...headers, ...(authorization === null ? {} : { authorization }) } });
}

/** Once the socket is open, which need not mean that it stays so. */
export function opened({ ws }: { readonly ws: WebSocket }): Promise<void> {
  return new Promise((resolve, reject) => {
    ws.once('open', () => resolve());
    ws.once('error', reject);
  });
}

export function refusalOf(ws: WebSocket): Promise<Refusal> {
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

/** @throws Error when it has not come true within the deadline */
export async function until(isTrue: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + DEADLINE;
  while (!(await isTrue())) {
    if (Date.now() > end) throw new Error(`Waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
