import type { Close } from './close-codes.js';
import type { Connection } from './connection.js';
import { RealtimeCounters } from './counters.js';
import { Outbox } from './outbox.js';
import { RealtimeSettings } from './realtime.settings.js';

/** How often a stopping server closes some of its connections, in ms. */
const SLICE = 50;

/** Seconds after which all are closed, however many: the process gives up waiting for its end not much later. */
const LONGEST_DRAIN = 8;

/**
 * Every open socket of this process: one timer for the liveness of all of them, and their end at shutdown. It also
 * holds what they share.
 */
export class Connections {
  readonly outbox: Outbox;
  private readonly open = new Set<Connection>();
  private timer: NodeJS.Timeout | undefined;
  private draining = false;
  private left = false;
  private onEmpty: (() => void) | undefined;

  constructor(
    private readonly settings: RealtimeSettings,
    readonly counters: RealtimeCounters,
  ) {
    this.outbox = new Outbox(undefined, (seconds) => counters.onRound?.(seconds));
  }

  get size(): number {
    return this.open.size;
  }

  /** True from the start of `drain` on: whoever comes now has come to a stopping server. */
  get isDraining(): boolean {
    return this.draining;
  }

  /** True from when `drain` has told all of them to go. */
  get haveLeft(): boolean {
    return this.left;
  }

  add(connection: Connection): void {
    this.open.add(connection);
    this.timer ??= this.startSweeping();
  }

  /** The socket is gone. */
  remove(connection: Connection): void {
    this.open.delete(connection);
    if (this.open.size === 0) this.onEmpty?.();
  }

  /** Pings the silent and closes the dead, `now` in ms of `performance.now()`. */
  sweep(now: number = performance.now()): void {
    const { activityTimeout, pongTimeout } = this.settings;
    for (const connection of this.open) connection.checkLiveness(now, activityTimeout * 1000, pongTimeout * 1000);
  }

  /**
   * Closes every connection, `channels.shutdown_rate` in a second, the oldest first; waits `channels.shutdown_grace` for
   * the answers, then cuts what is left. Who is not closed yet is served as before.
   */
  async drain(close: Close): Promise<void> {
    this.draining = true;
    const open = [...this.open];
    const rate = Math.max(this.settings.shutdownRate, open.length / LONGEST_DRAIN);
    const inSlice = Math.ceil((rate * SLICE) / 1000);
    for (let closed = 0; closed < open.length; closed += inSlice) {
      if (closed > 0) await new Promise((resolve) => setTimeout(resolve, SLICE));
      for (const connection of open.slice(closed, closed + inSlice)) connection.close(close);
    }
    this.left = true;
    clearInterval(this.timer);
    this.timer = undefined;
    await this.emptyWithin(this.settings.shutdownGrace * 1000);
    for (const connection of [...this.open]) connection.cut();
  }

  private startSweeping(): NodeJS.Timeout {
    // A quarter of the shorter patience: nobody is found dead much too late, and a sweep is a walk over a set.
    const seconds = Math.min(this.settings.activityTimeout, this.settings.pongTimeout) / 4;
    return setInterval(() => this.sweep(), seconds * 1000).unref();
  }

  private async emptyWithin(ms: number): Promise<void> {
    if (this.open.size === 0) return;
    let grace: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.onEmpty = resolve;
      grace = setTimeout(resolve, ms);
    });
    clearTimeout(grace);
    this.onEmpty = undefined;
  }
}
