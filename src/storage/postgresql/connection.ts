import type pg from 'pg';
import { ApiError } from '../../wire/api-error.js';
import type { SqlValue } from '../sql-session.js';
import { WRITE_TOGETHER } from './adding.js';
import { COLUMN_VALUES } from './column-values.js';
import type { PendingMark } from './pending-writes.js';
import { inOurWords, isLost, RunAgain } from './postgresql-error.js';
import type { NumberedStatement, Statements } from './statements.js';
import { TransactionState, type TransactionOptions } from './transaction-state.js';

/** One connection while it is lent. Statements are run in the order in which they are sent. */
export class Connection {
  private lost = false;
  /** Whether a transaction has been begun and not ended. */
  private isOpen = false;
  private current = new TransactionState();

  constructor(
    private readonly client: pg.PoolClient,
    private readonly statements: Statements,
  ) {}

  /** Of the open transaction, whose units were all asked for before it began. */
  get state(): TransactionState {
    return this.current;
  }

  /** Whether there is nobody at the other end any more. */
  get isLost(): boolean {
    return this.lost;
  }

  async begin(text: string, options?: TransactionOptions): Promise<void> {
    this.current = new TransactionState(options);
    this.isOpen = true;
    await this.send(text);
  }

  /** Ends the open transaction, if there is one; what it wrote is undone. */
  async rollback(): Promise<void> {
    if (!this.isOpen || this.lost) return;
    this.isOpen = false;
    await this.send('ROLLBACK');
  }

  find(text: string): NumberedStatement {
    return this.statements.find(text);
  }

  /** @throws ApiError or RunAgain, in the words of {@link inOurWords} */
  async query(statement: NumberedStatement, values: readonly SqlValue[]): Promise<pg.QueryResult<Row>> {
    try {
      return await this.client.query<Row>({
        text: statement.text,
        ...(statement.name === undefined ? {} : { name: statement.name }),
        values: values as SqlValue[],
        types: COLUMN_VALUES,
      });
    } catch (error) {
      this.lost ||= isLost(error);
      throw inOurWords(error);
    }
  }

  /**
   * Sends what the transaction's units have added, in one journey.
   *
   * @param upTo only what was added before, and no counter rows
   * @throws RunAgain when something of it cannot be: whose fault it is shows when the units run one by one
   */
  async sendPending(upTo?: PendingMark): Promise<void> {
    const { pending, counters } = this.current;
    if (pending.isEmpty && (upTo !== undefined || !counters.lags())) return;
    const counted = upTo === undefined ? counters.take() : [];
    const { objects, entries, changes, made } = pending.take(upTo);
    let answered: Row | undefined;
    try {
      const values = [`[${counted.join(',')}]`, objects, entries, changes];
      answered = (await this.query(this.find(WRITE_TOGETHER), values)).rows[0];
    } catch (error) {
      throw this.lost ? error : new RunAgain('what units wrote together was refused', { cause: error });
    }
    if (answered?.made !== made) throw new RunAgain('an object was created meanwhile');
    if (answered.counted !== counted.length) throw new RunAgain('a counter row has gone');
  }

  /** To be called when nothing is pending. @throws ApiError BACKEND when it was undone instead, or nobody knows */
  async commit(): Promise<void> {
    this.isOpen = false;
    let answered: string;
    try {
      answered = (await this.client.query('COMMIT')).command;
    } catch (error) {
      this.lost ||= isLost(error);
      throw inOurWords(error);
    }
    // After a failed statement COMMIT means ROLLBACK, and is no error.
    if (answered !== 'COMMIT') throw new ApiError('BACKEND', { cause: new Error('a failed statement undid the unit') });
  }

  /**
   * Statements without parameters that begin and end a transaction of their own.
   *
   * @returns the rows of all of them; numbers in them are texts
   */
  async sendTransaction(text: string): Promise<Row[]> {
    this.isOpen = true;
    try {
      const results = (await this.client.query<Row>(text)) as unknown as pg.QueryResult<Row>[];
      this.isOpen = false;
      return results.flatMap(({ rows }) => rows);
    } catch (error) {
      this.lost ||= isLost(error);
      throw inOurWords(error);
    }
  }

  /** What has neither parameters nor an answer: BEGIN, SAVEPOINT, SET. */
  async send(text: string): Promise<void> {
    try {
      await this.client.query(text);
    } catch (error) {
      this.lost ||= isLost(error);
      throw inOurWords(error);
    }
  }
}

export type Row = Record<string, unknown>;
