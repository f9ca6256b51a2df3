import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import type { JsonObject } from '../../../src/wire/json.js';
import { basicAuth, type TestServer, type User } from '../../support/server.js';

/** One event of a stream, as the HTML standard has it. */
export interface ReadEvent {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: JsonObject;
}

export interface ReaderOptions {
  readonly auth?: User | null;
  /** Goes into `Last-Event-ID`. */
  readonly after?: string | undefined;
  /** Is called with each event in the tick in which it is read. */
  readonly heard?: (event: ReadEvent) => void;
}

/** How long to wait for what must come, in ms. */
const PATIENCE = 60_000;

/** Somebody who follows a list over a real connection. */
export class LiveReader {
  readonly events: ReadEvent[] = [];
  comments = 0;
  /** The last `retry:`, in ms. */
  retry: number | undefined;
  isEnded = false;
  /** Of the last event that had one. */
  lastId: string | undefined;
  private text = '';
  private looked = 0;
  private wake: () => void = () => undefined;

  private constructor(
    private readonly sent: ClientRequest,
    readonly response: IncomingMessage,
    mayRead: boolean,
    private readonly heard: (event: ReadEvent) => void,
  ) {
    response.setEncoding('utf8');
    if (mayRead) this.read();
    else response.pause();
  }

  /** Resolves once the answer has begun. */
  static open(server: TestServer, path: string, options: ReaderOptions = {}, mayRead = true): Promise<LiveReader> {
    const { auth = 'mat', after, heard = () => undefined } = options;
    return new Promise((resolve, reject) => {
      const headers = {
        accept: 'text/event-stream',
        ...(auth === null ? {} : { authorization: basicAuth(auth) }),
        ...(after === undefined ? {} : { 'last-event-id': after }),
      };
      const sent = request({ host: '127.0.0.1', port: server.port, path, headers, agent: false }, (response) => {
        resolve(new LiveReader(sent, response, mayRead, heard));
      });
      sent.on('error', reject);
      sent.end();
    });
  }

  get status(): number {
    return this.response.statusCode ?? 0;
  }

  /** Begins to read what one who did not read has waiting. */
  read(): void {
    this.response.on('data', (chunk: string) => this.take(chunk));
    this.response.on('end', () => this.end());
    this.response.on('error', () => this.end());
    this.response.on('close', () => this.end());
    this.response.resume();
  }

  /** The next event that has not been looked at. */
  async next(): Promise<ReadEvent> {
    await this.until(() => this.events.length > this.looked, 'another event');
    return this.events[this.looked++]!;
  }

  async ended(): Promise<void> {
    await this.until(() => this.isEnded, 'the end');
  }

  async until(isSo: () => boolean, what: string): Promise<void> {
    const deadline = Date.now() + PATIENCE;
    while (!isSo()) {
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`${what} did not come; there were ${JSON.stringify(this.events.slice(-5))}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Drops the connection. */
  drop(): void {
    this.sent.destroy();
    this.end();
  }

  private end(): void {
    this.isEnded = true;
    this.wake();
  }

  private take(chunk: string): void {
    this.text += chunk;
    const blocks = this.text.split('\n\n');
    this.text = blocks.pop() ?? '';
    for (const block of blocks) this.takeBlock(block);
    this.wake();
  }

  private takeBlock(block: string): void {
    const fields = new Map<string, string>();
    for (const line of block.split('\n')) {
      const colon = line.indexOf(':');
      fields.set(line.slice(0, colon), line.slice(colon + 1).trimStart());
    }
    if (fields.has('')) this.comments += 1;
    if (fields.has('retry')) this.retry = Number(fields.get('retry'));
    const event = fields.get('event');
    if (event === undefined) return;
    const id = fields.get('id');
    this.lastId = id ?? this.lastId;
    const read = { event, id, data: JSON.parse(fields.get('data') ?? 'null') as JsonObject };
    this.events.push(read);
    this.heard(read);
  }
}
