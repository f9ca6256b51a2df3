import type { SqlSession } from '../storage/sql-session.js';

/** Who holds which permission on one object: permission name to principals. */
export type AccessControlList = Readonly<Record<string, readonly string[]>>;

/** A permission held on one object. */
export interface HeldPermission {
  readonly objectId: string;
  readonly permission: string;
}

const ADD = `INSERT INTO access_control_entries (object_id, permission, principal) VALUES (?, ?, ?)
  ON CONFLICT DO NOTHING`;

/** In an order, so that the same object is the same text: PostgreSQL has none of its own. */
const OF_OBJECT = `SELECT permission, principal FROM access_control_entries WHERE object_id = ?
  ORDER BY permission, principal`;

const HAS = `SELECT 1 AS one FROM access_control_entries
  WHERE object_id = ? AND permission = ? AND principal = ?`;

/** The access control entries, by object URI. Every call runs inside the caller's transaction or snapshot. */
export const accessEntries = {
  async listOf(sql: SqlSession, uri: string): Promise<AccessControlList> {
    const rows = await sql.all<{ permission: string; principal: string }>(OF_OBJECT, [uri]);
    const list: Record<string, string[]> = {};
    for (const { permission, principal } of rows) (list[permission] ??= []).push(principal);
    return list;
  },

  has(sql: SqlSession, uri: string, permission: string, principal: string): Promise<boolean> {
    return sql.remember(`entry ${permission} ${principal} ${uri}`, async () => {
      return (await sql.first<{ one: number }>(HAS, [uri, permission, principal])) !== undefined;
    });
  },

  async add(sql: SqlSession, uri: string, permission: string, principal: string): Promise<void> {
    await sql.run(sql.dialect.addEntry ?? ADD, [uri, permission, principal]);
  },

  /** Sets the named permissions to exactly these principals; permissions not named stay as they are. */
  async replace(sql: SqlSession, uri: string, list: AccessControlList): Promise<void> {
    for (const [permission, principals] of Object.entries(list)) {
      await sql.run('DELETE FROM access_control_entries WHERE object_id = ? AND permission = ?', [uri, permission]);
      for (const principal of principals) await accessEntries.add(sql, uri, permission, principal);
    }
  },

  async deleteOf(sql: SqlSession, uri: string): Promise<void> {
    await sql.run('DELETE FROM access_control_entries WHERE object_id = ?', [uri]);
  },

  /** The entries of everything below `uri`, not of `uri` itself. */
  async deleteBelow(sql: SqlSession, uri: string): Promise<void> {
    const range = [`${uri}/`, `${uri}0`]; // `0` is the character after `/`.
    await sql.run('DELETE FROM access_control_entries WHERE object_id >= ? AND object_id < ?', range);
  },

  async deleteEverything(sql: SqlSession): Promise<void> {
    await sql.run('DELETE FROM access_control_entries');
  },

  /** Who holds what on each of the objects, in one question; one without entries is not there. */
  async holders(sql: SqlSession, uris: readonly string[]): Promise<Map<string, AccessControlList>> {
    const objects = sql.dialect.isOneOf('object_id', uris);
    const rows = await sql.all<{ object_id: string; permission: string; principal: string }>(
      `SELECT object_id, permission, principal FROM access_control_entries WHERE ${objects.text}`,
      objects.parameters,
    );
    const lists = new Map<string, Record<string, string[]>>();
    for (const { object_id: uri, permission, principal } of rows) {
      const list = lists.get(uri) ?? {};
      (list[permission] ??= []).push(principal);
      lists.set(uri, list);
    }
    return lists;
  },

  /** What any of the principals holds on any of the objects; the same may be there once for each principal. */
  async held(sql: SqlSession, principals: readonly string[], uris: readonly string[]): Promise<HeldPermission[]> {
    if (uris.length === 0 || principals.length === 0) return [];
    const rows = await sql.all<{ object_id: string; permission: string }>(
      `SELECT object_id, permission FROM access_control_entries
        WHERE object_id IN (${marks(uris)}) AND principal IN (${marks(principals)})`,
      [...uris, ...principals],
    );
    return rows.map((row) => ({ objectId: row.object_id, permission: row.permission }));
  },

  /** The ids directly below `listUri` on which one of the principals holds one of the permissions, in no order. */
  async sharedIds(
    sql: SqlSession,
    principals: readonly string[],
    permissions: readonly string[],
    listUri: string,
  ): Promise<string[]> {
    if (principals.length === 0 || permissions.length === 0) return [];
    const rows = await sql.all<{ object_id: string }>(
      `SELECT DISTINCT object_id FROM access_control_entries WHERE principal IN (${marks(principals)})
        AND object_id >= ? AND object_id < ? AND permission IN (${marks(permissions)})`,
      [...principals, `${listUri}/`, `${listUri}0`, ...permissions],
    );
    return rows.map((row) => row.object_id.slice(listUri.length + 1)).filter((id) => !id.includes('/'));
  },
};

function marks(values: readonly string[]): string {
  return new Array(values.length).fill('?').join(', ');
}
