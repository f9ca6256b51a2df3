import type { SqlSession, SqlValue } from '../sql-session.js';
import { ApiError } from '../../wire/api-error.js';
import type { Connection } from './connection.js';
import { POSTGRESQL } from './postgresql-dialect.js';
import { NeedsOwnTransaction, RunAgain } from './postgresql-error.js';
import type { NumberedStatement } from './statements.js';
import type { TransactionMark, TransactionState } from './transaction-state.js';

/** What a session is for; see {@link SqlSession.placeChanges}. */
export interface SessionOptions {
  /** Sent before the first statement: a snapshot is taken as late as it can be. */
  readonly begin?: string;
  readonly placeChanges: () => Promise<number>;
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
  private hasFailed = false;
  private reason: RunAgain | undefined;
  private readonly beginning: TransactionMark;
  private prepareToWrite: (() => Promise<void>) | undefined;

  constructor(
    private readonly connection: Connection,
    private readonly options: SessionOptions,
  ) {
    this.beginning = connection.state.mark();
  }

  /**
   * Whether something is to be undone in the database when the unit fails: what was sent of it, or the mark that a failed
   * statement leaves. The rest is only to be forgotten: {@link takeBack}.
   */
  get hasLeftTraces(): boolean {
    return this.hasLeft || this.connection.state.hasSentSince(this.beginning);
  }

  /** @throws Error when the unit has ended: it is somebody else's then */
  get state(): TransactionState {
    this.ensureOpen();
    return this.connection.state;
  }

  /** Forgets what the unit has added, none of which was sent. */
  takeBack(): void {
    this.connection.state.rewind(this.beginning);
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
    const { waits } = this.connection.find(statement);
    if (waits !== undefined && this.state.defers) {
      this.state.pending.add(waits, parameters);
      return 0;
    }
    return (await this.query(statement, parameters)).rowCount ?? 0;
  }

  /** A statement that nothing concerns of what waits to be sent, and that waits for nobody itself. */
  async beside(text: string, parameters: readonly SqlValue[]) {
    this.ensureOpen();
    return await this.send(this.connection.find(text), parameters);
  }

  /** Sends what the units of the transaction have added so far. */
  async sendPending(): Promise<void> {
    this.ensureOpen();
    try {
      await this.prepareToWrite?.();
      await this.connection.sendPending();
    } catch (error) {
      if (error instanceof RunAgain) this.reason ??= error;
      throw error;
    }
  }

  /** @param prepare is called before anything of the unit is sent that can be undone */
  beforeWriting(prepare: () => Promise<void>): void {
    this.prepareToWrite = prepare;
  }

  /**
   * Other processes write too: an answer is good for one transaction, whose units were all asked for before it began.
   * To each of them it is as if it had been asked then.
   */
  async remember<T>(key: string, ask: () => Promise<T>): Promise<T> {
    return this.state.answers.find(key, ask);
  }

  async placeChanges(): Promise<number | undefined> {
    this.ensureOpen();
    return this.hasBegun ? undefined : this.options.placeChanges();
  }

  /** Begins something that can be undone by itself; what was added before the mark is no part of it. */
  async openSavepoint(name: string, { pending }: TransactionMark): Promise<void> {
    this.ensureOpen();
    await this.connection.sendPending(pending);
    await this.connection.send(`SAVEPOINT ${name}`);
  }

  async keepSavepoint(name: string): Promise<void> {
    this.ensureOpen();
    await this.connection.send(`RELEASE ${name}`);
  }

  async undoSavepoint(name: string): Promise<void> {
    this.ensureOpen();
    await this.connection.send(`ROLLBACK TO ${name}; RELEASE ${name}`);
    this.hasFailed = false;
  }

  /** Whether a statement has failed, and nothing can be asked before that is undone. */
  get isStuck(): boolean {
    return this.hasFailed;
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

  /** Gives the transaction up that it shares with units of other lists: somebody else might hold what it has to wait for. */
  leaveOthers(): never {
    this.reason ??= new NeedsOwnTransaction('it would wait for others while they may wait for its neighbours');
    throw this.reason;
  }

  private async query(text: string, parameters: readonly SqlValue[]) {
    this.ensureOpen();
    const statement = this.connection.find(text);
    if (this.options.begin !== undefined) await (this.begun ??= this.connection.begin(this.options.begin));
    else if (this.state.concerns(statement, parameters)) await this.sendPending();
    const { sees, reads, locks } = statement;
    if (locks && this.state.isShared && sees.entries !== 'one') this.leaveOthers();
    if (!reads && sees.counters !== undefined) this.state.counters.forget();
    if (!reads && sees.objects !== undefined) this.state.above.forgetAll();
    return this.send(statement, parameters);
  }

  private async send(statement: NumberedStatement, parameters: readonly SqlValue[]) {
    if (!statement.reads) {
      await this.prepareToWrite?.();
      this.hasLeft = true;
    }
    if (statement.refutes) this.state.answers.forget();
    try {
      return await this.connection.query(statement, parameters);
    } catch (error) {
      this.hasLeft = true;
      this.hasFailed = true;
      if (error instanceof RunAgain) this.reason ??= error;
      throw error;
    }
  }
}
