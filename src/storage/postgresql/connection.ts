import type pg from 'pg';
import { ApiError } from '../../wire/api-error.js';
import type { SqlValue } from '../sql-session.js';
import { COLUMN_VALUES } from './column-values.js';
import { inOurWords, isLost } from './postgresql-error.js';
import type { NumberedStatement, Statements } from './statements.js';

/** One connection while it is lent. Statements are run in the order in which they are sent. */
export class Connection {
  private lost = false;

  constructor(
    private readonly client: pg.PoolClient,
    private readonly statements: Statements,
  ) {}

  /** Whether there is nobody at the other end any more. */
  get isLost(): boolean {
    return this.lost;
  }

  find(text: string): NumberedStatement {
    return this.statements.find(text);
  }

  /** @throws ApiError or RunAgain, in the words of {@link inOurWords} */
  async query(statement: NumberedStatement, values: readonly SqlValue[]): Promise<pg.QueryResult<Row>> {
    try {
      return await this.client.query<Row>({ ...statement, values: values as SqlValue[], types: COLUMN_VALUES });
    } catch (error) {
      this.lost ||= isLost(error);
      throw inOurWords(error);
    }
  }

  /** @throws ApiError BACKEND when it was undone instead, or nobody knows */
  async commit(): Promise<void> {
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
