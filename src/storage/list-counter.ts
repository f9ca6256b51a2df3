import type { Position } from '../wire/position.js';
import { randomName } from './random-name.js';
import type { SqlSession, SqlValue } from './sql-session.js';
import type { ObjectList } from './storage.js';

interface CounterRow {
  readonly last_modified: number;
  readonly epoch: string;
  readonly n: number;
}

/** A number for one change: when it was, and which it was. */
export interface Numbered {
  /** ms since the epoch. */
  readonly timestamp: number;
  readonly position: Position;
}

const FIND = 'SELECT last_modified, epoch, n FROM timestamps WHERE parent_id = ? AND resource_name = ?';

const INSERT = `INSERT INTO timestamps (parent_id, resource_name, last_modified, epoch, n, purged_to_n)
  VALUES (?, ?, ?, ?, ?, 0) ON CONFLICT (parent_id, resource_name)`;

/** The row stays locked until the commit, so the order of numbers is the order of commits (seed-systems.md, 8.2). */
const COUNT_ON = `${INSERT} DO UPDATE SET
  last_modified = max(excluded.last_modified, timestamps.last_modified + 1),
  epoch = coalesce(timestamps.epoch, excluded.epoch), n = coalesce(timestamps.n, 0) + 1
  RETURNING last_modified, epoch, n`;

const COUNT_WITH_SUGGESTED = `${INSERT} DO UPDATE SET
  last_modified = max(excluded.last_modified, timestamps.last_modified),
  epoch = coalesce(timestamps.epoch, excluded.epoch), n = coalesce(timestamps.n, 0) + 1
  RETURNING last_modified, epoch, n`;

/** The same for a list whose row is known; changes nothing when it is another by now. */
const COUNT_ON_FROM = `UPDATE timestamps SET last_modified = ?, n = ?
  WHERE parent_id = ? AND resource_name = ? AND n = ? AND last_modified = ? AND epoch = ?`;

const START = `${INSERT} DO NOTHING`;

/** Of how many lists the latest row is known: some MB. */
const MAX_KNOWN = 10_000;

/**
 * How far, in ms, a list under a burst of writes may have run ahead of the clock. What is further ahead was suggested
 * by a client, and must not set the clock of everybody else's lists.
 */
const MAX_LEAD = 60_000;

/**
 * The counter row of each list: it gives out `last_modified`, strictly increasing whatever the clock does, and `n`,
 * without gaps.
 */
export class ListCounter {
  private latest = 0;
  private nextEpoch = randomName();
  /** As they were last seen, by list. What was undone since does not fit any more, and is not used. */
  private readonly known = new Map<string, CounterRow>();

  /** @param now the clock, in ms since the epoch */
  constructor(private readonly now: () => number) {}

  async find(sql: SqlSession, list: ObjectList): Promise<number | undefined> {
    return (await sql.first<CounterRow>(FIND, [list.parentId, list.resourceName]))?.last_modified;
  }

  /** The list's timestamp; it is set to now if there is none yet. */
  async ensure(sql: SqlSession, list: ObjectList): Promise<number> {
    const found = await this.find(sql, list);
    if (found !== undefined) return found;
    const started = this.clock();
    // Should this be undone, nobody else's list may begin with what was told.
    this.latest = started + 1;
    await sql.run(START, [list.parentId, list.resourceName, started, this.takeEpoch(), 0]);
    return started;
  }

  /**
   * The next number of the list.
   *
   * @param suggested a client's own timestamp in ms. It is used as it is, in the past too, unless it is the list's
   *   very timestamp; one in the future becomes the list's timestamp (kinto-api.md, 2.3)
   */
  async next(sql: SqlSession, list: ObjectList, suggested?: number): Promise<Numbered> {
    const usable = suggested !== undefined && (await this.ensure(sql, list)) !== suggested;
    const row = usable
      ? await this.countOn(sql, list, COUNT_WITH_SUGGESTED, suggested)
      : ((await this.countOnFromKnown(sql, list)) ?? (await this.countOn(sql, list, COUNT_ON, this.clock())));
    return {
      timestamp: usable ? suggested : row.last_modified,
      position: { epoch: row.epoch, n: row.n, salt: Math.floor(Math.random() * 0x10000) },
    };
  }

  /** A plain update is half the work of one that may insert and has to answer. */
  private async countOnFromKnown(sql: SqlSession, list: ObjectList): Promise<CounterRow | undefined> {
    const { parentId, resourceName } = list;
    const key = `${resourceName} ${parentId}`;
    const before = this.known.get(key);
    if (before === undefined) return undefined;
    const { epoch } = before;
    const row = { last_modified: Math.max(this.clock(), before.last_modified + 1), epoch, n: before.n + 1 };
    const counted = [row.last_modified, row.n, parentId, resourceName, before.n, before.last_modified, epoch];
    if ((await sql.run(COUNT_ON_FROM, counted)) === 0) return undefined;
    this.known.set(key, row);
    return row;
  }

  private async countOn(
    sql: SqlSession,
    { parentId, resourceName }: ObjectList,
    statement: string,
    timestamp: number,
  ): Promise<CounterRow> {
    const row = await sql.first<CounterRow>(statement, [parentId, resourceName, timestamp, this.nextEpoch, 1]);
    if (row === undefined) throw new Error('the counter row gave no answer');
    if (row.epoch === this.nextEpoch) this.takeEpoch();
    if (this.known.size >= MAX_KNOWN) this.known.clear();
    this.known.set(`${resourceName} ${parentId}`, row);
    return row;
  }

  /**
   * Lists made from now on start after those that are about to be removed: no ETag of one of them fits its successor.
   *
   * @param where which counter rows these are, as a condition; each counts by itself, so that one with a timestamp of
   *   the far future does not hide the others
   */
  async startAfter(sql: SqlSession, where: string, parameters: readonly SqlValue[]): Promise<void> {
    const latest = `SELECT max(last_modified) AS latest FROM timestamps WHERE (${where}) AND last_modified <= ?`;
    const row = await sql.first<{ latest: number | null }>(latest, [...parameters, this.now() + MAX_LEAD]);
    this.latest = Math.max(this.latest, (row?.latest ?? 0) + 1);
  }

  /** Never goes back while the process lives, so that a list made anew is later than the one before it. */
  private clock(): number {
    this.latest = Math.max(this.latest, this.now());
    return this.latest;
  }

  private takeEpoch(): string {
    const epoch = this.nextEpoch;
    this.nextEpoch = randomName();
    return epoch;
  }
}
