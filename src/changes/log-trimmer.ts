import type { Logger } from '@nestjs/common';
import { journal } from '../storage/journal.js';
import { listenerStates } from '../storage/listener-states.js';
import type { Storage } from '../storage/storage.js';
import { trimming } from '../storage/trimming.js';
import type { ChangesSettings } from './changes.settings.js';
import { HELD, ONE_PROCESS, type Lease, type Leases } from './lease.js';
import { describe } from './registered-listener.js';

/** How many rows one unit of work deletes: other writers wait for it. */
const CHUNK = 500;

/** How often at most it is told that the log is kept for somebody, in ms. */
const TELL_INTERVAL = 3_600_000;

/**
 * Keeps the change log as long as the settings say, and longer for a durable listener that has not been told yet. One
 * that stays behind for longer than `changes.max_hold` is overtaken, and that is never silent: it is logged as an
 * error, and how many changes it has lost is kept with the listener.
 */
export class LogTrimmer {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private toldAt = -TELL_INTERVAL;
  private lease: Lease = HELD;

  /** @param now the clock, in ms since the epoch */
  constructor(
    private readonly storage: Storage,
    private readonly settings: ChangesSettings,
    private readonly log: Pick<Logger, 'log' | 'warn' | 'error'>,
    private readonly now: () => number = Date.now,
    private readonly leases: Leases = ONE_PROCESS,
  ) {}

  /** On several nodes, one at a time looks through the log. */
  async open(): Promise<void> {
    this.lease = await this.leases.take('log-trimmer', {});
    this.timer = setInterval(() => this.start(), this.settings.trimInterval * 1000);
    this.timer.unref();
    this.start();
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    this.timer = undefined;
    await this.running;
    await this.lease.release();
  }

  /** One look through the log. @returns how many changes were taken away */
  async trim(): Promise<number> {
    const limit = await this.storage.write(async ({ sql }) => {
      await this.lease.ensureHeld(sql);
      const top = await journal.top(sql);
      if (top > (await trimming.newestMark(sql))) await trimming.mark(sql, this.now(), top);
      return this.limitBelow(sql, top);
    });
    let total = 0;
    let deleted = CHUNK;
    while (limit > 0 && deleted === CHUNK && this.lease.isHeld) {
      deleted = await this.storage.write(({ sql }) => trimming.delete(sql, limit, CHUNK));
      total += deleted;
      // Requests that wait come first.
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (total > 0) await this.storage.write(({ sql }) => trimming.dropMarks(sql, limit));
    return total;
  }

  private start(): void {
    if (!this.lease.isHeld) return;
    this.running ??= this.trim()
      .then(
        (count) => void (count > 0 && this.log.log(`${count} change(s) left the log`)),
        (error: unknown) => this.log.warn(`The change log cannot be trimmed: ${describe(error)}`),
      )
      .finally(() => (this.running = undefined));
  }

  /** Up to which change the log may go, and who loses something by it is told so. */
  private async limitBelow(sql: Sql, top: number): Promise<number> {
    const { retention, maxRows, maxHold } = this.settings;
    const byAge = retention === 0 ? 0 : await trimming.newestBefore(sql, this.now() - retention * 1000);
    const bySize = maxRows === 0 ? 0 : top - maxRows;
    // The newest stays: it is where those begin that come next.
    const wanted = Math.min(Math.max(byAge, bySize), top - 1);
    if (wanted <= 0) return 0;
    const behind = await trimming.behind(sql, wanted);
    const slowest = behind[0]?.change_id ?? wanted;
    const overtaken = maxHold === 0 ? 0 : await trimming.newestBefore(sql, this.now() - maxHold * 1000);
    const limit = Math.min(wanted, Math.max(slowest, overtaken));
    if (limit < wanted) this.tellKept(behind);
    for (const { consumer, change_id: position } of behind) {
      if (position < limit) await this.overtake(sql, consumer, position, limit);
    }
    return limit;
  }

  private async overtake(sql: Sql, consumer: string, position: number, limit: number): Promise<void> {
    const lost = await trimming.count(sql, position, limit);
    await listenerStates.lost(sql, consumer, lost);
    await journal.moveCursor(sql, consumer, limit);
    this.log.error(
      `${consumer} was not told for longer than changes.max_hold: ${lost} change(s) leave the log without it`,
    );
  }

  private tellKept(behind: readonly { consumer: string }[]): void {
    const now = this.now();
    if (now - this.toldAt < TELL_INTERVAL) return;
    this.toldAt = now;
    this.log.warn(`The change log is kept longer for ${behind.map(({ consumer }) => consumer).join(', ')}`);
  }
}

type Sql = Parameters<Parameters<Storage['write']>[0]>[0]['sql'];
