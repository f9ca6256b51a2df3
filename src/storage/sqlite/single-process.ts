import SqliteDatabase, { type Database } from 'better-sqlite3';
import { findSqliteCode } from './sqlite-error.js';

/**
 * Keeps a second process away from the database: group commit and the change feed rely on one writer. The lock is an
 * exclusive transaction on a small file beside the database, so the operating system lets go of it however the
 * process ends, `kill -9` included.
 */
export class SingleProcess {
  private constructor(private readonly lock: Database) {}

  /** @throws Error naming the file when another process has it, or there can be no lock beside it */
  static claim(file: string): SingleProcess {
    let lock: Database | undefined;
    try {
      lock = new SqliteDatabase(`${file}-lock`, { timeout: 0 });
      lock.pragma('journal_mode = MEMORY');
      lock.exec('BEGIN EXCLUSIVE');
      return new SingleProcess(lock);
    } catch (cause) {
      lock?.close();
      const isTaken = findSqliteCode(cause) === 'SQLITE_BUSY';
      const problem = isTaken ? 'is in use by another kumocast process' : `cannot be locked: ${String(cause)}`;
      throw new Error(`${file} ${problem}`, { cause });
    }
  }

  release(): void {
    this.lock.close();
  }
}
