import type { Close } from './close-codes.js';
import type { Connection } from './connection.js';
import { RealtimeCounters } from './counters.js';
import { Outbox } from './outbox.js';
import { RealtimeSettings } from './realtime.settings.js';

/** How many connections are closed before others get their turn: a close frame is a system call each. */
const CLOSES_PER_TURN = 500;

/**
 * Every open socket of this process: one timer for the liveness of all of them, and their end at shutdown. It also
 * holds what they share.
 */
export class Connections {
  readonly outbox = new Outbox();
  private readonly open = new Set<Connection>();
  private timer: NodeJS.Timeout | undefined;
  private draining = false;
  private onEmpty: (() => void) | undefined;

  constructor(
    private readonly settings: RealtimeSettings,
    readonly counters: RealtimeCounters,
  ) {}

  get size(): number {
    return this.open.size;
  }

  /** True from the start of `drain` on: whoever comes now has come to a stopping server. */
  get isDraining(): boolean {
    return this.draining;
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

  /** Closes every connection, waits `channels.shutdown_grace` for the answers, then cuts what is left. */
  async drain(close: Close): Promise<void> {
    this.draining = true;
    clearInterval(this.timer);
    this.timer = undefined;
    let closed = 0;
    for (const connection of [...this.open]) {
      connection.close(close);
      closed += 1;
      if (closed % CLOSES_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    }
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
