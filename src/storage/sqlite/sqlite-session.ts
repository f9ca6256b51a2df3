import type { Database, Statement } from 'better-sqlite3';
import { ApiError } from '../../wire/api-error.js';
import { NEVER_REFUTES } from '../remembered-answers.js';
import type { SqlSession, SqlValue } from '../sql-session.js';
import { SQLITE } from './sqlite-dialect.js';

/**
 * A connection keeps the prepared statements of two generations, each of at most this many. The everyday ones are a
 * few dozen; filters of list queries make more.
 */
const GENERATION = 250;

/** A statement, whether running it could make a remembered answer wrong, and whether it writes at all. */
interface Prepared {
  readonly statement: Statement<unknown[]>;
  readonly refutes: boolean;
  readonly writes: boolean;
}

/** How many answers a connection remembers: some MB. */
const MAX_REMEMBERED = 20_000;

/** The prepared statements of one better-sqlite3 connection. Its calls are synchronous: no other work slips in between. */
export class SqliteStatements {
  private current = new Map<string, Prepared>();
  private previous = new Map<string, Prepared>();
  private readonly answers = new Map<string, unknown>();
  private writesBegun = 0;

  /**
   * @param remembers whether this connection is the only one that writes, so that nothing else can make a remembered
   *   answer wrong
   */
  constructor(
    readonly database: Database,
    private readonly remembers: boolean,
  ) {}

  /**
   * When a generation is full the one before it goes. What is in use has moved on by then, so that however many
   * shapes of filters come by, the statements of every request stay; and a hit costs one look-up.
   */
  private find(text: string): Prepared {
    const known = this.current.get(text);
    if (known !== undefined) return known;
    const prepared = this.previous.get(text) ?? this.make(text);
    if (this.current.size >= GENERATION) {
      this.previous = this.current;
      this.current = new Map();
    }
    this.current.set(text, prepared);
    return prepared;
  }

  private make(text: string): Prepared {
    const statement = this.database.prepare<unknown[]>(text);
    return { statement, refutes: !NEVER_REFUTES.test(text), writes: !statement.readonly };
  }

  /** How many statements that write have been asked for. */
  get writes(): number {
    return this.writesBegun;
  }

  /** Whatever it does is known from now on. */
  prepare(text: string): Statement<unknown[]> {
    const { statement, refutes, writes } = this.find(text);
    if (refutes) this.forget();
    if (writes) this.writesBegun += 1;
    return statement;
  }

  async remember<T>(key: string, ask: () => Promise<T>): Promise<T> {
    const known = this.answers.get(key);
    if (known !== undefined) return known as T;
    const answer = await ask();
    if (this.remembers && answer !== undefined && answer !== false) {
      if (this.answers.size >= MAX_REMEMBERED) this.answers.clear();
      this.answers.set(key, answer);
    }
    return answer;
  }

  /** To be called when something is undone. */
  forget(): void {
    if (this.answers.size > 0) this.answers.clear();
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

  get dialect() {
    return SQLITE;
  }

  get isOpen(): boolean {
    return !this.hasEnded && this.statements.database.inTransaction;
  }

  async all<Row>(statement: string, parameters: readonly SqlValue[] = []): Promise<Row[]> {
    this.ensureOpen();
    return this.statements.prepare(statement).all(...parameters) as Row[];
  }

  async first<Row>(statement: string, parameters: readonly SqlValue[] = []): Promise<Row | undefined> {
    this.ensureOpen();
    return this.statements.prepare(statement).get(...parameters) as Row | undefined;
  }

  async run(statement: string, parameters: readonly SqlValue[] = []): Promise<number> {
    this.ensureOpen();
    return this.statements.prepare(statement).run(...parameters).changes;
  }

  remember<T>(key: string, ask: () => Promise<T>): Promise<T> {
    this.ensureOpen();
    return this.statements.remember(key, ask);
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
