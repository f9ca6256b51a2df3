import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DATABASE_SCHEMA } from '../../src/app.schema.js';
import { type SqliteOptions, SqliteStorage } from '../../src/storage/sqlite/sqlite-storage.js';

/** Paths of databases that are not there yet, in a directory that goes with the tests. */
export class TemporaryFiles {
  private readonly directory = mkdtempSync(join(tmpdir(), 'kumocast-storage-'));
  private given = 0;

  next(): string {
    return join(this.directory, `${(this.given += 1)}.sqlite`);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export function openSqlite(file: string, options: Partial<SqliteOptions> = {}): Promise<SqliteStorage> {
  return SqliteStorage.open({ file, maxGroup: 128, ...DATABASE_SCHEMA, ...options });
}
