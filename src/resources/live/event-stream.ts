import type { ServerResponse } from 'node:http';
import type { LiveFrame } from './live-change.js';
import type { LiveSink } from './live-start.js';
import type { LiveSettings } from './live.settings.js';

/** The first wait, in ms, of a browser whose connection was cut. */
const RETRY = 2_000;

/** Between these, in ms, everybody who is sent away at once comes back. */
const SPREAD: readonly [number, number] = [1_000, 10_000];

/** How long, in ms, the last words may take before the socket is closed without; also when the server ends. */
const FAREWELL = 1_000;

/** A frame goes out on many streams: its bytes are made once. */
const encoded = new WeakMap<LiveFrame, Buffer>();

/** Why a stream ends that may begin again. */
export type ByeReason = 'max_age' | 'restart' | 'too_slow' | 'too_many_streams';

/** What sends its frames into a stream. */
export interface StreamSource {
  /** Tells the place when changes have gone by untold. @returns whether there was something to tell */
  checkpoint(): boolean;
  /** There is room again. */
  resume(): void;
  /** Ends it with a last word; for one whose reader is gone, without. */
  end(frame?: LiveFrame): void;
}

/** Before the frame that ends a stream: when to come back. */
function retryLine(milliseconds: number): string {
  return `retry: ${milliseconds}\n\n`;
}

export function byeFrame(reason: ByeReason): LiveFrame {
  return { event: 'bye', data: JSON.stringify({ reason }) };
}

/**
 * One answer that goes on: text/event-stream (HTML standard, 9.2). What is sent in one turn leaves in one write. Who
 * does not read is told nothing more until there is room, and is let go when there is none for too long.
 */
export class EventStream implements LiveSink {
  private subscription: StreamSource | undefined;
  private readonly heartbeat: NodeJS.Timeout;
  private readonly age: NodeJS.Timeout;
  private patience: NodeJS.Timeout | undefined;
  private farewell: NodeJS.Timeout | undefined;
  private isEnded = false;
  private isCorked = false;

  /** @param response its head is written */
  constructor(
    private readonly response: ServerResponse,
    private readonly settings: LiveSettings,
  ) {
    this.write(retryLine(RETRY));
    this.heartbeat = setInterval(() => this.beat(), settings.heartbeat * 1000);
    const age = settings.maxAge * 1000 * (0.9 + Math.random() * 0.2);
    this.age = setTimeout(() => this.bye('max_age'), age);
    response.on('drain', () => this.drained());
    response.on('error', () => this.closed());
    response.on('close', () => this.closed());
  }

  /** What it is told by. */
  follow(subscription: StreamSource): void {
    this.subscription = subscription;
    if (this.response.destroyed) this.closed();
  }

  send(frame: LiveFrame): boolean {
    if (this.isEnded || this.response.destroyed) return false;
    let bytes = encoded.get(frame);
    if (bytes === undefined) {
      const id = frame.id === undefined ? '' : `id: ${frame.id}\n`;
      // JSON in ASCII has no line break that would need another `data:`.
      bytes = Buffer.from(`${id}event: ${frame.event}\ndata: ${frame.data}\n\n`, 'latin1');
      encoded.set(frame, bytes);
    }
    this.write(bytes);
    if (this.hasRoom) return true;
    this.patience ??= setTimeout(() => this.bye('too_slow'), this.settings.drainTimeout * 1000);
    return false;
  }

  /** Sends its reader away, to come back in a while. */
  bye(reason: ByeReason): void {
    if (this.isEnded) return;
    const [least, most] = SPREAD;
    this.write(retryLine(Math.round(least + Math.random() * (most - least))));
    const frame = byeFrame(reason);
    if (this.subscription !== undefined) this.subscription.end(frame);
    else {
      this.send(frame);
      this.end();
    }
  }

  /** Ends it with one word, before it was told anything. */
  refuse(event: string): void {
    this.send({ event, data: '{}' });
    this.end();
  }

  end(): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.stopTimers();
    if (this.response.destroyed) return;
    // Node 22 and 24 lose what is corked when the answer ends.
    if (this.isCorked) this.response.uncork();
    this.response.end();
    // Who does not read keeps the server from ending no longer than this.
    this.farewell = setTimeout(() => this.response.destroy(), FAREWELL);
  }

  private get hasRoom(): boolean {
    return this.response.writableLength <= this.settings.bufferBytes;
  }

  private beat(): void {
    if (this.subscription?.checkpoint() === true || this.patience !== undefined) return;
    this.write(': hb\n\n');
  }

  private drained(): void {
    clearTimeout(this.patience);
    this.patience = undefined;
    this.subscription?.resume();
  }

  private closed(): void {
    clearTimeout(this.farewell);
    this.stopTimers();
    this.isEnded = true;
    this.subscription?.end();
  }

  private stopTimers(): void {
    clearInterval(this.heartbeat);
    clearTimeout(this.age);
    clearTimeout(this.patience);
  }

  private write(bytes: Buffer | string): void {
    if (this.isEnded || this.response.destroyed) return;
    if (!this.isCorked) {
      this.isCorked = true;
      this.response.cork();
      setImmediate(() => {
        this.isCorked = false;
        if (this.isEnded) return;
        this.response.uncork();
        // Of what has left at once Node 22 and 24 say nothing.
        if (this.patience !== undefined && this.hasRoom) this.drained();
      });
    }
    this.response.write(bytes);
  }
}
