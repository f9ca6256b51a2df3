import type { ObjectList } from '../storage.js';
import type { Connection } from './connection.js';
import type { CounterRow } from './locked-counters.js';
import { aboveOf, type AboveRow } from './objects-above.js';

/** All in one order, the same for everybody, so that nobody waits for each other. One parameter: pairs, as JSON. */
const LOCKED = `SELECT parent_id, resource_name, last_modified, epoch, n FROM timestamps
  WHERE (parent_id, resource_name) IN (SELECT one ->> 0, one ->> 1 FROM jsonb_array_elements(?::jsonb) AS asked (one))
  ORDER BY parent_id, resource_name FOR NO KEY UPDATE`;

/**
 * The same, and the objects that the lists belong to, as they were before it was waited for the rows: who deletes one
 * deletes its lists' rows, too. Each pair is followed by the id and the parent of such an object, if there can be one.
 */
const withAbove = (locked: string) => `WITH held AS MATERIALIZED (${locked})
  SELECT held.*, above_parent_id, above_resource_name, above_id, above_last_modified, above_data
  FROM jsonb_array_elements(?::jsonb) AS asked (one)
  LEFT JOIN held ON held.parent_id = one ->> 0 AND held.resource_name = one ->> 1
  LEFT JOIN LATERAL (
    SELECT parent_id AS above_parent_id, resource_name AS above_resource_name, id AS above_id,
      last_modified AS above_last_modified, data AS above_data
    FROM objects WHERE id = one ->> 2 AND parent_id = one ->> 3 AND NOT deleted OFFSET 0
  ) AS above ON TRUE`;

const LOCK_OWN = withAbove(LOCKED);

/** Waits for nobody: what is locked by others is not among the rows. */
const LOCK_FREE = withAbove(`${LOCKED} SKIP LOCKED`);

/** Of a list whose counter row was not locked. */
type NoRow = Record<keyof CounterRow, null>;

/** Locks the counter rows of the lists, as far as there are any, and waits for whoever has them. */
export async function lock(connection: Connection, lists: readonly ObjectList[]): Promise<void> {
  await connection.query(connection.find(LOCKED), [ask(lists)]);
}

/**
 * The same in one journey with reading the rows, and the objects above the lists, into the transaction's state. Where it is
 * shared, only what is free is locked.
 */
export async function lockAndHold(connection: Connection, lists: readonly ObjectList[]): Promise<void> {
  const { counters, above, isShared } = connection.state;
  const asked = ask(lists);
  const { rows } = await connection.query(connection.find(isShared ? LOCK_FREE : LOCK_OWN), [asked, asked]);
  for (const row of rows as unknown as ((CounterRow | NoRow) & AboveRow)[]) {
    if (row.parent_id !== null) counters.hold(row);
    above.hold(row);
  }
  // What the transaction itself may write to is read after it was locked.
  for (const list of lists) above.forgetIn(list);
}

function ask(lists: readonly ObjectList[]): string {
  return JSON.stringify(lists.map((list) => [list.parentId, list.resourceName, ...aboveOf(list)]));
}
