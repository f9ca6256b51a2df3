import type { SqlSession } from './sql-session.js';

interface LeaseRow {
  readonly name: string;
  readonly holder: string;
  /** In ms; negative: it has ended. */
  readonly left: number;
}

/**
 * Who of several processes does what only one may do. Moments are the database's: the clocks of machines differ. A
 * holder counts its own time from before it asked, so for it a lease ends before it does here.
 */
export const leases = {
  /** Takes or renews it, for `length` ms. @returns whether it is the holder's now */
  async take(sql: SqlSession, name: string, holder: string, length: number): Promise<boolean> {
    const { clock } = sql.dialect;
    const taken = await sql.run(
      `INSERT INTO leases (name, holder, expires) VALUES (?, ?, ${clock} + ?)
        ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires = excluded.expires
        WHERE leases.holder = excluded.holder OR leases.expires <= ${clock}`,
      [name, holder, length],
    );
    return taken === 1;
  },

  /**
   * Whether it is the holder's, and until the unit of work has ended it stays so: nobody can take the lease and do
   * something between this and what the unit writes.
   */
  async isHeldBy(sql: SqlSession, name: string, holder: string): Promise<boolean> {
    const found = await sql.run(
      `UPDATE leases SET expires = expires WHERE name = ? AND holder = ? AND expires > ${sql.dialect.clock}`,
      [name, holder],
    );
    return found === 1;
  },

  /** Whether anybody holds it at this moment. */
  async isHeld(sql: SqlSession, name: string): Promise<boolean> {
    const find = `SELECT 1 AS one FROM leases WHERE name = ? AND expires > ${sql.dialect.clock}`;
    return (await sql.first(find, [name])) !== undefined;
  },

  all(sql: SqlSession): Promise<LeaseRow[]> {
    return sql.all<LeaseRow>(`SELECT name, holder, expires - ${sql.dialect.clock} AS "left" FROM leases`);
  },

  /** Does nothing when it is another's. */
  async giveBack(sql: SqlSession, name: string, holder: string): Promise<void> {
    await sql.run('DELETE FROM leases WHERE name = ? AND holder = ?', [name, holder]);
  },
};
