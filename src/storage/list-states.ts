import type { Position } from '../wire/position.js';
import { StoredObject } from '../wire/stored-object.js';
import type { SqlSession } from './sql-session.js';
import type { ObjectList } from './storage.js';

/** An object as it is now, or its tombstone, and the change that made it so. */
export interface ChangedState {
  readonly object: StoredObject;
  readonly position: Position;
}

interface StateRow {
  readonly id: string;
  readonly last_modified: number;
  readonly data: string;
  readonly deleted: number;
  readonly change_n: number;
  readonly change_salt: number;
}

const PURGED = 'SELECT purged_to_n FROM timestamps WHERE parent_id = ? AND resource_name = ? AND epoch = ?';

/**
 * No index has the numbers: each write would pay for what is asked seldom, after a week away. What is read for it is the
 * list, as for a snapshot.
 */
const CHANGED_SINCE = `SELECT id, last_modified, data, deleted, change_n, change_salt FROM objects
  WHERE parent_id = ? AND resource_name = ? AND change_n > ? ORDER BY change_n LIMIT ?`;

/** A list by the numbers of its objects' last changes: what the log has lost, the objects themselves still know. */
export const listStates = {
  /** Tombstones up to this number may be gone. `undefined`: the list has another epoch now, or none. */
  async purgedTo(sql: SqlSession, list: ObjectList, epoch: string): Promise<number | undefined> {
    const row = await sql.first<{ purged_to_n: number | null }>(PURGED, [list.parentId, list.resourceName, epoch]);
    return row === undefined ? undefined : (row.purged_to_n ?? 0);
  },

  /** The objects and tombstones that were changed after that number, each once, in the order of their last change. */
  async readAfter(
    sql: SqlSession,
    { parentId, resourceName }: ObjectList,
    { epoch, n }: Pick<Position, 'epoch' | 'n'>,
    limit: number,
  ): Promise<ChangedState[]> {
    const rows = await sql.all<StateRow>(CHANGED_SINCE, [parentId, resourceName, n, limit]);
    return rows.map((row) => ({
      object: new StoredObject(row.id, row.last_modified, row.data, row.deleted === 1),
      position: { epoch, n: row.change_n, salt: row.change_salt },
    }));
  },
};
