import type { SqlSession } from './sql-session.js';

/** A change put aside, for one listener. */
export interface DeadLetter {
  /** The id of the delivery: the same whenever it is repeated. */
  readonly deliveryId: string;
  /** ms since the epoch. */
  readonly storedAt: number;
  readonly tries: number;
  readonly error: string;
  /** The change as JSON. */
  readonly content: string;
}

interface DeadLetterRow {
  readonly delivery_id: string;
  readonly stored_at: number;
  readonly tries: number;
  readonly error: string;
  readonly content: string;
}

const PUT = `INSERT INTO dead_letters (consumer, delivery_id, stored_at, tries, error, content) VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (consumer, delivery_id) DO UPDATE SET tries = dead_letters.tries + excluded.tries, error = excluded.error`;

const LIST = `SELECT delivery_id, stored_at, tries, error, content FROM dead_letters WHERE consumer = ?
  AND (stored_at > ? OR (stored_at = ? AND delivery_id > ?)) ORDER BY stored_at, delivery_id LIMIT ?`;

/** What durable listeners could not be told. */
export const deadLetters = {
  /** A repeated one adds its tries to those that there are. */
  async put(
    sql: SqlSession,
    consumer: string,
    { deliveryId, storedAt, tries, error, content }: DeadLetter,
  ): Promise<void> {
    await sql.run(PUT, [consumer, deliveryId, storedAt, tries, error, content]);
  },

  /** In the order they were put aside, from the one behind `after` on. */
  async list(sql: SqlSession, consumer: string, after: DeadLetter | undefined, limit: number): Promise<DeadLetter[]> {
    const { storedAt = -1, deliveryId = '' } = after ?? {};
    const rows = await sql.all<DeadLetterRow>(LIST, [consumer, storedAt, storedAt, deliveryId, limit]);
    return rows.map(({ delivery_id, stored_at, ...rest }) => ({
      deliveryId: delivery_id,
      storedAt: stored_at,
      ...rest,
    }));
  },

  async count(sql: SqlSession, consumer: string): Promise<number> {
    const count = 'SELECT count(*) AS count FROM dead_letters WHERE consumer = ?';
    return (await sql.first<{ count: number }>(count, [consumer]))?.count ?? 0;
  },

  async drop(sql: SqlSession, consumer: string, deliveryId: string): Promise<void> {
    await sql.run('DELETE FROM dead_letters WHERE consumer = ? AND delivery_id = ?', [consumer, deliveryId]);
  },

  /** @returns how many there were */
  dropAll(sql: SqlSession, consumer: string): Promise<number> {
    return sql.run('DELETE FROM dead_letters WHERE consumer = ?', [consumer]);
  },
};
