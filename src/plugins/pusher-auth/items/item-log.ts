import type { ChangeAction } from '../../../wire/change-action.js';
import type { Position } from '../../../wire/position.js';
import type { LoggedChange } from '../../../storage/journal.js';
import type { SqlSession, SqlValue } from '../../../storage/sql-session.js';
import type { ObjectList } from '../../../storage/storage.js';
import { listOf, type ItemReading } from './item-channels.js';

/** A change's place in the whole log, whatever its list. */
export interface LogPoint {
  readonly id: number;
  /** That of the change's position: tells a log that was restored from the one that went on. */
  readonly salt: number;
}

interface Row {
  readonly id: number;
  readonly parent_id: string;
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

const NEWEST = 'SELECT id, salt FROM changes ORDER BY id DESC LIMIT 1';

const OLDEST = 'SELECT id FROM changes ORDER BY id LIMIT 1';

const SALT_AT = 'SELECT salt FROM changes WHERE id = ?';

const ID_OF = 'SELECT id FROM changes WHERE parent_id = ? AND resource_name = ? AND epoch = ? AND n = ?';

const OF_LIST = "parent_id = ? AND resource_name = 'record'";

/** `0` is the character after `/`. */
const OF_BUCKET = "parent_id > ? AND parent_id < ? AND resource_name = 'record'";

/** What the change log knows of the records that a channel of items announces. */
export const itemLog = {
  /** The newest change of all; of an empty log, the place before its first one. */
  async newest(sql: SqlSession): Promise<LogPoint> {
    return (await sql.first<LogPoint>(NEWEST)) ?? { id: 0, salt: 0 };
  },

  /** Whether nothing that came after the point has left the log, and the point is of this very log. */
  async hasAllAfter(sql: SqlSession, { id, salt }: LogPoint): Promise<boolean> {
    const known = await sql.first<{ salt: number }>(SALT_AT, [id]);
    if (known !== undefined) return known.salt === salt;
    const oldest = await sql.first<{ id: number }>(OLDEST);
    return id === 0 ? salt === 0 && (oldest === undefined || oldest.id === 1) : oldest?.id === id + 1;
  },

  /** The global position of that change of a list; `undefined` when it is not in the log. */
  async idOf(
    sql: SqlSession,
    list: ObjectList,
    { epoch, n }: Pick<Position, 'epoch' | 'n'>,
  ): Promise<number | undefined> {
    return (await sql.first<{ id: number }>(ID_OF, [list.parentId, list.resourceName, epoch, n]))?.id;
  },

  /** The changes between the two global positions, the latter one included, in commit order. */
  async between(
    sql: SqlSession,
    reading: ItemReading,
    { after, upTo }: { after: number; upTo: number },
    limit: number,
  ): Promise<LoggedChange[]> {
    const [where, values] = conditionOf(reading);
    const statement = `SELECT * FROM changes WHERE ${where} AND id > ? AND id <= ? ORDER BY id LIMIT ?`;
    return (await sql.all<Row>(statement, [...values, after, upTo, limit])).map(fromRow);
  },

  /** How many changes there are after the global position, and how many characters; it does not count beyond `limit`. */
  async measure(
    sql: SqlSession,
    reading: ItemReading,
    after: number,
    limit: number,
  ): Promise<{ count: number; characters: number }> {
    const [where, values] = conditionOf(reading);
    const some = `SELECT length(new_object) AS characters FROM changes WHERE ${where} AND id > ? ORDER BY id LIMIT ?`;
    const statement = `SELECT count(*) AS count, coalesce(sum(characters), 0) AS characters FROM (${some}) AS missed`;
    const row = await sql.first<{ count: number; characters: number }>(statement, [...values, after, limit]);
    return { count: Number(row?.count ?? 0), characters: Number(row?.characters ?? 0) };
  },
};

function conditionOf(reading: ItemReading): [where: string, values: SqlValue[]] {
  const list = listOf(reading);
  if (list !== undefined) return [OF_LIST, [list.parentId]];
  const collections = `/buckets/${reading.ids.bucket_id}/collections`;
  return [OF_BUCKET, [`${collections}/`, `${collections}0`]];
}

function fromRow(row: Row): LoggedChange {
  return {
    id: row.id,
    list: { parentId: row.parent_id, resourceName: 'record' },
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
