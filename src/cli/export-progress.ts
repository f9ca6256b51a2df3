import { DumpError, MovingError } from '../storage/moving/dump-format.js';
import type { Counts } from '../storage/moving/moving.js';
import type { Progress } from '../storage/moving/write-dump.js';
import { CommandFailure } from './command-failure.js';
import { say, type SettingsOptions } from './settings-options.js';

/** In ms: nobody reads faster. */
const BETWEEN_DRAWINGS = 100;

/** Without a terminal, after so many rows a line is written. */
const ROWS_PER_LINE = 100_000;

const BAR = 30;

/** A file that is no good, and a database that is none for it. */
const MISUSE = 2;
const FAILURE = 1;

/** Shows how far a command is: a bar on a terminal, else a line from time to time. */
export class ShownProgress {
  private drawn = -Infinity;
  private hasDrawn = false;
  private said = 0;

  constructor(
    private readonly options: SettingsOptions,
    private readonly terminal: Pick<NodeJS.WriteStream, 'write' | 'isTTY'> = process.stderr,
  ) {}

  readonly show: Progress = ({ table, done, total }) => {
    if (this.options.quiet === true) return;
    if (this.terminal.isTTY) this.draw(table, done, total);
    else if (done - this.said >= ROWS_PER_LINE) {
      this.said = done;
      say(this.options, `${done} of ${total} rows (${table})`);
    }
  };

  /** Takes the bar away. */
  end(): void {
    if (this.hasDrawn) this.terminal.write('\r\u001b[K');
  }

  private draw(table: string, done: number, total: number): void {
    const now = performance.now();
    if (now - this.drawn < BETWEEN_DRAWINGS && done < total) return;
    this.drawn = now;
    this.hasDrawn = true;
    const share = total === 0 ? 1 : done / total;
    const full = Math.floor(share * BAR);
    const bar = '#'.repeat(full) + '.'.repeat(BAR - full);
    this.terminal.write(`\r\u001b[K[${bar}] ${Math.floor(share * 100)} % of ${total}: ${table}`);
  }
}

/** Runs the work under a progress bar. @throws CommandFailure for what the work says is wrong with file or database */
export async function withProgress<T>(options: SettingsOptions, work: (progress: Progress) => Promise<T>): Promise<T> {
  const shown = new ShownProgress(options);
  try {
    return await work(shown.show);
  } catch (error) {
    if (!(error instanceof MovingError)) throw error;
    throw new CommandFailure(error.message, error instanceof DumpError ? MISUSE : FAILURE);
  } finally {
    shown.end();
  }
}

/** What was moved, in words. */
export function inWords({ objects = 0, access_control_entries: entries = 0, changes = 0, ...rest }: Counts): string {
  const others = Object.values(rest).reduce((sum, count) => sum + count, 0);
  return `${objects} objects and tombstones, ${entries} permissions, ${changes} changes of the log, ${others} other rows`;
}
