import type { SqlSession } from '../sql-session.js';
import type { DumpRow, DumpTable } from './dump-tables.js';

/** A row as the database gives it, by its columns' names. */
export type NamedRow = Readonly<Record<string, unknown>>;

/** What the databases do in their own way when everything is moved. */
export interface MovingBackend {
  /** To be called before anything is read: the snapshot may last. */
  beginReading(sql: SqlSession): Promise<void>;
  count(sql: SqlSession, table: DumpTable): Promise<number>;
  /** All rows in the order of the table's key, some at a time. */
  rows(sql: SqlSession, table: DumpTable): AsyncGenerator<readonly NamedRow[]>;
  /**
   * Keeps everybody else from writing until the end of the unit.
   *
   * @throws MovingError when somebody else is at work there
   */
  beginWriting(sql: SqlSession): Promise<void>;
  hasRows(sql: SqlSession, table: DumpTable): Promise<boolean>;
  insert(sql: SqlSession, table: DumpTable, rows: readonly DumpRow[]): Promise<void>;
  /** To be called when every row is there. */
  endWriting(sql: SqlSession): Promise<void>;
}
