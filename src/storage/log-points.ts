import type { Position } from '../wire/position.js';
import type { SqlSession } from './sql-session.js';
import type { ObjectList } from './storage.js';

/** A change's place in the whole log, whatever its list. */
export interface LogPoint {
  /** The global position. */
  readonly id: number;
  /** That of the change's own position: tells a log that was restored from a backup from the one that went on. */
  readonly salt: number;
}

const NEWEST = 'SELECT id, salt FROM changes ORDER BY id DESC LIMIT 1';

const OLDEST = 'SELECT id, salt FROM changes ORDER BY id LIMIT 1';

const SALT_AT = 'SELECT salt FROM changes WHERE id = ?';

const ID_OF = 'SELECT id FROM changes WHERE parent_id = ? AND resource_name = ? AND epoch = ? AND n = ?';

/** By the list, whose epoch it is: the log itself is too long to be looked through. */
const ID_AT = `SELECT changes.id AS id FROM timestamps JOIN changes ON changes.parent_id = timestamps.parent_id
  AND changes.resource_name = timestamps.resource_name AND changes.epoch = timestamps.epoch
  WHERE timestamps.epoch = ? AND changes.n = ? AND changes.salt = ?`;

/** Places in the whole log. Before it is asked for the newest, the log must have placed every change. */
export const logPoints = {
  newest(sql: SqlSession): Promise<LogPoint | undefined> {
    return sql.first(NEWEST);
  },

  oldest(sql: SqlSession): Promise<LogPoint | undefined> {
    return sql.first(OLDEST);
  },

  /** `undefined` when that change is not in the log. */
  async findSalt(sql: SqlSession, id: number): Promise<number | undefined> {
    return (await sql.first<{ salt: number }>(SALT_AT, [id]))?.salt;
  },

  /** Of a change that is not in the log itself: whether everything that came after it is. */
  async beginsAfter(sql: SqlSession, id: number): Promise<boolean> {
    const oldest = await logPoints.oldest(sql);
    return oldest === undefined ? id === 0 : id === oldest.id - 1;
  },

  /** The global position of that change of a list; `undefined` when it is not in the log. */
  async findId(
    sql: SqlSession,
    { parentId, resourceName }: ObjectList,
    { epoch, n }: Pick<Position, 'epoch' | 'n'>,
  ): Promise<number | undefined> {
    return (await sql.first<{ id: number }>(ID_OF, [parentId, resourceName, epoch, n]))?.id;
  },

  /** The same of whatever list has it. */
  async findIdAnywhere(sql: SqlSession, { epoch, n, salt }: Position): Promise<number | undefined> {
    return (await sql.first<{ id: number }>(ID_AT, [epoch, n, salt]))?.id;
  },
};
