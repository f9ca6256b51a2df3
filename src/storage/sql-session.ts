/** What a statement may be given and may give back. */
export type SqlValue = string | number | bigint | Buffer | null;

/**
 * SQL inside one transaction or one snapshot. Placeholders are `?`; text given by a caller is a parameter, never part
 * of the statement. Statements are prepared once per text, so their text must be drawn from a bounded set.
 */
export interface SqlSession {
  /** Every row. */
  all<Row>(statement: string, parameters?: readonly SqlValue[]): Promise<Row[]>;
  /** The first row, if there is one. */
  first<Row>(statement: string, parameters?: readonly SqlValue[]): Promise<Row | undefined>;
  /** Runs it for its effect; answers how many rows it changed. */
  run(statement: string, parameters?: readonly SqlValue[]): Promise<number>;
}
