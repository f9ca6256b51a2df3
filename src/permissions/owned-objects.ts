import type { SqlSession } from '../storage/sql-session.js';

/** In the order of the URIs: what is above comes before what is below it. */
const OWNED = `SELECT object_id FROM access_control_entries AS own
  WHERE principal = ? AND object_id > ? AND permission = 'write' AND NOT EXISTS (
    SELECT 1 FROM access_control_entries AS other
      WHERE other.object_id = own.object_id AND other.permission = 'write' AND other.principal <> own.principal)
  ORDER BY object_id LIMIT ?`;

const NTH_HELD = `SELECT object_id FROM access_control_entries WHERE principal = ? ORDER BY object_id LIMIT 1 OFFSET ?`;

/** What belongs to somebody: nobody else may write it (kinto-api.md, 1.7). */
export const ownedObjects = {
  /** The URIs after `after`, ascending, at most `limit`. */
  async listAfter(sql: SqlSession, principal: string, after: string, limit: number): Promise<string[]> {
    const rows = await sql.all<{ object_id: string }>(OWNED, [principal, after, limit]);
    return rows.map((row) => row.object_id);
  },

  /**
   * Takes about `limit` of the principal's entries away, those of the first URIs.
   *
   * @returns whether there are more
   */
  async dropEntries(sql: SqlSession, principal: string, limit: number): Promise<boolean> {
    const next = await sql.first<{ object_id: string }>(NTH_HELD, [principal, limit]);
    if (next === undefined) await sql.run('DELETE FROM access_control_entries WHERE principal = ?', [principal]);
    else {
      const upTo = [principal, next.object_id];
      await sql.run('DELETE FROM access_control_entries WHERE principal = ? AND object_id <= ?', upTo);
    }
    return next !== undefined;
  },
};
