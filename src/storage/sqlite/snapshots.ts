import type { Database, Statement } from 'better-sqlite3';

/**
 * Consistent reads on a connection of their own, one after another. A snapshot's work awaits only its own statements,
 * which are synchronous underneath, so waiting for the one before costs a turn of the microtask queue.
 */
export class Snapshots {
  private tail: Promise<unknown> = Promise.resolve();
  private readonly begin: Statement;
  private readonly end: Statement;

  constructor(database: Database) {
    this.begin = database.prepare('BEGIN');
    this.end = database.prepare('COMMIT');
  }

  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.tail.then(() => this.read(work));
    this.tail = result.catch(() => undefined);
    return result;
  }

  async settle(): Promise<void> {
    await this.tail;
  }

  private async read<T>(work: () => Promise<T>): Promise<T> {
    this.begin.run();
    try {
      return await work();
    } finally {
      this.end.run();
    }
  }
}
