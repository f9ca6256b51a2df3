import type { SqlSession } from './sql-session.js';

interface Place {
  readonly change_id: number | null;
}

const UP_TO = `DELETE FROM changes WHERE id IN (SELECT id FROM changes WHERE id <= ? ORDER BY id LIMIT ?)`;

/** The old end of the change log: how old it is, who still needs it, and taking it away. */
export const trimming = {
  /**
   * Notes which was the newest change at this moment.
   *
   * @param now ms since the epoch; a clock that went back overwrites nothing
   */
  async mark(sql: SqlSession, now: number, changeId: number): Promise<void> {
    await sql.run('INSERT INTO change_marks (at, change_id) VALUES (?, ?) ON CONFLICT (at) DO NOTHING', [
      now,
      changeId,
    ]);
  },

  /** The newest change that is known to be as old as that, in ms since the epoch; 0: none is. */
  async newestBefore(sql: SqlSession, time: number): Promise<number> {
    const find = 'SELECT max(change_id) AS change_id FROM change_marks WHERE at <= ?';
    return (await sql.first<Place>(find, [time]))?.change_id ?? 0;
  },

  /** The newest change of which there is a mark. */
  async newestMark(sql: SqlSession): Promise<number> {
    return (await sql.first<Place>('SELECT max(change_id) AS change_id FROM change_marks'))?.change_id ?? 0;
  },

  /** Whoever reads the log onward and has not come past `changeId`. */
  behind(sql: SqlSession, changeId: number): Promise<{ consumer: string; change_id: number }[]> {
    return sql.all('SELECT consumer, change_id FROM cursors WHERE change_id < ? ORDER BY change_id', [changeId]);
  },

  /** How many changes lie between the two, the latter one included. */
  async count(sql: SqlSession, after: number, upTo: number): Promise<number> {
    const count = 'SELECT count(*) AS count FROM changes WHERE id > ? AND id <= ?';
    return (await sql.first<{ count: number }>(count, [after, upTo]))?.count ?? 0;
  },

  /** @returns how many were deleted, at most `limit`, the oldest first */
  delete(sql: SqlSession, upTo: number, limit: number): Promise<number> {
    return sql.run(UP_TO, [upTo, limit]);
  },

  /** Of what is gone no mark is needed any more. */
  async dropMarks(sql: SqlSession, upTo: number): Promise<void> {
    await sql.run('DELETE FROM change_marks WHERE change_id <= ?', [upTo]);
  },
};
