import type { Numbered } from '../list-counter.js';
import { randomName } from '../random-name.js';
import type { SqlSession, SqlValue } from '../sql-session.js';
import type { ObjectList } from '../storage.js';
import type { Counter, CounterRow } from './locked-counters.js';
import type { PostgresqlSession } from './postgresql-session.js';
import { toTimestamp } from './timestamps.js';

/** As counting answers. */
interface NumberRow {
  readonly last_modified: number;
  readonly epoch: string;
  readonly n: number;
}

const FIND = 'SELECT last_modified FROM timestamps WHERE parent_id = ? AND resource_name = ?';

const FIND_LOCKED = `${FIND} FOR NO KEY UPDATE`;

/** A list begins after all that were removed: no ETag of one of those fits it. */
const INSERT = `INSERT INTO timestamps (parent_id, resource_name, last_modified, epoch, n, purged_to_n)
  VALUES (?, ?, greatest(?::timestamp, (SELECT last_modified + interval '1 millisecond' FROM removed_lists)), ?, ?, 0)
  ON CONFLICT (parent_id, resource_name)`;

const COUNT = (lastModified: string) => `${INSERT} DO UPDATE SET last_modified = ${lastModified},
  epoch = coalesce(timestamps.epoch, excluded.epoch), n = coalesce(timestamps.n, 0) + 1
  RETURNING last_modified, epoch, n`;

/**
 * The row stays locked until the commit, so the order of numbers is the order of commits (seed-systems.md, 8.2). A
 * Kinto may have left microseconds, which are rounded when they are told.
 */
const COUNT_ON = COUNT(`greatest(excluded.last_modified,
  date_trunc('milliseconds', timestamps.last_modified + interval '1.5 milliseconds'))`);

const COUNT_WITH_SUGGESTED = COUNT('greatest(excluded.last_modified, timestamps.last_modified)');

const START = `${INSERT} DO NOTHING`;

const REMOVE = (where: string) => `WITH removed AS (
    DELETE FROM timestamps WHERE ${where} RETURNING last_modified
  ), newest AS (
    SELECT max(last_modified) AS last_modified FROM removed WHERE last_modified <= ?
  ) INSERT INTO removed_lists (id, last_modified) SELECT 1, last_modified FROM newest WHERE last_modified IS NOT NULL
    ON CONFLICT (id) DO UPDATE SET last_modified = greatest(removed_lists.last_modified, excluded.last_modified)`;

/**
 * How far, in ms, a list under a burst of writes may have run ahead of the clock. What is further ahead was suggested
 * by a client, and must not set the clock of everybody else's lists.
 */
const MAX_LEAD = 60_000;

/**
 * The counter row of each list, as `ListCounter` has it on SQLite; here other processes count, too. What a unit reads
 * of a row it locks: nobody counts on before it ends.
 */
export class ListNumbers {
  private latest = 0;

  /** @param now the clock, in ms since the epoch */
  constructor(private readonly now: () => number) {}

  /** @param locking in a unit of work: it may go by what it has read */
  async find(sql: SqlSession, { parentId, resourceName }: ObjectList, locking = false): Promise<number | undefined> {
    const statement = locking ? FIND_LOCKED : FIND;
    return (await sql.first<Pick<CounterRow, 'last_modified'>>(statement, [parentId, resourceName]))?.last_modified;
  }

  /** The list's timestamp; it is set to now if there is none yet. */
  async ensure(sql: SqlSession, list: ObjectList): Promise<number> {
    const found = await this.find(sql, list, true);
    if (found !== undefined) return found;
    const started = this.clock();
    // Should this be undone, nobody else's list may begin with what was told.
    this.latest = started + 1;
    await sql.run(START, [list.parentId, list.resourceName, toTimestamp(started), randomName(), 0]);
    return (await this.find(sql, list, true)) ?? started;
  }

  /** The next number of the list. @param suggested see `ListCounter.next` */
  async next(session: PostgresqlSession, list: ObjectList, suggested?: number): Promise<Numbered> {
    const { counters, defers } = session.state;
    const held = counters.find(list);
    if (held !== undefined) {
      const { counter, numbered } = this.after(held, suggested);
      counters.count(counter);
      return numbered;
    }
    const usable = suggested !== undefined && (await this.ensure(session, list)) !== suggested;
    const values = [list.parentId, list.resourceName, toTimestamp(usable ? suggested : this.clock()), randomName(), 1];
    const row = (await session.beside(usable ? COUNT_WITH_SUGGESTED : COUNT_ON, values)).rows[0] as
      NumberRow | undefined;
    if (row === undefined) throw new Error('the counter row gave no answer');
    // It stays locked: from now on it is counted in memory.
    if (defers) counters.hold({ ...row, parent_id: list.parentId, resource_name: list.resourceName });
    return numberedAs(usable ? suggested : row.last_modified, row);
  }

  /** The same of a row that is locked and known: what the statements do. */
  private after(held: Counter, suggested: number | undefined): { counter: Counter; numbered: Numbered } {
    const usable = suggested !== undefined && held.lastModified !== suggested;
    const lastModified = usable
      ? Math.max(suggested, held.lastModified)
      : Math.max(this.clock(), held.lastModified + 1);
    const row = { epoch: held.epoch ?? randomName(), n: (held.n ?? 0) + 1 };
    const numbered = numberedAs(usable ? suggested : lastModified, row);
    return { counter: { list: held.list, lastModified, ...row }, numbered };
  }

  /**
   * Removes counter rows; lists made from now on start after them.
   *
   * @param where which, as a condition
   */
  async remove(sql: SqlSession, where: string, parameters: readonly SqlValue[]): Promise<void> {
    await sql.run(REMOVE(where), [...parameters, toTimestamp(this.now() + MAX_LEAD)]);
  }

  /** Never goes back while the process lives, so that a list made anew is later than the one before it. */
  private clock(): number {
    this.latest = Math.max(this.latest, this.now());
    return this.latest;
  }
}

function numberedAs(timestamp: number, { epoch, n }: { epoch: string; n: number }): Numbered {
  return { timestamp, position: { epoch, n, salt: Math.floor(Math.random() * 0x10000) } };
}
