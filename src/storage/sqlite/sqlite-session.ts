import type { Database, Statement } from 'better-sqlite3';
import type { SqlSession, SqlValue } from '../sql-session.js';

/**
 * How many prepared statements one connection keeps. The everyday ones are a few dozen; filters of list queries make
 * more, and those that have not been used for long make room.
 */
const MAX_STATEMENTS = 500;

/** One better-sqlite3 connection as a session. Its calls are synchronous underneath: no other work slips in between. */
export class SqliteSession implements SqlSession {
  private readonly statements = new Map<string, Statement<unknown[]>>();

  constructor(readonly database: Database) {}

  async all<Row>(statement: string, parameters: readonly SqlValue[] = []): Promise<Row[]> {
    return this.prepare(statement).all(parameters) as Row[];
  }

  async first<Row>(statement: string, parameters: readonly SqlValue[] = []): Promise<Row | undefined> {
    return this.prepare(statement).get(parameters) as Row | undefined;
  }

  async run(statement: string, parameters: readonly SqlValue[] = []): Promise<number> {
    return this.prepare(statement).run(parameters).changes;
  }

  private prepare(text: string): Statement<unknown[]> {
    const known = this.statements.get(text);
    if (known !== undefined) return known;
    if (this.statements.size >= MAX_STATEMENTS) {
      // A Map keeps the order of insertion: the first key is the oldest.
      this.statements.delete(this.statements.keys().next().value!);
    }
    const prepared = this.database.prepare<unknown[]>(text);
    this.statements.set(text, prepared);
    return prepared;
  }
}

/** A session that can be closed, so that a unit's forgotten promise can never write into somebody else's transaction. */
export class ClosableSession implements SqlSession {
  private isOpen = true;

  constructor(private readonly session: SqlSession) {}

  async all<Row>(statement: string, parameters?: readonly SqlValue[]): Promise<Row[]> {
    this.ensureOpen();
    return this.session.all<Row>(statement, parameters);
  }

  async first<Row>(statement: string, parameters?: readonly SqlValue[]): Promise<Row | undefined> {
    this.ensureOpen();
    return this.session.first<Row>(statement, parameters);
  }

  async run(statement: string, parameters?: readonly SqlValue[]): Promise<number> {
    this.ensureOpen();
    return this.session.run(statement, parameters);
  }

  close(): void {
    this.isOpen = false;
  }

  private ensureOpen(): void {
    if (!this.isOpen) throw new Error('This unit of work or snapshot has ended: something was not awaited inside it.');
  }
}
