import { readLogged, type LoggedChange, type LoggedRow } from './journal.js';
import type { SqlSession, SqlValue } from './sql-session.js';

/** The records of one collection, or of all those in a bucket; by its URI without the version prefix. */
export type RecordScope = { readonly collection: string } | { readonly bucket: string };

const OF_LIST = "parent_id = ? AND resource_name = 'record'";

/** `0` is the character after `/`. */
const OF_BUCKET = "parent_id > ? AND parent_id < ? AND resource_name = 'record'";

/** What the change log knows of records, by global positions. */
export const recordChanges = {
  /** The changes between the two positions, the latter one included, in commit order. */
  async between(
    sql: SqlSession,
    scope: RecordScope,
    { after, upTo }: { after: number; upTo: number },
    limit: number,
  ): Promise<LoggedChange[]> {
    const [where, values] = conditionOf(scope);
    const statement = `SELECT * FROM changes WHERE ${where} AND id > ? AND id <= ? ORDER BY id LIMIT ?`;
    return (await sql.all<LoggedRow>(statement, [...values, after, upTo, limit])).map(readLogged);
  },

  /** How many changes there are after the position, and how many characters; it does not count beyond `limit`. */
  async measure(
    sql: SqlSession,
    scope: RecordScope,
    after: number,
    limit: number,
  ): Promise<{ count: number; characters: number }> {
    const [where, values] = conditionOf(scope);
    const some = `SELECT length(new_object) AS characters FROM changes WHERE ${where} AND id > ? ORDER BY id LIMIT ?`;
    const statement = `SELECT count(*) AS count, coalesce(sum(characters), 0) AS characters FROM (${some}) AS missed`;
    const row = await sql.first<{ count: number; characters: number }>(statement, [...values, after, limit]);
    return { count: Number(row?.count ?? 0), characters: Number(row?.characters ?? 0) };
  },
};

function conditionOf(scope: RecordScope): [where: string, values: SqlValue[]] {
  if ('collection' in scope) return [OF_LIST, [scope.collection]];
  const collections = `${scope.bucket}/collections`;
  return [OF_BUCKET, [`${collections}/`, `${collections}0`]];
}
