import { existsSync } from 'node:fs';
import SqliteDatabase from 'better-sqlite3';
import type { DatabaseSchema } from '../open-storage.js';

/**
 * The names of the migrations that the file lacks, in their order; nothing is written, and nobody is in the way who
 * uses the file.
 *
 * @param file the path of a database that may not be there yet
 * @throws Error when it is no database
 */
export function findPendingMigrations(file: string, { migrations }: DatabaseSchema): string[] {
  const known = Object.values(migrations).map((migration) => (typeof migration === 'function' ? migration.name : ''));
  const done = existsSync(file) ? migrationsIn(file) : new Set<string>();
  return known.filter((name) => name !== '' && !done.has(name));
}

function migrationsIn(file: string): Set<string> {
  const database = new SqliteDatabase(file, { readonly: true });
  try {
    const table = database.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migrations'").get();
    if (table === undefined) return new Set();
    const rows = database.prepare<[], { name: string }>('SELECT name FROM migrations').all();
    return new Set(rows.map(({ name }) => name));
  } finally {
    database.close();
  }
}
