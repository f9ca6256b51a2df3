import type { Database, Statement } from 'better-sqlite3';

/** A place in the open transaction to come back to. Several of one name lie within each other. */
export class Savepoint {
  private readonly start: Statement;
  private readonly release: Statement;
  private readonly rollback: Statement;

  constructor(database: Database, name: string) {
    this.start = database.prepare(`SAVEPOINT ${name}`);
    this.release = database.prepare(`RELEASE ${name}`);
    this.rollback = database.prepare(`ROLLBACK TO ${name}`);
  }

  begin(): void {
    this.start.run();
  }

  keep(): void {
    this.release.run();
  }

  /** Undoes what came since, and ends. */
  undo(): void {
    this.rollback.run();
    this.release.run();
  }
}
