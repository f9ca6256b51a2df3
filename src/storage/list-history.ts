import type { Position } from '../wire/position.js';
import { readListed, type ListedRow, type LoggedChange } from './journal.js';
import type { SqlSession } from './sql-session.js';
import type { ObjectList } from './storage.js';

/** What the log has of one changed object, as whoever follows its list needs it. */
export type ListedChange = Omit<LoggedChange, 'id' | 'list'>;

interface TopRow {
  readonly epoch: string | null;
  readonly n: number | null;
  readonly salt: number | null;
}

/** The statements on the table that has the changes of each list. */
interface Statements {
  readonly top: string;
  readonly salt: string;
  readonly after: string;
}

function statementsOn(changes: string): Statements {
  return {
    top: `SELECT epoch, n, (SELECT salt FROM ${changes} AS changes WHERE changes.parent_id = timestamps.parent_id
        AND changes.resource_name = timestamps.resource_name AND changes.n = timestamps.n
        AND changes.epoch = timestamps.epoch) AS salt
      FROM timestamps WHERE parent_id = ? AND resource_name = ?`,
    salt: `SELECT salt FROM ${changes} WHERE parent_id = ? AND resource_name = ? AND epoch = ? AND n = ?`,
    after: `SELECT object_id, epoch, n, salt, action, timestamp, user_id, request_id, last, new_object, old_object,
        principals
      FROM ${changes} WHERE parent_id = ? AND resource_name = ? AND epoch = ? AND n > ? ORDER BY n LIMIT ?`,
  };
}

/** By the name of the table: made once for each database there is. */
const known = new Map<string, Statements>();

function statementsFor({ dialect: { listedChanges = 'changes' } }: SqlSession): Statements {
  const statements = known.get(listedChanges) ?? statementsOn(listedChanges);
  known.set(listedChanges, statements);
  return statements;
}

/** Of a list that no change of ours has been counted in: its first one will begin a real one. */
const NO_EPOCH = '0';

/** What the change log knows of one list. Within a list, numbers are in commit order and without gaps. */
export const listHistory = {
  /**
   * The list's newest position in this snapshot. Its salt is 0 when the change has left the log; a list that has none
   * yet is at its beginning.
   */
  async top(sql: SqlSession, { parentId, resourceName }: ObjectList): Promise<Position> {
    const row = await sql.first<TopRow>(statementsFor(sql).top, [parentId, resourceName]);
    return { epoch: row?.epoch ?? NO_EPOCH, n: row?.n ?? 0, salt: row?.salt ?? 0 };
  },

  /** The salt of that change; `undefined` when it is not in the log. */
  async findSalt(sql: SqlSession, list: ObjectList, { epoch, n }: Position): Promise<number | undefined> {
    return (await sql.first<{ salt: number }>(statementsFor(sql).salt, [list.parentId, list.resourceName, epoch, n]))
      ?.salt;
  },

  /** The changes after that one, in order, at most `limit`. What the log has lost is missing at their beginning. */
  async readAfter(
    sql: SqlSession,
    { parentId, resourceName }: ObjectList,
    { epoch, n }: Pick<Position, 'epoch' | 'n'>,
    limit: number,
  ): Promise<ListedChange[]> {
    const rows = await sql.all<ListedRow>(statementsFor(sql).after, [parentId, resourceName, epoch, n, limit]);
    return rows.map(readListed);
  },
};
