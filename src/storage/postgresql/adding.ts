/*
 * Statements that add rows for all the units of a transaction at once: each kind is one parameter, a JSON array of rows,
 * each an array of columns. As jsonb, which is parsed once, and not again for each column.
 */

/** One access control entry: object, permission, principal. */
export const ADD_ENTRY = `INSERT INTO access_control_entries (object_id, permission, principal) VALUES (?, ?, ?)
  ON CONFLICT DO NOTHING`;

const APPENDED = (rows: string) => `appended AS (
    INSERT INTO change_entries (parent_id, resource_name, object_id, epoch, n, salt, action, timestamp, user_id,
      request_id, last, new_object, old_object, principals)
    SELECT change ->> 0, change ->> 1, change ->> 2, change ->> 3, (change ->> 4)::bigint, (change ->> 5)::integer,
      change ->> 6, (change ->> 7)::bigint, change ->> 8, change ->> 9, (change ->> 10)::integer, change ->> 11,
      change ->> 12, change ->> 13
    FROM ${rows} ORDER BY place RETURNING seq, request_id
  )`;

const QUEUE = 'INSERT INTO change_queue (seq, request_id) SELECT seq, request_id FROM appended';

/** To the log alone. */
export const APPEND_CHANGES = `WITH given AS (
    SELECT change, place FROM jsonb_array_elements(?::jsonb) WITH ORDINALITY AS sent (change, place)
  ), ${APPENDED('given')} ${QUEUE}`;

/**
 * Counter rows, new objects, access control entries and the log, in this order. Answers how many counter rows it found
 * and how many objects it made: where a live object has the id already, none is.
 */
export const WRITE_TOGETHER = `WITH counted AS (
    UPDATE timestamps SET last_modified = greatest(timestamps.last_modified, (one ->> 2)::timestamp),
      epoch = one ->> 3, n = (one ->> 4)::bigint
    FROM jsonb_array_elements(?::jsonb) AS sent (one)
    WHERE parent_id = one ->> 0 AND resource_name = one ->> 1 RETURNING 1
  ), made AS (
    INSERT INTO objects (id, parent_id, resource_name, last_modified, data, deleted, change_n, change_salt)
    SELECT one ->> 0, one ->> 1, one ->> 2, (one ->> 3)::timestamp, one -> 4, FALSE, (one ->> 5)::bigint,
      (one ->> 6)::integer
    FROM jsonb_array_elements(?::jsonb) AS sent (one)
    ON CONFLICT (id, parent_id, resource_name) DO UPDATE SET last_modified = excluded.last_modified,
      data = excluded.data, deleted = FALSE, change_n = excluded.change_n, change_salt = excluded.change_salt
      WHERE objects.deleted RETURNING 1
  ), entered AS (
    INSERT INTO access_control_entries (object_id, permission, principal)
    SELECT one ->> 0, one ->> 1, one ->> 2 FROM jsonb_array_elements(?::jsonb) AS sent (one) ON CONFLICT DO NOTHING
  ), ${APPENDED('jsonb_array_elements(?::jsonb) WITH ORDINALITY AS sent (change, place)')}, queued AS (
    ${QUEUE}
  ) SELECT (SELECT count(*) FROM counted) AS counted, (SELECT count(*) FROM made) AS made`;
