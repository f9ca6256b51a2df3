import type { ChangeAction } from '../wire/change-action.js';
import type { Position } from '../wire/position.js';
import type { SqlSession, SqlValue } from './sql-session.js';
import type { ObjectList } from './storage.js';

/** One changed object, before it has a place in the log. */
export interface JournalEntry {
  readonly list: ObjectList;
  readonly objectId: string;
  readonly position: Position;
  readonly action: ChangeAction;
  /** The object's new `last_modified`, in ms. */
  readonly timestamp: number;
  /** `null`: nobody was logged in. */
  readonly userId: string | null;
  /** The whole object as JSON text, a tombstone on `delete`. */
  readonly newText: string;
  readonly oldText: string | null;
  /**
   * Who could read the object by its own entries, before and after; see `changes/own-readers.ts` for the form. Absent:
   * before, if it was there, and after only who changed it.
   */
  readonly principals?: string | undefined;
}

/** The same as read from the log. */
export interface LoggedChange extends JournalEntry {
  /** The global position: rising in commit order, never given twice. */
  readonly id: number;
  /** Names the unit of work; its changes lie next to each other. */
  readonly requestId: string;
  /** Whether this was the last change of that request in its list. */
  readonly last: boolean;
}

/** What the row of a change says, wherever it stands in the whole log. */
export interface ListedRow {
  readonly object_id: string;
  readonly epoch: string;
  readonly n: number;
  readonly salt: number;
  readonly action: ChangeAction;
  readonly timestamp: number;
  readonly user_id: string | null;
  readonly request_id: string;
  readonly last: number;
  readonly new_object: string;
  readonly old_object: string | null;
  readonly principals: string | null;
}

/** A row of `changes`. */
export interface LoggedRow extends ListedRow {
  readonly id: number;
  readonly parent_id: string;
  readonly resource_name: string;
}

type WrittenRow = Pick<LoggedRow, 'id' | 'parent_id' | 'resource_name' | 'object_id' | 'action' | 'timestamp'>;

interface Cursor {
  readonly consumer: string;
  readonly change_id: number;
}

const APPEND = `INSERT INTO changes (parent_id, resource_name, object_id, epoch, n, salt, action, timestamp, user_id,
  request_id, last, new_object, old_object, principals) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

const READ = 'SELECT * FROM changes WHERE id > ? ORDER BY id LIMIT ?';

const REST_OF_REQUEST = 'SELECT * FROM changes WHERE id > ? AND request_id = ? ORDER BY id';

const FIND_CURSOR = 'SELECT change_id FROM cursors WHERE consumer = ?';

const MOVE_CURSOR = `INSERT INTO cursors (consumer, change_id) VALUES (?, ?)
  ON CONFLICT (consumer) DO UPDATE SET change_id = excluded.change_id`;

const BEGIN_CURSOR = 'INSERT INTO cursors (consumer, change_id) VALUES (?, ?) ON CONFLICT DO NOTHING';

/** The table behind the change log, and the places its readers have reached. */
export const journal = {
  /** Appends what one unit of work changed, in the order it changed it. Must be the last thing the unit does. */
  async append(sql: SqlSession, requestId: string, entries: readonly JournalEntry[]): Promise<void> {
    const lastOfList = new Map<string, JournalEntry>();
    for (const entry of entries) lastOfList.set(listKey(entry.list), entry);
    const rows = entries.map((entry) => rowOf(entry, requestId, lastOfList.get(listKey(entry.list)) === entry));
    const { appendChanges } = sql.dialect;
    if (appendChanges !== undefined) await sql.run(appendChanges, [JSON.stringify(rows)]);
    else for (const row of rows) await sql.run(APPEND, row);
  },

  /**
   * The changes after the global position `after`, in commit order. Never ends in the middle of a request: it may
   * answer more than `limit` rather than cut one.
   */
  async readAfter(sql: SqlSession, after: number, limit: number): Promise<LoggedChange[]> {
    const changes = await journal.readAtMost(sql, after, limit);
    const final = changes.at(-1);
    if (final === undefined || changes.length < limit) return changes;
    const rest = await sql.all<LoggedRow>(REST_OF_REQUEST, [final.id, final.requestId]);
    return [...changes, ...rest.map(readLogged)];
  },

  /**
   * The same, but never more than `limit`: for readers who can go on from the middle of a request. If each page of one
   * that changed 100,000 objects read all the rest of it, it would be read a thousand times.
   */
  async readAtMost(sql: SqlSession, after: number, limit: number): Promise<LoggedChange[]> {
    if (sql.placeChanges !== undefined) await sql.placeChanges();
    return (await sql.all<LoggedRow>(READ, [after, limit])).map(readLogged);
  },

  /** The global position of the newest change; 0 when there never was one. */
  async top(sql: SqlSession): Promise<number> {
    const newest = await sql.placeChanges?.();
    if (newest !== undefined) return newest;
    return (await sql.first<{ id: number }>('SELECT id FROM changes ORDER BY id DESC LIMIT 1'))?.id ?? 0;
  },

  /** What was written of these resources after the global position, in commit order, without the objects. */
  async writtenAfter(
    sql: SqlSession,
    after: number,
    resourceNames: readonly string[],
  ): Promise<Pick<LoggedChange, 'id' | 'list' | 'objectId' | 'action' | 'timestamp'>[]> {
    const names = resourceNames.map(() => '?').join(', ');
    const rows = await sql.all<WrittenRow>(
      `SELECT id, parent_id, resource_name, object_id, action, timestamp FROM changes
        WHERE id > ? AND resource_name IN (${names}) ORDER BY id`,
      [after, ...resourceNames],
    );
    return rows.map(({ parent_id: parentId, resource_name: resourceName, object_id: objectId, ...row }) => {
      return { ...row, list: { parentId, resourceName }, objectId };
    });
  },

  async findCursor(sql: SqlSession, consumer: string): Promise<number | undefined> {
    return (await sql.first<{ change_id: number }>(FIND_CURSOR, [consumer]))?.change_id;
  },

  /** Gives a consumer its first place, unless another process has done so. @returns the place it has */
  async beginCursor(sql: SqlSession, consumer: string, changeId: number): Promise<number> {
    const made = await sql.run(BEGIN_CURSOR, [consumer, changeId]);
    return made === 1 ? changeId : ((await journal.findCursor(sql, consumer)) ?? changeId);
  },

  async moveCursor(sql: SqlSession, consumer: string, changeId: number): Promise<void> {
    await sql.run(MOVE_CURSOR, [consumer, changeId]);
  },

  /** The places of all consumers whose name begins so. */
  async cursorsOf(sql: SqlSession, prefix: string): Promise<Cursor[]> {
    const all = await sql.all<Cursor>('SELECT consumer, change_id FROM cursors');
    return all.filter(({ consumer }) => consumer.startsWith(prefix));
  },

  /** The log is not kept for that consumer any more. */
  async removeCursor(sql: SqlSession, consumer: string): Promise<void> {
    await sql.run('DELETE FROM cursors WHERE consumer = ?', [consumer]);
  },
};

function listKey({ parentId, resourceName }: ObjectList): string {
  return `${parentId} ${resourceName}`;
}

function rowOf(entry: JournalEntry, requestId: string, isLast: boolean): SqlValue[] {
  return [
    entry.list.parentId,
    entry.list.resourceName,
    entry.objectId,
    entry.position.epoch,
    entry.position.n,
    entry.position.salt,
    entry.action,
    entry.timestamp,
    entry.userId,
    requestId,
    isLast ? 1 : 0,
    entry.newText,
    entry.oldText,
    entry.principals ?? null,
  ];
}

export function readListed(row: ListedRow): Omit<LoggedChange, 'id' | 'list'> {
  return {
    objectId: row.object_id,
    position: { epoch: row.epoch, n: row.n, salt: row.salt },
    action: row.action,
    timestamp: row.timestamp,
    userId: row.user_id,
    requestId: row.request_id,
    last: row.last === 1,
    newText: row.new_object,
    oldText: row.old_object,
    principals: row.principals ?? undefined,
  };
}

export function readLogged(row: LoggedRow): LoggedChange {
  return { id: row.id, list: { parentId: row.parent_id, resourceName: row.resource_name }, ...readListed(row) };
}
