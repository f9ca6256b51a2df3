import type { Connection } from './connection.js';
import type { ConnectionPool } from './connection-pool.js';

/** One process at a time gives out places. */
const PLACES_LOCK = 7_063_617_102;

/**
 * By the last number of its request, so that the changes of one request lie next to each other. In one journey; the
 * queue is looked at when the lock is there.
 */
const PLACE = `BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock(${PLACES_LOCK});
  WITH taken AS (DELETE FROM change_queue RETURNING seq, request_id)
  INSERT INTO change_places (seq)
    SELECT seq FROM (SELECT seq, max(seq) OVER (PARTITION BY request_id) AS last FROM taken) AS requests
    ORDER BY last, seq;
  SELECT max(id) AS top FROM change_places; COMMIT`;

const TOP = 'SELECT coalesce(max(id), 0) AS top, EXISTS (SELECT FROM change_queue) AS waiting FROM change_places';

/**
 * Gives each committed change its place in the log.
 *
 * Numbers from a sequence are given out before the commit: a reader that goes on from the highest that it has seen
 * loses what commits later with a lower one (seed-systems.md, 8.1). So a unit leaves its changes in a queue, and who
 * reads the log first takes from the queue what has been committed, under a lock, and appends it to the places. A later
 * change of a list is never placed before an earlier one: the list's counter row is locked until the commit, so where
 * the later one can be seen the earlier one can, too, and every number of its request is lower.
 *
 * A queue rather than snapshots of transaction numbers: it survives being dumped and restored into another server, and
 * asks nothing of how long other transactions last.
 */
export class ChangePlaces {
  private placing: Promise<number> | undefined;
  private next: Promise<number> | undefined;
  private seenTop = -1;

  constructor(private readonly pool: ConnectionPool) {}

  /**
   * Resolves when everything that was committed before the call has its place. Callers that come together share it.
   *
   * @returns the newest place at that moment; 0 when there is none
   */
  settle(): Promise<number> {
    if (this.placing === undefined) return this.start();
    // What runs may have looked already: wait for one that begins from now on.
    this.next ??= this.placing.catch(() => undefined).then(() => this.start());
    return this.next;
  }

  /** Whether anybody has committed anything since this was last asked. */
  async hasGrown(): Promise<boolean> {
    const { top, waiting } = await this.pool.lend(look);
    const hasGrown = waiting === 1 || top !== this.seenTop;
    this.seenTop = top;
    return hasGrown;
  }

  private start(): Promise<number> {
    this.next = undefined;
    this.placing = this.place().finally(() => {
      this.placing = undefined;
    });
    return this.placing;
  }

  private place(): Promise<number> {
    return this.pool.lend(async (connection) => {
      const { top, waiting } = await look(connection);
      if (waiting === 0) return top;
      const answers = await connection.sendTransaction(PLACE);
      return Number(answers.at(-1)?.top ?? top);
    });
  }
}

async function look(connection: Connection): Promise<{ top: number; waiting: number }> {
  return (await connection.query(connection.find(TOP), [])).rows[0] as { top: number; waiting: number };
}
