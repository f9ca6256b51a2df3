import { setTimeout as wait } from 'node:timers/promises';
import type { SqlSession } from '../sql-session.js';
import { MovingError } from './dump-format.js';
import { namesOf, ROWS_AT_ONCE, type DumpRow } from './dump-tables.js';
import type { MovingBackend, NamedRow } from './moving-backend.js';
import { goOnAfter, insertInto, MOVED_TABLES, sourceOf } from './postgresql-tables.js';

/** A snapshot may be read, and a file be written, for longer than a request may take. */
const NO_LIMITS = ['SET LOCAL statement_timeout = 0', 'SET LOCAL idle_in_transaction_session_timeout = 0'];

const OTHERS = `SELECT count(*) AS count FROM pg_stat_activity
  WHERE datname = current_database() AND application_name = 'kumocast' AND pid <> pg_backend_pid()`;

/** How often, and every how many ms, others are looked for: a command that has just ended is not gone at once. */
const LOOKS = 10;
const BETWEEN_LOOKS = 200;

/** Reads through cursors: the order is not that of an index of Kinto's, and is made once rather than for each page. */
export const POSTGRESQL_MOVING: MovingBackend = {
  beginReading: withoutLimits,

  async count(sql, table) {
    return (await sql.first<{ count: number }>(`SELECT count(*) AS count FROM ${sourceOf(table)} AS it`))?.count ?? 0;
  },

  async *rows(sql, table) {
    const isText = new Set(table.columns.filter(({ kind }) => kind === 'text').map(({ name }) => name));
    const key = table.key.map((name) => (isText.has(name) ? sql.dialect.bytewise(name) : name)).join(', ');
    const cursor = `dump_${table.name}`;
    const select = `SELECT ${namesOf(table).join(', ')} FROM ${sourceOf(table)} AS it ORDER BY ${key}`;
    await sql.run(`DECLARE ${cursor} NO SCROLL CURSOR FOR ${select}`);
    for (;;) {
      const rows = await sql.all<NamedRow>(`FETCH ${ROWS_AT_ONCE} FROM ${cursor}`);
      if (rows.length > 0) yield rows;
      if (rows.length < ROWS_AT_ONCE) break;
    }
    await sql.run(`CLOSE ${cursor}`);
  },

  /** A server would tell everybody connected what is imported, as if it had happened now. */
  async beginWriting(sql) {
    await withoutLimits(sql);
    for (let looks = 1; ; looks += 1) {
      // What a transaction sees there is kept until it asks anew.
      await sql.run('SELECT pg_stat_clear_snapshot()');
      if (((await sql.first<{ count: number }>(OTHERS))?.count ?? 0) === 0) break;
      if (looks === LOOKS) throw new MovingError('The database is in use by another kumocast process: stop it first');
      await wait(BETWEEN_LOOKS);
    }
    await sql.run(`LOCK TABLE ${MOVED_TABLES.join(', ')} IN EXCLUSIVE MODE`);
  },

  async hasRows(sql, table) {
    return (await sql.first(`SELECT 1 AS one FROM ${sourceOf(table)} AS it LIMIT 1`)) !== undefined;
  },

  async insert(sql, table, rows) {
    if (table.name === 'sequences') {
      for (const row of rows) await goOn(sql, row);
    } else {
      await sql.run(insertInto(table), [JSON.stringify(rows)]);
    }
  },

  async endWriting(sql) {
    await sql.run(AS_KINTO_WROTE_THEM);
    // Nobody has counted what is in the tables yet, and the first lists that are asked for would be looked for row by row.
    await sql.run(`ANALYZE ${MOVED_TABLES.join(', ')}`);
  },
};

/** See `insertInto`: only now, since neither trigger looks at an update that takes the number alone away. */
const AS_KINTO_WROTE_THEM = 'UPDATE objects SET change_n = NULL WHERE change_n = -1';

async function withoutLimits(sql: SqlSession): Promise<void> {
  for (const statement of NO_LIMITS) await sql.run(statement);
}

async function goOn(sql: SqlSession, [name, last]: DumpRow): Promise<void> {
  for (const statement of goOnAfter(String(name), Number(last))) await sql.run(statement);
}
