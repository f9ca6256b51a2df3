import type { SqlValue } from '../../storage/sql-session.js';
import type { UnitOfWork } from '../../storage/storage.js';
import type { HistorySettings } from './history.settings.js';
import type { TrackedObject } from './tracked-objects.js';

/** What is counted and trimmed together. */
interface Stretch {
  readonly bucketUri: string;
  readonly resourceName: string;
  /** `undefined`: everybody's. */
  readonly userId: string | undefined;
}

/** For how many stretches it is remembered when to count again: about 2 MB. */
const MAX_REMEMBERED = 10_000;

const EVERYBODYS = `parent_id = ? AND resource_name = 'history' AND data ->> 'resource_name' = ?`;
const ONE_USERS = `${EVERYBODYS} AND data ->> 'user_id' = ?`;

/** SQLite and PostgreSQL both take the highest 64-bit integer for no limit at all. */
const OLD = (which: string) =>
  `SELECT id FROM objects WHERE ${which} ORDER BY last_modified DESC LIMIT 9223372036854775807 OFFSET ?`;

/**
 * Keeps the newest entries of each bucket and type of object, and really removes the others with their permissions
 * (kinto-api.md, 12.1.6). Kinto counts at every entry; here counting is put off for as many entries as there is room
 * for, and what is left is the same.
 */
export class HistoryTrimmer {
  private readonly userIds: ReadonlySet<string>;
  /** How many entries may be added before a stretch can have too many. */
  private readonly room = new Map<string, number>();

  constructor(private readonly settings: HistorySettings) {
    this.userIds = new Set(settings.trimUserIds);
  }

  /** @param added the entries that this unit has written */
  async trim(added: readonly TrackedObject[], unit: UnitOfWork): Promise<void> {
    if (this.settings.trimMaxCount <= 0) return;
    for (const [key, { stretch, count }] of this.stretchesOf(added)) {
      const room = (this.room.get(key) ?? 0) - count;
      if (room >= 0) this.room.set(key, room);
      else await this.countAndTrim(key, { stretch, added: count }, unit);
    }
  }

  private stretchesOf(added: readonly TrackedObject[]): Map<string, { stretch: Stretch; count: number }> {
    const stretches = new Map<string, { stretch: Stretch; count: number }>();
    for (const { bucketUri, resourceName, userId } of added) {
      if (this.userIds.size > 0 && (userId === null || !this.userIds.has(userId))) continue;
      const stretch = { bucketUri, resourceName, userId: this.userIds.size === 0 ? undefined : (userId ?? undefined) };
      const key = JSON.stringify(stretch);
      const known = stretches.get(key);
      if (known === undefined) stretches.set(key, { stretch, count: 1 });
      else known.count += 1;
    }
    return stretches;
  }

  private async countAndTrim(
    key: string,
    { stretch, added }: { stretch: Stretch; added: number },
    unit: UnitOfWork,
  ): Promise<void> {
    const { trimMaxCount, trimThreshold } = this.settings;
    const most = trimMaxCount + trimThreshold;
    const which = stretch.userId === undefined ? EVERYBODYS : ONE_USERS;
    const values: SqlValue[] = [stretch.bucketUri, stretch.resourceName];
    if (stretch.userId !== undefined) values.push(stretch.userId);
    const counted = await unit.sql.first<{ count: number }>(
      `SELECT count(*) AS count FROM objects WHERE ${which}`,
      values,
    );
    const count = counted?.count ?? 0;
    if (this.room.size >= MAX_REMEMBERED) this.room.clear();
    // After trimming there is room, but only if this unit is not undone: the next one shall look.
    this.room.set(key, count > most ? 0 : most - count);
    const keep = leftOf(count - added, added, { keep: trimMaxCount, most });
    if (keep < count) await removeOld(which, values, { keep, bucketUri: stretch.bucketUri }, unit);
  }
}

/** How many there are after entries that came one by one, each of them followed by a look. */
function leftOf(before: number, added: number, { keep, most }: { keep: number; most: number }): number {
  let left = before;
  for (let each = 0; each < added; each++) left = left + 1 > most ? keep : left + 1;
  return left;
}

async function removeOld(
  which: string,
  values: readonly SqlValue[],
  { keep, bucketUri }: { keep: number; bucketUri: string },
  { sql }: UnitOfWork,
): Promise<void> {
  const old = OLD(which);
  await sql.run(`DELETE FROM access_control_entries WHERE object_id IN (SELECT ? || id FROM (${old}) AS old)`, [
    `${bucketUri}/history/`,
    ...values,
    keep,
  ]);
  await sql.run(`DELETE FROM objects WHERE parent_id = ? AND resource_name = 'history' AND id IN (${old})`, [
    bucketUri,
    ...values,
    keep,
  ]);
}
