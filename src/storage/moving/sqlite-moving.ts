import type { SqlSession, SqlValue } from '../sql-session.js';
import { namesOf, REMOVED_LISTS, ROWS_AT_ONCE, SEQUENCES, type DumpRow, type DumpTable } from './dump-tables.js';
import type { MovingBackend, NamedRow } from './moving-backend.js';

/** What is not simply the table of that name. */
const SOURCES: Readonly<Record<string, string>> = {
  metadata: `(SELECT name, value FROM metadata WHERE name <> '${REMOVED_LISTS}')`,
  removed_lists: `(SELECT CAST(value AS INTEGER) AS last_modified FROM metadata WHERE name = '${REMOVED_LISTS}')`,
  sequences: `(SELECT given.column1 AS name, coalesce(seq, 0) AS last
    FROM (VALUES ${SEQUENCES.map((name) => `('${name}')`).join(', ')}) AS given
    LEFT JOIN sqlite_sequence ON sqlite_sequence.name = given.column1)`,
};

/** Reads page by page behind the last key; the snapshot is the same for all pages, and each key is an index. */
export const SQLITE_MOVING: MovingBackend = {
  beginReading: async () => undefined,

  async count(sql, table) {
    return (await sql.first<{ count: number }>(`SELECT count(*) AS count FROM ${sourceOf(table)}`))?.count ?? 0;
  },

  async *rows(sql, table) {
    const key = table.key.join(', ');
    const select = `SELECT ${quoted(table)} FROM ${sourceOf(table)}`;
    const order = `ORDER BY ${key} LIMIT ${ROWS_AT_ONCE}`;
    const behind = `${select} WHERE (${key}) > (${table.key.map(() => '?').join(', ')}) ${order}`;
    let page = await sql.all<NamedRow>(`${select} ${order}`);
    while (page.length > 0) {
      yield page;
      const last = page.at(-1)!;
      page =
        page.length < ROWS_AT_ONCE
          ? []
          : await sql.all<NamedRow>(
              behind,
              table.key.map((name) => last[name] as SqlValue),
            );
    }
  },

  // The unit itself is the only writer, and no other process has the file.
  beginWriting: async () => undefined,

  async hasRows(sql, table) {
    return (await sql.first(`SELECT 1 AS one FROM ${sourceOf(table)} LIMIT 1`)) !== undefined;
  },

  async insert(sql, table, rows) {
    if (table.name === 'sequences') return goOnAfter(sql, rows);
    const statement = insertInto(table);
    for (const row of rows) await sql.run(statement, row);
  },

  endWriting: async () => undefined,
};

function sourceOf({ name }: DumpTable): string {
  return SOURCES[name] ?? name;
}

/** Some of the names are words of SQL. */
function quoted(table: DumpTable): string {
  return namesOf(table)
    .map((name) => `"${name}"`)
    .join(', ');
}

function insertInto(table: DumpTable): string {
  if (table.name === 'removed_lists') {
    return `INSERT INTO metadata (name, value) VALUES ('${REMOVED_LISTS}', CAST(? AS TEXT))`;
  }
  const values = table.columns.map(() => '?').join(', ');
  return `INSERT INTO ${table.name} (${quoted(table)}) VALUES (${values})`;
}

/** SQLite counts on from the largest id that there is; what the last one given was, it has to be told. */
async function goOnAfter(sql: SqlSession, rows: readonly DumpRow[]): Promise<void> {
  for (const [name = null, last = null] of rows) {
    await sql.run('DELETE FROM sqlite_sequence WHERE name = ?', [name]);
    if (last !== 0) await sql.run('INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)', [name, last]);
  }
}
