import type { SqlSession } from '../storage/sql-session.js';
import { AUTHENTICATED } from '../wire/principals.js';

const ADD = 'INSERT INTO user_principals (user_id, principal) VALUES (?, ?) ON CONFLICT DO NOTHING';

/** Not `IN`: for that SQLite builds a table at each look-up. */
const GROUPS_OF = `SELECT principal FROM user_principals WHERE user_id = ?
  UNION ALL SELECT principal FROM user_principals WHERE user_id = ?`;

/** Which groups a user is in, kept beside the groups' own `members` so that a request needs one look-up. */
export const groupMemberships = {
  /** The groups of a user, those of everybody who is logged in among them. */
  groupsOf(sql: SqlSession, userId: string): Promise<readonly string[]> {
    return sql.remember(`groups ${userId}`, async () => {
      const rows = await sql.all<{ principal: string }>(GROUPS_OF, [userId, AUTHENTICATED]);
      return rows.length === 0 ? [] : [...new Set(rows.map((row) => row.principal))];
    });
  },

  /** The groups of each of several users, in one question; everybody who is logged in has those of all of them. */
  async groupsOfEach(sql: SqlSession, userIds: readonly string[]): Promise<Map<string, string[]>> {
    const users = sql.dialect.isOneOf('user_id', [...userIds, AUTHENTICATED]);
    const rows = await sql.all<{ user_id: string; principal: string }>(
      `SELECT user_id, principal FROM user_principals WHERE ${users.text}`,
      users.parameters,
    );
    const shared = rows.filter((row) => row.user_id === AUTHENTICATED).map((row) => row.principal);
    const groups = new Map(userIds.map((userId) => [userId, [...shared]]));
    for (const row of rows) if (row.user_id !== AUTHENTICATED) groups.get(row.user_id)?.push(row.principal);
    return groups;
  },

  async join(sql: SqlSession, groupUri: string, members: Iterable<string>): Promise<void> {
    for (const member of members) await sql.run(ADD, [member, groupUri]);
  },

  async leave(sql: SqlSession, groupUri: string, members: Iterable<string>): Promise<void> {
    for (const member of members) {
      await sql.run('DELETE FROM user_principals WHERE user_id = ? AND principal = ?', [member, groupUri]);
    }
  },

  /** The user is in no group any more, and if it is itself a group, nobody is in it. */
  async forget(sql: SqlSession, principal: string): Promise<void> {
    await sql.run('DELETE FROM user_principals WHERE user_id = ? OR principal = ?', [principal, principal]);
  },

  async deleteEverything(sql: SqlSession): Promise<void> {
    await sql.run('DELETE FROM user_principals');
  },

  /** Nobody is in the group any more. */
  async disband(sql: SqlSession, groupUri: string): Promise<void> {
    await sql.run('DELETE FROM user_principals WHERE principal = ?', [groupUri]);
  },

  /** The same for every group below `uri`: Kinto forgets it when a bucket goes (kinto-api.md, 2.6). */
  async disbandBelow(sql: SqlSession, uri: string): Promise<void> {
    const range = [`${uri}/`, `${uri}0`]; // `0` is the character after `/`.
    const principal = sql.dialect.bytewise('principal');
    await sql.run(`DELETE FROM user_principals WHERE ${principal} >= ? AND ${principal} < ?`, range);
  },
};
