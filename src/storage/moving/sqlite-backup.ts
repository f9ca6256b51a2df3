import { closeSync, openSync, statSync } from 'node:fs';
import SqliteDatabase from 'better-sqlite3';
import { writeWhole } from './dump-file.js';
import { MovingError } from './dump-format.js';

/** How many pages (of 4 KiB) are copied before it is told how far it is. */
const PAGES_AT_ONCE = 2_000;

/** How long the copy may wait for the database, in ms. */
const BUSY_TIMEOUT = 5_000;

/**
 * Copies the database as it is at one moment, beside whoever uses it, and has SQLite look at every page and index of
 * the copy before it gets its name. The copy is a database: one file, to be put where the other one was.
 *
 * @returns its size in bytes
 * @throws MovingError when there is such a file, or the copy is damaged
 */
export async function backUpSqlite(
  database: string,
  file: string,
  progress: (done: number, total: number) => void,
  pagesAtOnce = PAGES_AT_ONCE,
): Promise<number> {
  await writeWhole(file, async (part) => {
    // SQLite would let others read it.
    closeSync(openSync(part, 'wx', 0o600));
    await copy(database, part, (done, total) => {
      progress(done, total);
      return pagesAtOnce;
    });
    verify(part);
  });
  return statSync(file).size;
}

/** @param next is told how far it is, and says how many pages are copied before the next turn of the event loop */
async function copy(database: string, part: string, next: (done: number, total: number) => number): Promise<void> {
  const source = new SqliteDatabase(database, { readonly: true, timeout: BUSY_TIMEOUT });
  try {
    // Without a snapshot of its own the copy would begin anew whenever the server writes, and perhaps never end.
    source.exec('BEGIN');
    source.prepare('SELECT count(*) FROM sqlite_master').get();
    await source.backup(part, {
      progress: ({ totalPages, remainingPages }) => next(totalPages - remainingPages, totalPages),
    });
    source.exec('COMMIT');
  } finally {
    source.close();
  }
}

/** Also makes it one file: a copy has the journal's mode of its source, and would have a log beside it. */
function verify(part: string): void {
  const copied = new SqliteDatabase(part, { timeout: BUSY_TIMEOUT });
  try {
    copied.pragma('journal_mode = DELETE');
    const found = copied.pragma('integrity_check(1)', { simple: true });
    if (found !== 'ok') throw new MovingError(`The database is damaged, and so is its copy: ${String(found)}`);
  } finally {
    copied.close();
  }
}
