import type { JsonValue } from '../wire/json.js';
import type { Filter } from '../wire/query/list-query.js';
import type { UriShapes } from '../wire/uri.js';
import type { Fragment } from './query-conditions.js';

/** How the rows of a list follow each other by one field of theirs. */
export interface SortExpression {
  /** What the database orders by. */
  readonly expression: Fragment;
  /** Whether a row's value is behind, before or the same as this one; `undefined`: its object lacks the field. */
  readonly compare: (sign: '>' | '<' | '=', value: JsonValue | undefined) => Fragment;
}

/** What the columns that are compared hold: texts, or moments in ms since the epoch. */
export type ColumnKind = 'text' | 'moment';

/**
 * What the databases say in different words. Everything else is written in SQL that all of them read: TRUE and FALSE,
 * ON CONFLICT, `->>`; a subquery has a name. Columns come back alike: moments as ms, booleans as 0 and 1, JSON as text.
 */
export interface SqlDialect {
  /** The moment at which it is evaluated, by the database's own clock, in ms since the epoch. */
  readonly clock: string;
  /** A moment as the value of a parameter. @param ms since the epoch */
  moment(ms: number): string | number;
  /** Whether the expression is one of the values. They are one parameter: the statement is the same for any number. */
  isOneOf(expression: string, values: readonly JsonValue[], kind?: ColumnKind): Fragment;
  /** Whether the text form of a column matches (kinto-api.md, 5.3). */
  columnLike(column: string, kind: ColumnKind, pattern: string): Fragment;
  /** The condition of a filter on a field of the JSON in `data` (kinto-api.md, 5.2). */
  fieldCondition(filter: Filter, path: readonly string[]): Fragment;
  /** The order of a field of the JSON in `data`. */
  fieldOrder(path: readonly string[]): SortExpression;
  /** JSON of what a URI says of its object; NULL when it leads to none. @param expression the URI */
  describeUri(expression: string, shapes: UriShapes): Fragment;
  /** A text column, compared byte by byte whatever the database's language. */
  bytewise(column: string): string;
  /**
   * Adds an access control entry, unless it is there: the object, the permission, the principal. How many rows it has
   * changed is not told: where each statement is a journey to the server, it waits, and goes together with others of its
   * transaction, before anything that could see it and before the commit.
   */
  readonly addEntry?: string;
  /**
   * Appends to the change log, at once and as late as `addEntry`: one parameter, a JSON array of rows, each an array of
   * the columns that `journal.ts` names.
   */
  readonly appendChanges?: string;
  /** Where one list's changes are read; those that have no place in the log yet are there, too. Default `changes`. */
  readonly listedChanges?: string;
}
