import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DATABASE_SCHEMA } from '../../src/app.schema.js';
import { SqliteStorage } from '../../src/storage/sqlite/sqlite-storage.js';

/** A real database file that can be closed and opened again, and that is gone at the end. */
export class TemporaryStorage {
  private readonly directory = mkdtempSync(join(tmpdir(), 'kumocast-test-'));
  private readonly opened: SqliteStorage[] = [];
  private files = 0;

  /** @param name the file's; the same name is the same database */
  async open(name = `test-${this.files++}`): Promise<SqliteStorage> {
    const file = join(this.directory, `${name}.sqlite`);
    const storage = await SqliteStorage.open({ file, maxGroup: 128, ...DATABASE_SCHEMA });
    this.opened.push(storage);
    return storage;
  }

  async close(storage: SqliteStorage): Promise<void> {
    this.opened.splice(this.opened.indexOf(storage), 1);
    await storage.close();
  }

  async remove(): Promise<void> {
    for (const storage of this.opened.splice(0)) await storage.close();
    rmSync(this.directory, { recursive: true });
  }
}
