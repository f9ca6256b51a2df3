import type { SqlSession } from './sql-session.js';

/** How a listener fares. */
export interface ListenerState {
  /** Since when it has failed without a success, in ms since the epoch. */
  readonly failingSince: number | null;
  readonly lastError: string | null;
  readonly lastErrorAt: number | null;
  /** How many changes the log forgot before it was told them. */
  readonly lost: number;
}

interface StateRow {
  readonly failing_since: number | null;
  readonly last_error: string | null;
  readonly last_error_at: number | null;
  readonly lost: number;
}

const FAILED = `INSERT INTO listener_states (consumer, failing_since, last_error, last_error_at, lost)
  VALUES (?, ?, ?, ?, 0) ON CONFLICT (consumer) DO UPDATE SET
  failing_since = coalesce(listener_states.failing_since, excluded.failing_since),
  last_error = excluded.last_error, last_error_at = excluded.last_error_at`;

const LOST = `INSERT INTO listener_states (consumer, lost) VALUES (?, ?)
  ON CONFLICT (consumer) DO UPDATE SET lost = listener_states.lost + excluded.lost`;

export const listenerStates = {
  async find(sql: SqlSession, consumer: string): Promise<ListenerState | undefined> {
    const find = 'SELECT failing_since, last_error, last_error_at, lost FROM listener_states WHERE consumer = ?';
    const row = await sql.first<StateRow>(find, [consumer]);
    if (row === undefined) return undefined;
    const { failing_since: failingSince, last_error: lastError, last_error_at: lastErrorAt, lost } = row;
    return { failingSince, lastError, lastErrorAt, lost };
  },

  /** @param at ms since the epoch */
  async failed(sql: SqlSession, consumer: string, error: string, at: number): Promise<void> {
    await sql.run(FAILED, [consumer, at, error, at]);
  },

  async recovered(sql: SqlSession, consumer: string): Promise<void> {
    await sql.run('UPDATE listener_states SET failing_since = NULL WHERE consumer = ?', [consumer]);
  },

  async lost(sql: SqlSession, consumer: string, count: number): Promise<void> {
    await sql.run(LOST, [consumer, count]);
  },
};
