import type { Duplex } from 'node:stream';
import { Logger } from '@nestjs/common';
import type { RawData, WebSocket } from 'ws';
import { CLOSE, type Close } from './close-codes.js';
import type { RealtimeCounters } from './counters.js';
import type { Outbox } from './outbox.js';

/** What the bytes mean: a protocol's side of one connection. */
export interface Conversation {
  /** One complete text message. Calls come one after another, in the order of arrival. */
  hear(text: string): void;
  /** The connection has ended, whoever ended it. Called exactly once; nothing is heard after it. */
  end(): void;
}

export interface ConnectionOptions {
  /** Bytes that may wait for the client to read them. */
  readonly bufferBytes: number;
  readonly outbox: Outbox;
  readonly counters: RealtimeCounters;
}

/** One write carries at most this much: enough to be one system call, small enough to be joined and shared cheaply. */
const WRITE_BYTES = 65_536;

/**
 * One socket: how bytes arrive and leave. It knows frames, not channels.
 *
 * Frames leave in the order of `send`, all those of one turn of the event loop in one write. They are written to the
 * socket beside `ws`, which is safe because without compression `ws` writes each of its own frames whole and at once.
 */
export class Connection {
  private readonly logger = new Logger(Connection.name);
  private conversation: Conversation | undefined;
  private queue: Buffer[] = [];
  private queuedBytes = 0;
  private waiting = false;
  private over = false;
  private lastHeard = performance.now();
  private pinged = false;

  constructor(
    readonly id: string,
    private readonly webSocket: WebSocket,
    private readonly socket: Duplex,
    private readonly options: ConnectionOptions,
  ) {
    const alive = () => this.notice();
    webSocket.on('message', (message, isBinary) => this.receive(message, isBinary));
    webSocket.on('ping', alive);
    webSocket.on('pong', alive);
    webSocket.on('close', () => this.finish());
    // `ws` closes the socket with the right code (1002, 1007, 1009) itself; here only the end is of interest.
    webSocket.on('error', () => this.finish());
  }

  get isOver(): boolean {
    return this.over;
  }

  /** Hands what is heard from now on to the conversation. */
  open(conversation: Conversation): void {
    this.conversation = conversation;
  }

  /**
   * Queues a complete frame. Answers whether it was queued: not when the connection has ended, and not when the
   * client reads so slowly that this frame was one too many; then the connection ends with 4100.
   */
  send(frame: Buffer): boolean {
    if (this.over) return false;
    if (this.queuedBytes > 0 && this.queuedBytes + frame.length > WRITE_BYTES) this.write();
    this.queue.push(frame);
    this.queuedBytes += frame.length;
    if (this.isOverfull() && !this.relieve()) return false;
    this.options.counters.messagesOut += 1;
    if (!this.waiting) {
      this.waiting = true;
      this.options.outbox.later(this);
    }
    return true;
  }

  /** Called by the outbox at the end of the turn. */
  flush(): void {
    this.waiting = false;
    this.write();
  }

  /** Ends the conversation now, and the socket as soon as the client has answered the close frame. */
  close(close: Close): void {
    if (this.over) return;
    this.write();
    this.finish();
    // The client's answer to the close frame has to be read.
    if (this.webSocket.isPaused) this.webSocket.resume();
    this.webSocket.close(close.code, close.reason);
  }

  /** Ends the connection because the server failed at its message: nobody else's connection, and not the process. */
  fail(error: unknown): void {
    this.logger.error('A message could not be handled', error instanceof Error ? error.stack : undefined);
    this.close(CLOSE.INTERNAL_ERROR);
  }

  /** Reads no more from the socket for now; what was read already is still heard. */
  pause(): void {
    if (!this.over) this.webSocket.pause();
  }

  resume(): void {
    if (this.over) return;
    this.notice();
    this.webSocket.resume();
  }

  /** Cuts the socket without a word. */
  cut(): void {
    this.finish();
    this.webSocket.terminate();
  }

  /**
   * Looks whether the client is alive: after `activityTimeout` ms of silence it is pinged, after another
   * `pongTimeout` ms the connection ends. Times are of `performance.now()`, which no clock change moves.
   */
  checkLiveness(now: number, activityTimeout: number, pongTimeout: number): void {
    // Who is not listened to cannot be heard of.
    if (this.over || this.webSocket.isPaused) return;
    const silence = now - this.lastHeard;
    if (silence < activityTimeout) return;
    if (!this.pinged) {
      this.pinged = true;
      // The silence is counted from the ping on: a process that slept must not find all its clients dead.
      this.lastHeard = now - activityTimeout;
      this.webSocket.ping();
    } else if (silence >= activityTimeout + pongTimeout) {
      this.close(CLOSE.NO_ANSWER);
    }
  }

  private write(): void {
    if (this.queue.length === 0) return;
    const bytes = this.options.outbox.join(this.queue);
    this.queue = [];
    this.queuedBytes = 0;
    if (this.webSocket.readyState !== this.webSocket.OPEN) return;
    this.options.counters.bytesOut += bytes.length;
    this.socket.write(bytes);
  }

  private isOverfull(): boolean {
    return this.queuedBytes + this.socket.writableLength > this.options.bufferBytes;
  }

  /** Offers everything to the operating system at once; what it does not take is what the client did not read. */
  private relieve(): boolean {
    this.write();
    if (!this.isOverfull()) return true;
    this.options.counters.slowReadersDropped += 1;
    this.close(CLOSE.SLOW_READER);
    return false;
  }

  private notice(): void {
    this.lastHeard = performance.now();
    this.pinged = false;
  }

  private receive(message: RawData, isBinary: boolean): void {
    if (this.over) return;
    this.notice();
    this.options.counters.messagesIn += 1;
    this.options.counters.bytesIn += (message as Buffer).length;
    if (isBinary) {
      this.close(CLOSE.NOT_TEXT);
      return;
    }
    try {
      // Never fragments nor an ArrayBuffer: `ws` joins, and its default binary type is Buffer.
      this.conversation?.hear((message as Buffer).toString());
    } catch (error) {
      this.fail(error);
    }
  }

  private finish(): void {
    if (this.over) return;
    this.over = true;
    this.queue = [];
    this.queuedBytes = 0;
    this.conversation?.end();
    this.conversation = undefined;
  }
}
