import type { SqlSession, SqlValue } from '../sql-session.js';
import { ApiError } from '../../wire/api-error.js';
import type { Connection } from './connection.js';
import { POSTGRESQL } from './postgresql-dialect.js';
import { RunAgain } from './postgresql-error.js';

/** What a session is for; see {@link SqlSession.placeChanges}. */
export interface SessionOptions {
  /** Sent before the first statement: a snapshot is taken as late as it can be. */
  readonly begin?: string;
  readonly placeChanges: () => Promise<void>;
}

/**
 * A session that ends with its unit or snapshot, so that a forgotten promise can never write into somebody else's
 * transaction.
 */
export class PostgresqlSession implements SqlSession {
  readonly dialect = POSTGRESQL;
  private hasEnded = false;
  private begun: Promise<void> | undefined;
  private hasLeft = false;
  private reason: RunAgain | undefined;

  constructor(
    private readonly connection: Connection,
    private readonly options: SessionOptions,
  ) {}

  /** Whether something is to be undone when the unit fails: what it wrote, or the mark that a failed statement leaves. */
  get hasLeftTraces(): boolean {
    return this.hasLeft;
  }

  /** Why the whole unit must run again; nothing more is sent once there is a reason. */
  get mustRunAgain(): RunAgain | undefined {
    return this.reason;
  }

  get hasBegun(): boolean {
    return this.begun !== undefined;
  }

  async all<Row>(statement: string, parameters: readonly SqlValue[] = []): Promise<Row[]> {
    return (await this.query(statement, parameters)).rows as Row[];
  }

  async first<Row>(statement: string, parameters: readonly SqlValue[] = []): Promise<Row | undefined> {
    return (await this.query(statement, parameters)).rows[0] as Row | undefined;
  }

  async run(statement: string, parameters: readonly SqlValue[] = []): Promise<number> {
    return (await this.query(statement, parameters)).rowCount ?? 0;
  }

  /**
   * Other processes write too: an answer is good for one transaction, whose units were all asked for before it began.
   * To each of them it is as if it had been asked then.
   */
  remember<T>(key: string, ask: () => Promise<T>): Promise<T> {
    this.ensureOpen();
    return this.connection.remembered.find(key, ask);
  }

  async placeChanges(): Promise<void> {
    this.ensureOpen();
    if (!this.hasBegun) await this.options.placeChanges();
  }

  /** For statements about the transaction itself. */
  async send(text: string): Promise<void> {
    this.ensureOpen();
    await this.connection.send(text);
  }

  /** The same for one that undoes something: what was read since may be wrong. */
  async undo(text: string): Promise<void> {
    this.connection.remembered.forget();
    await this.send(text);
  }

  /** Gives the unit up; what it wrote is undone, and it runs again. */
  runAgain(why: string): never {
    this.reason ??= new RunAgain(why);
    throw this.reason;
  }

  close(): void {
    this.hasEnded = true;
  }

  get isOpen(): boolean {
    return !this.hasEnded && this.reason === undefined && !this.connection.isLost;
  }

  /** @throws Error when the unit or snapshot has ended */
  ensureOpen(): void {
    if (this.hasEnded) throw new Error('This unit of work or snapshot has ended: something was not awaited inside it.');
    if (this.reason !== undefined) throw this.reason;
    if (this.connection.isLost) throw new ApiError('BACKEND', { cause: new Error('the connection was lost') });
  }

  private async query(text: string, parameters: readonly SqlValue[]) {
    this.ensureOpen();
    const statement = this.connection.find(text);
    if (!statement.reads) this.hasLeft = true;
    if (statement.refutes) this.connection.remembered.forget();
    if (this.options.begin !== undefined) await (this.begun ??= this.connection.begin(this.options.begin));
    try {
      return await this.connection.query(statement, parameters);
    } catch (error) {
      this.hasLeft = true;
      if (error instanceof RunAgain) this.reason ??= error;
      throw error;
    }
  }
}
