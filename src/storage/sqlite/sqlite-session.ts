import type { Database, Statement } from 'better-sqlite3';
import { ApiError } from '../../wire/api-error.js';
import type { SqlSession, SqlValue } from '../sql-session.js';

/**
 * A connection keeps the prepared statements of two generations, each of at most this many. The everyday ones are a
 * few dozen; filters of list queries make more.
 */
const GENERATION = 250;

/** The prepared statements of one better-sqlite3 connection. Its calls are synchronous: no other work slips in between. */
export class SqliteStatements {
  private current = new Map<string, Statement<unknown[]>>();
  private previous = new Map<string, Statement<unknown[]>>();

  constructor(readonly database: Database) {}

  /**
   * When a generation is full the one before it goes. What is in use has moved on by then, so that however many
   * shapes of filters come by, the statements of every request stay; and a hit costs one look-up.
   */
  prepare(text: string): Statement<unknown[]> {
    const known = this.current.get(text);
    if (known !== undefined) return known;
    const statement = this.previous.get(text) ?? this.database.prepare<unknown[]>(text);
    if (this.current.size >= GENERATION) {
      this.previous = this.current;
      this.current = new Map();
    }
    this.current.set(text, statement);
    return statement;
  }
}

/**
 * A session that ends with its unit or snapshot, so that a forgotten promise can never write into somebody else's
 * transaction. It ends too when the database gives up the transaction by itself (disk full, I/O error): whatever
 * followed would be committed statement by statement.
 */
export class ClosableSession implements SqlSession {
  private hasEnded = false;

  constructor(private readonly statements: SqliteStatements) {}

  get isOpen(): boolean {
    return !this.hasEnded && this.statements.database.inTransaction;
  }

  async all<Row>(statement: string, parameters: readonly SqlValue[] = []): Promise<Row[]> {
    this.ensureOpen();
    return this.statements.prepare(statement).all(parameters) as Row[];
  }

  async first<Row>(statement: string, parameters: readonly SqlValue[] = []): Promise<Row | undefined> {
    this.ensureOpen();
    return this.statements.prepare(statement).get(parameters) as Row | undefined;
  }

  async run(statement: string, parameters: readonly SqlValue[] = []): Promise<number> {
    this.ensureOpen();
    return this.statements.prepare(statement).run(parameters).changes;
  }

  close(): void {
    this.hasEnded = true;
  }

  /** @throws Error when the unit or snapshot has ended; ApiError BACKEND when the database gave up its transaction */
  ensureOpen(): void {
    if (this.isOpen) return;
    if (!this.hasEnded) throw new ApiError('BACKEND', { cause: new Error('SQLite gave up the transaction') });
    throw new Error('This unit of work or snapshot has ended: something was not awaited inside it.');
  }
}
