import type { RawData, WebSocket } from 'ws';
import type { Close } from './close-codes.js';
import { STREAM_CLOSE } from './stream-close-codes.js';

export interface SocketLimits {
  /** Bytes that may wait for the client before nothing more is read for it. */
  readonly bufferBytes: number;
  /** Seconds in which something of that has to leave. */
  readonly drainTimeout: number;
  /** Seconds in which anything has to come from the client. */
  readonly silence: number;
  readonly messagesPerSecond: number;
}

/** Who uses the socket. */
export interface SocketUser {
  /** @returns whether it was asked for, as an acknowledgement is: then it does not count as one too many */
  text(message: string): boolean;
  /** There is room again. */
  resume(): void;
  /** Everything that was sent before that question has arrived. */
  arrived?(question: string): void;
  /** It is closed, or as good as. Called once. */
  closed(): void;
}

/** How long, in ms, a client has to answer a close frame. */
const FAREWELL = 1_000;

/** One WebSocket of an app stream or of a user stream: what may wait in it, and how long it may be silent. */
export class StreamSocket {
  private user: SocketUser | undefined;
  private patience: NodeJS.Timeout | undefined;
  private silence: NodeJS.Timeout | undefined;
  private isOver = false;
  /** Messages that may still come at once. */
  private allowance: number;
  private allowedAt = Date.now();

  constructor(
    private readonly ws: WebSocket,
    private readonly limits: SocketLimits,
  ) {
    this.allowance = limits.messagesPerSecond * 2;
    // What is wrong with a frame is answered by `ws` itself, and then comes `close`.
    ws.on('error', () => undefined);
    ws.on('close', () => this.finish());
    ws.on('message', (data: RawData, isBinary: boolean) => this.take(data, isBinary));
    ws.on('ping', () => this.heard());
    ws.on('pong', (question: Buffer) => {
      if (this.heard()) this.user?.arrived?.(question.toString('latin1'));
    });
    this.expectWord();
  }

  /** To be called in the turn it was made in: nothing has come until then. */
  use(user: SocketUser): void {
    this.user = user;
  }

  /** @returns whether there is room for more */
  send(text: string): boolean {
    if (this.isOver) return false;
    this.ws.send(text, () => this.sent());
    return this.hasRoom;
  }

  /** Asks for a sign of life, which every WebSocket gives by itself (RFC 6455, 5.5.3). @param question in ASCII */
  ask(question: string): void {
    if (!this.isOver) this.ws.ping(question);
  }

  get hasRoom(): boolean {
    if (this.isOver) return false;
    const isFull = this.ws.bufferedAmount > this.limits.bufferBytes;
    if (isFull)
      this.patience ??= setTimeout(() => this.close(STREAM_CLOSE.SLOW_READER), this.limits.drainTimeout * 1000);
    return !isFull;
  }

  close({ code, reason }: Close): void {
    if (this.isOver) return;
    this.ws.close(code, reason);
    const end = setTimeout(() => this.ws.terminate(), FAREWELL);
    this.ws.once('close', () => clearTimeout(end));
    this.finish();
  }

  private sent(): void {
    if (this.patience === undefined || this.isOver || this.ws.bufferedAmount > this.limits.bufferBytes) return;
    clearTimeout(this.patience);
    this.patience = undefined;
    this.user?.resume();
  }

  private take(data: RawData, isBinary: boolean): void {
    if (this.isOver) return;
    if (!this.heard()) return;
    if (isBinary) this.close(STREAM_CLOSE.NOT_TEXT);
    // `ws` gives one buffer unless it is asked for something else.
    else if (this.user?.text((data as Buffer).toString('utf8')) === true) this.allowance += 1;
  }

  /** @returns false when it was one too many */
  private heard(): boolean {
    if (this.isOver) return false;
    const now = Date.now();
    const { messagesPerSecond } = this.limits;
    const gained = (Math.max(0, now - this.allowedAt) / 1000) * messagesPerSecond;
    this.allowance = Math.min(messagesPerSecond * 2, this.allowance + gained) - 1;
    this.allowedAt = now;
    if (this.allowance < 0) {
      this.close(STREAM_CLOSE.TOO_FAST);
      return false;
    }
    this.expectWord();
    return true;
  }

  private expectWord(): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.close(STREAM_CLOSE.SILENT), this.limits.silence * 1000).unref();
  }

  private finish(): void {
    if (this.isOver) return;
    this.isOver = true;
    clearTimeout(this.patience);
    clearTimeout(this.silence);
    this.user?.closed();
  }
}
