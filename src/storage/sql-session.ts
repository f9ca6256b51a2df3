import type { SqlDialect } from './sql-dialect.js';

/** What a statement may be given and may give back. */
export type SqlValue = string | number | bigint | Buffer | null;

/**
 * SQL inside one transaction or one snapshot. Placeholders are `?`; text given by a caller is a parameter, never part
 * of the statement. Statements are prepared once per text, so their text must be drawn from a bounded set.
 */
export interface SqlSession {
  /** What has to be said in this database's own words. */
  readonly dialect: SqlDialect;
  /** Every row. */
  all<Row>(statement: string, parameters?: readonly SqlValue[]): Promise<Row[]>;
  /** The first row, if there is one. */
  first<Row>(statement: string, parameters?: readonly SqlValue[]): Promise<Row | undefined>;
  /** Runs it for its effect; answers how many rows it changed. */
  run(statement: string, parameters?: readonly SqlValue[]): Promise<number>;
  /**
   * Asks, unless the answer is still known: for what every write asks first. An answer may be kept until something is
   * written, or undone, that could change it; so the question must be one whose affirmative answer is not changed by
   * adding or replacing objects, adding access control entries, or by the log. `undefined` and `false` are never kept.
   *
   * @param key names the question among all that are asked this way
   */
  remember<T>(key: string, ask: () => Promise<T>): Promise<T>;
  /**
   * To be called before the change log is read: every change committed so far has its place in the log. Where commits
   * come one after another, they have it already.
   *
   * @returns the newest place, where that is known by then
   */
  placeChanges?(): Promise<number | undefined>;
}
