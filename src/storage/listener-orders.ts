import type { SqlSession } from './sql-session.js';

export const ORDER_VERBS = ['replay', 'retry', 'drop', 'test'] as const;

export type OrderVerb = (typeof ORDER_VERBS)[number];

/** What somebody outside of the server wants done with a listener. */
export interface ListenerOrder {
  readonly id: number;
  readonly consumer: string;
  readonly verb: OrderVerb;
  /** Of `replay`: the global position to go on after. */
  readonly position: number | null;
}

const GIVE = `INSERT INTO listener_orders (consumer, verb, position, created_at) VALUES (?, ?, ?, ?) RETURNING id`;

/** The way of orders into a running server: the one thing that another process writes beside it. */
export const listenerOrders = {
  /** @returns the order's id */
  async give(sql: SqlSession, order: Omit<ListenerOrder, 'id'>, now: number): Promise<number> {
    const row = await sql.first<{ id: number }>(GIVE, [order.consumer, order.verb, order.position, now]);
    if (row === undefined) throw new Error('the order got no id');
    return row.id;
  },

  /** Those that nobody has carried out, the oldest first. */
  open(sql: SqlSession): Promise<ListenerOrder[]> {
    return sql.all<ListenerOrder>(
      'SELECT id, consumer, verb, position FROM listener_orders WHERE result IS NULL ORDER BY id',
    );
  },

  async finish(sql: SqlSession, id: number, result: string): Promise<void> {
    await sql.run('UPDATE listener_orders SET result = ? WHERE id = ?', [result, id]);
  },

  /** What came of it; `undefined`: not yet done. */
  async resultOf(sql: SqlSession, id: number): Promise<string | undefined> {
    const find = 'SELECT result FROM listener_orders WHERE id = ?';
    return (await sql.first<{ result: string | null }>(find, [id]))?.result ?? undefined;
  },

  /** @param before ms since the epoch; done or not, whoever gave an older one has gone */
  async forget(sql: SqlSession, before: number): Promise<void> {
    await sql.run('DELETE FROM listener_orders WHERE created_at < ?', [before]);
  },
};
