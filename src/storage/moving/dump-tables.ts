/** What a column holds, in a dump as in every database: moments are ms since the epoch, yes and no are 1 and 0. */
export type DumpKind = 'text' | 'integer' | 'json';

export interface DumpColumn {
  readonly name: string;
  readonly kind: DumpKind;
  readonly nullable: boolean;
}

export interface DumpTable {
  readonly name: string;
  readonly columns: readonly DumpColumn[];
  /** The columns that its rows are in the order of; there are no two rows that have the same in all of them. */
  readonly key: readonly string[];
}

/** A row's values, in the order of its table's columns. */
export type DumpRow = readonly (string | number | null)[];

/**
 * Every table of a dump, in the order of a dump. Whoever changes one changes {@link DUMP_VERSION}: a dump says its
 * columns, and those of another version are refused.
 *
 * `removed_lists` is a table only on PostgreSQL: when the newest list that is gone was last changed. `sequences` are
 * the last ids that were given out, which may be later than the last that is still there: none is given twice.
 */
export const DUMP_TABLES: readonly DumpTable[] = [
  table('metadata', 'name', 'name text', 'value text'),
  table('removed_lists', 'last_modified', 'last_modified integer'),
  table(
    'timestamps',
    'parent_id resource_name',
    ...['parent_id text', 'resource_name text', 'last_modified integer'],
    ...['epoch text?', 'n integer?', 'purged_to_n integer?'],
  ),
  table(
    'objects',
    'parent_id resource_name id',
    ...['parent_id text', 'resource_name text', 'id text', 'last_modified integer', 'deleted integer'],
    ...['change_n integer?', 'change_salt integer?', 'data json'],
  ),
  table(
    'access_control_entries',
    'object_id permission principal',
    ...['object_id text', 'permission text', 'principal text'],
  ),
  table('user_principals', 'user_id principal', 'user_id text', 'principal text'),
  table(
    'changes',
    'id',
    ...['id integer', 'parent_id text', 'resource_name text', 'object_id text', 'epoch text', 'n integer'],
    ...['salt integer', 'action text', 'timestamp integer', 'user_id text?', 'request_id text', 'last integer'],
    ...['new_object text', 'old_object text?', 'principals text?'],
  ),
  table('change_marks', 'at', 'at integer', 'change_id integer'),
  table('cursors', 'consumer', 'consumer text', 'change_id integer'),
  table(
    'listener_states',
    'consumer',
    ...['consumer text', 'failing_since integer?', 'last_error text?', 'last_error_at integer?', 'lost integer'],
  ),
  table(
    'dead_letters',
    'consumer delivery_id',
    ...['consumer text', 'delivery_id text', 'stored_at integer', 'tries integer', 'error text', 'content text'],
  ),
  table(
    'listener_orders',
    'id',
    ...['id integer', 'consumer text', 'verb text', 'position integer?', 'created_at integer', 'result text?'],
  ),
  table(
    'channel_webhooks',
    'id',
    ...['id integer', 'app_id text', 'url text', 'body text', 'created_at integer', 'tries integer'],
  ),
  table('sequences', 'name', 'name text', 'last integer'),
];

/** Tables that stay behind: who holds what at the moment is true of one database and its servers alone. */
export const LEFT_OUT: readonly string[] = ['leases'];

/** The tables whose ids are given out, and never twice; in the order of bytes, as every text is in a dump. */
export const SEQUENCES = ['changes', 'channel_webhooks', 'listener_orders'] as const;

/** On SQLite, what PostgreSQL keeps in `removed_lists` is a fact of this name. */
export const REMOVED_LISTS = 'removed_lists';

/** How many rows are asked for at once. */
export const ROWS_AT_ONCE = 200;

/** @param columns each a name and a kind; behind the kind a question mark when there may be nothing */
function table(name: string, key: string, ...columns: readonly string[]): DumpTable {
  return { name, key: key.split(' '), columns: columns.map(columnOf) };
}

function columnOf(text: string): DumpColumn {
  const [name = '', kind = ''] = text.split(' ');
  return { name, kind: kind.replace('?', '') as DumpKind, nullable: kind.endsWith('?') };
}

export function namesOf({ columns }: DumpTable): string[] {
  return columns.map(({ name }) => name);
}
