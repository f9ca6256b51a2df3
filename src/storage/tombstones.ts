import type { SqlSession } from './sql-session.js';

/** The tombstones of one resource that are not among the newest of their list. By their whole key: ids are not unique. */
const DISPENSABLE = `SELECT parent_id, resource_name, id, change_n FROM (
    SELECT parent_id, resource_name, id, change_n,
      row_number() OVER (PARTITION BY parent_id ORDER BY last_modified DESC) AS place
    FROM objects WHERE resource_name = ? AND deleted = TRUE
  ) AS placed WHERE place > ?`;

const NOTE_PURGED = `UPDATE timestamps SET purged_to_n =
  CASE WHEN timestamps.purged_to_n > gone.n THEN timestamps.purged_to_n ELSE gone.n END
  FROM (SELECT parent_id, resource_name, coalesce(max(change_n), 0) AS n FROM (${DISPENSABLE}) AS counted
    GROUP BY parent_id, resource_name) AS gone
  WHERE timestamps.parent_id = gone.parent_id AND timestamps.resource_name = gone.resource_name`;

const PURGE = `DELETE FROM objects WHERE deleted = TRUE AND (parent_id, resource_name, id) IN
  (SELECT parent_id, resource_name, id FROM (${DISPENSABLE}) AS dispensable)`;

export const tombstones = {
  /**
   * Removes all tombstones of a resource but the newest of each list. Who was away for longer than they reach back is
   * not told of those deletions any more; the lists' timestamps stay.
   *
   * @param retained how many to keep below each parent
   * @returns how many were removed
   */
  async purge(sql: SqlSession, resourceName: string, retained: number): Promise<number> {
    await sql.run(NOTE_PURGED, [resourceName, retained]);
    return sql.run(PURGE, [resourceName, retained]);
  },
};
