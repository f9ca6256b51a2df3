import { formatPlace, parsePlace } from '../../../resources/live/list-place.js';
import { listHistory } from '../../../storage/list-history.js';
import { logPoints, type LogPoint } from '../../../storage/log-points.js';
import { recordChanges } from '../../../storage/record-changes.js';
import type { SqlSession } from '../../../storage/sql-session.js';
import type { ObjectList } from '../../../storage/storage.js';
import type { JsonObject, JsonValue } from '../../../wire/json.js';
import { listOf, scopeOf, type ItemReading } from './item-channels.js';

/** How much somebody who comes back is told of what they missed. */
export interface ReplayLimits {
  /** Changes. */
  readonly maxReplay: number;
  /** Characters of objects: what waits for one socket is bounded. */
  readonly maxReplayCharacters: number;
}

/** Where a subscription begins. */
export interface ItemBeginning {
  /** The global position up to which nothing is to be told. */
  readonly place: number;
  /** The position that the subscriber knows of from the start. */
  readonly told: string;
  /** What goes out with the success: whether what was missed follows, or is to be read anew. */
  readonly data: JsonObject;
}

export interface Asked {
  readonly reading: ItemReading;
  /** As the client sent it. */
  readonly position: JsonValue | undefined;
  /** Whether they may read everything there, and not only what is shared with them. */
  readonly isWhole: boolean;
}

/** The epoch of a list in which nothing was ever counted. */
const NO_EPOCH = '0';

/** The place in an empty log. */
const BEFORE_ALL: LogPoint = { id: 0, salt: 0 };

/**
 * Begins at the end, or behind the position that the client came with: then everything since follows, or it is told
 * plainly that it has to read anew (seed-systems.md, 2.3 and 8.3).
 */
export async function beginItems(sql: SqlSession, asked: Asked, limits: ReplayLimits): Promise<ItemBeginning> {
  await sql.placeChanges?.();
  const list = listOf(asked.reading);
  const newest = (await logPoints.newest(sql)) ?? BEFORE_ALL;
  const here = list === undefined ? formatLogPoint(newest) : await formatTop(sql, list, asked.isWhole);
  if (asked.position === undefined) return { place: newest.id, told: here, data: { position: here } };
  const text = typeof asked.position === 'string' ? asked.position : '';
  const found = list === undefined ? await findInLog(sql, text, newest) : await findInList(sql, text, list, newest);
  const reason = typeof found === 'string' ? found : await whyNotReplayed(sql, asked, found, limits);
  if (reason === undefined && typeof found === 'number') {
    return { place: found, told: text, data: { position: text, recovered: true } };
  }
  return { place: newest.id, told: here, data: { position: here, recovered: false, reason: reason ?? 'unknown' } };
}

/** Of changes of several lists: a place in the whole log. */
export function formatLogPoint({ id, salt }: LogPoint): string {
  return `log-${id}.${salt.toString(16).padStart(4, '0')}`;
}

function parseLogPoint(text: string): LogPoint | undefined {
  const [, id, salt] = /^log-(\d{1,15})\.([0-9a-f]{4})$/.exec(text) ?? [];
  return id === undefined || salt === undefined ? undefined : { id: Number(id), salt: parseInt(salt, 16) };
}

async function formatTop(sql: SqlSession, list: ObjectList, isWhole: boolean): Promise<string> {
  return formatPlace({ position: await listHistory.top(sql, list), isPartial: !isWhole });
}

/** @returns the global position to go on after, or why there is none */
async function findInLog(sql: SqlSession, text: string, newest: LogPoint): Promise<number | string> {
  const point = parseLogPoint(text);
  if (point === undefined) return 'unknown_position';
  if (point.id > newest.id) return 'new_history';
  const salt = await logPoints.findSalt(sql, point.id);
  const hasAll = salt === undefined ? await logPoints.beginsAfter(sql, point.id) : salt === point.salt;
  return hasAll ? point.id : 'expired';
}

/** As above, by the numbers of the list, which are in commit order. */
async function findInList(sql: SqlSession, text: string, list: ObjectList, newest: LogPoint): Promise<number | string> {
  const place = parsePlace(text);
  if (place === undefined) return 'unknown_position';
  // What was there already when more was shared with them is in no change that follows.
  if (place.isPartial) return 'partial_access';
  const top = await listHistory.top(sql, list);
  const isBeginning = place.position.epoch === NO_EPOCH && place.position.n === 0;
  const position = isBeginning ? { epoch: top.epoch, n: 0, salt: 0 } : place.position;
  if (position.epoch !== top.epoch || position.n > top.n) return 'new_history';
  const salt = await listHistory.findSalt(sql, list, position);
  if (salt !== undefined && salt !== position.salt) return 'new_history';
  if (position.n === top.n) return newest.id;
  const next = await logPoints.findId(sql, list, { epoch: position.epoch, n: position.n + 1 });
  return next === undefined ? 'expired' : next - 1;
}

async function whyNotReplayed(
  sql: SqlSession,
  { reading, isWhole }: Asked,
  after: number,
  { maxReplay, maxReplayCharacters }: ReplayLimits,
): Promise<string | undefined> {
  // What was shared with them meanwhile, and what is no more, only a list read anew can tell.
  if (!isWhole) return 'partial_access';
  const { count, characters } = await recordChanges.measure(sql, scopeOf(reading), after, maxReplay + 1);
  return count > maxReplay || characters > maxReplayCharacters ? 'too_far' : undefined;
}
