import { namesOf, SEQUENCES, type DumpColumn, type DumpTable } from './dump-tables.js';

/** The tables behind a dump's; in the order in which an import locks them. */
export const MOVED_TABLES: readonly string[] = [
  ...['metadata', 'removed_lists', 'timestamps', 'objects', 'access_control_entries', 'user_principals'],
  ...['change_entries', 'change_queue', 'change_places', 'change_marks', 'cursors', 'listener_states'],
  ...['dead_letters', 'listener_orders', 'channel_webhooks'],
];

/** The identity columns that give out the ids of a sequence of the dump; the first one's are those that are told. */
const IDENTITIES: Readonly<Record<(typeof SEQUENCES)[number], readonly (readonly [table: string, column: string])[]>> =
  {
    changes: [
      ['change_places', 'id'],
      ['change_entries', 'seq'],
    ],
    channel_webhooks: [['channel_webhooks', 'id']],
    listener_orders: [['listener_orders', 'id']],
  };

/** What a Kinto knows of its tables is true only of them. */
const OUR_FACTS = `(SELECT name, value FROM metadata WHERE name <> 'created_at' AND name NOT LIKE '%schema_version')`;

const LAST_PLACE = lastOf('change_places', 'id');

const CHANGE = `parent_id, resource_name, object_id, epoch, n, salt, action, timestamp, user_id, request_id, last,
  new_object, old_object, principals`;

/** What is committed and has no place in the log yet gets the next ones, as `change-places.ts` would give them. */
const CHANGES = `(SELECT id, ${CHANGE} FROM changes
  UNION ALL SELECT (${LAST_PLACE}) + row_number() OVER (ORDER BY last_of_request, seq) AS id, ${CHANGE}
    FROM (SELECT entries.*, max(seq) OVER (PARTITION BY queue.request_id) AS last_of_request
      FROM change_queue AS queue JOIN change_entries AS entries USING (seq, request_id)) AS waiting)`;

const LASTS = SEQUENCES.map((name) => {
  const [table, column] = IDENTITIES[name][0]!;
  const waiting = name === 'changes' ? ' + (SELECT count(*) FROM change_queue)' : '';
  return `SELECT '${name}' AS name, (${lastOf(table, column)})${waiting} AS last`;
});

const SOURCES: Readonly<Record<string, string>> = {
  metadata: OUR_FACTS,
  changes: CHANGES,
  sequences: `(${LASTS.join(' UNION ALL ')})`,
};

/** What to select the rows of a dump's table from. */
export function sourceOf({ name }: DumpTable): string {
  return SOURCES[name] ?? name;
}

/** One parameter: a JSON array of rows. */
export function insertInto(table: DumpTable): string {
  const given = 'FROM json_array_elements(?::json) AS given (r)';
  if (table.name === 'removed_lists')
    return `INSERT INTO removed_lists (id, last_modified) SELECT 1, ${moment(0)} ${given}`;
  if (table.name === 'changes') return insertChanges(table, given);
  const values = table.columns.map((column, index) => valueOf(table, column, index));
  const columns = namesOf(table).join(', ');
  return `INSERT INTO ${table.name} (${columns}) OVERRIDING SYSTEM VALUE SELECT ${values.join(', ')} ${given}`;
}

/**
 * Its statements, so that the next id is the one after. They are undone with the transaction, as `setval` is not.
 *
 * @throws RangeError
 */
export function goOnAfter(name: string, last: number): string[] {
  if (!Number.isSafeInteger(last + 1) || last < 0) throw new RangeError(`sequences, ${name}: ${last} is no last id`);
  const identities = Object.entries(IDENTITIES).find(([known]) => known === name)?.[1] ?? [];
  return identities.map(([table, column]) => `ALTER TABLE ${table} ALTER COLUMN ${column} RESTART WITH ${last + 1}`);
}

/** The log is two tables; here its rows have their places, and are in their order. */
function insertChanges(table: DumpTable, given: string): string {
  const values = table.columns.map((column, index) => valueOf(table, column, index)).join(', ');
  return `WITH entries AS (
      INSERT INTO change_entries (seq, ${CHANGE}) OVERRIDING SYSTEM VALUE SELECT ${values} ${given} RETURNING seq
    ) INSERT INTO change_places (id, seq) OVERRIDING SYSTEM VALUE SELECT seq, seq FROM entries`;
}

function valueOf({ name: table }: DumpTable, { name, kind }: DumpColumn, index: number): string {
  if (name === 'last_modified') return moment(index);
  if (name === 'deleted') return `r ->> ${index} = '1'`;
  const value = kind === 'text' ? `r ->> ${index}` : `(r ->> ${index})::${kind === 'json' ? 'jsonb' : 'bigint'}`;
  // Without a number it would be an object that a Kinto writes now, to which the triggers give a new timestamp.
  return table === 'objects' && name === 'change_n' ? `coalesce(${value}, -1)` : value;
}

/** From ms. In two parts, since the milliseconds of a far year are more than an interval multiplies exactly. */
function moment(index: number): string {
  const ms = `(r ->> ${index})::bigint`;
  return `timestamp 'epoch' + ${ms} / 86400000 * interval '1 day' + ${ms} % 86400000 * interval '1 millisecond'`;
}

/** The sequence's own row, which is no part of a snapshot: it may be ahead of it, never behind. */
function lastOf(table: string, column: string): string {
  return `SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM ${table}_${column}_seq`;
}
