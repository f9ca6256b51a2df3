import SqliteDatabase, { type Database } from 'better-sqlite3';

/**
 * Keeps a second process away from the database: group commit and the change feed rely on one writer. The lock is an
 * exclusive transaction on a small file beside the database, so the operating system lets go of it however the
 * process ends, `kill -9` included.
 */
export class SingleProcess {
  private constructor(private readonly lock: Database) {}

  /** @throws Error naming the file when another process has it, or there can be no lock beside it */
  static claim(file: string): SingleProcess {
    const lock = new SqliteDatabase(`${file}-lock`, { timeout: 0 });
    try {
      lock.pragma('journal_mode = MEMORY');
      lock.exec('BEGIN EXCLUSIVE');
    } catch (cause) {
      lock.close();
      const isTaken = cause instanceof Error && 'code' in cause && cause.code === 'SQLITE_BUSY';
      throw new Error(
        isTaken ? `${file} is in use by another kumocast process` : `${file} cannot be locked: ${String(cause)}`,
        { cause },
      );
    }
    return new SingleProcess(lock);
  }

  release(): void {
    this.lock.close();
  }
}
