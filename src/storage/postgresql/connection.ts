import type pg from 'pg';
import { ApiError } from '../../wire/api-error.js';
import { RememberedAnswers } from '../remembered-answers.js';
import type { SqlValue } from '../sql-session.js';
import { COLUMN_VALUES } from './column-values.js';
import { inOurWords, isLost } from './postgresql-error.js';
import type { NumberedStatement, Statements } from './statements.js';

/** One connection while it is lent. Statements are run in the order in which they are sent. */
export class Connection {
  private lost = false;
  /** Whether a transaction has been begun and not ended. */
  private isOpen = false;
  private answers = new RememberedAnswers();

  constructor(
    private readonly client: pg.PoolClient,
    private readonly statements: Statements,
  ) {}

  /** Of the open transaction, whose units were all asked for before it began. */
  get remembered(): RememberedAnswers {
    return this.answers;
  }

  /** Whether there is nobody at the other end any more. */
  get isLost(): boolean {
    return this.lost;
  }

  async begin(text: string): Promise<void> {
    this.answers = new RememberedAnswers();
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

  /** @throws ApiError BACKEND when it was undone instead, or nobody knows */
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
