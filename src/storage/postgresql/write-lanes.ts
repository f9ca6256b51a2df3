import { ApiError } from '../../wire/api-error.js';
import type { ObjectList } from '../storage.js';
import type { Connection } from './connection.js';
import type { ConnectionPool } from './connection-pool.js';
import { RunAgain } from './postgresql-error.js';
import type { PostgresqlSession } from './postgresql-session.js';

/** One run of a unit's work: on a second run everything is new, and the lists in its way are locked from the start. */
export interface UnitRun {
  readonly session: PostgresqlSession;
  /** Runs the work to its end. Rejects with what it threw. */
  readonly work: () => Promise<unknown>;
  /** The lists that the work wrote to or wanted to, as far as it got. */
  readonly touched: () => readonly ObjectList[];
}

export interface WaitingUnit {
  /** @param locked lists whose counter rows are locked by this transaction already */
  readonly start: (connection: Connection, locked: readonly ObjectList[]) => UnitRun;
  /** The lists that it will write to, as far as its caller knows them. */
  readonly lists: readonly ObjectList[];
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/** How often a unit is run at most. From the second time on it holds its locks before it reads anything. */
const MAX_RUNS = 6;

/** From which run on a unit is the only one that writes: whatever it was that came between, nothing does any more. */
const ALONE_FROM = 4;

const WRITERS_LOCK = 7_063_617_103;

/** In one journey to the server. */
const BEGIN = `BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock_shared(${WRITERS_LOCK})`;

const BEGIN_ALONE = `BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock(${WRITERS_LOCK})`;

const LOCK = `SELECT 1 AS one FROM timestamps WHERE parent_id = ? AND resource_name = ? FOR NO KEY UPDATE`;

/** What became of one unit, told to its caller only when the whole group is durable. */
type Outcome = () => void;

/**
 * Units of work on their way to the database, in lanes: those that write to the same list are in one, one after
 * another, and share a transaction, and so one sync of the disk; those of other lists run beside them. Two units of one
 * process never wait for each other inside the database because of their list's counter row.
 *
 * What somebody else, another process or a unit whose lists were not known, has done meanwhile shows in the unit's own
 * statements; the unit is then undone and run again.
 */
export class WriteLanes {
  private readonly lanes = new Map<string, WaitingUnit[]>();
  private readonly running = new Set<Promise<void>>();
  private readonly listeners: ((isOwn: boolean) => void)[] = [];
  private apart = 0;

  /** @param maxUnits the most units that one transaction holds */
  constructor(
    private readonly pool: ConnectionPool,
    private readonly maxUnits: number,
  ) {}

  add(unit: WaitingUnit): void {
    const key = this.laneOf(unit.lists);
    const lane = this.lanes.get(key);
    if (lane !== undefined) {
      lane.push(unit);
      return;
    }
    this.lanes.set(key, [unit]);
    const drained: Promise<void> = this.drain(key).finally(() => this.running.delete(drained));
    this.running.add(drained);
  }

  /** @param listener is told whether it was this process that committed */
  onCommit(listener: (isOwn: boolean) => void): void {
    this.listeners.push(listener);
  }

  /** Resolves when nothing waits and nothing runs. */
  async settle(): Promise<void> {
    while (this.running.size > 0) await Promise.all(this.running);
  }

  /** The group is durable and its callers have their answers: a listener's mistake must not become theirs. */
  tellListeners(isOwn = true): void {
    for (const listener of this.listeners) {
      try {
        listener(isOwn);
      } catch (error) {
        const story = error instanceof Error ? error.stack : undefined;
        process.emitWarning(`A listener for commits threw: ${story ?? String(error)}`);
      }
    }
  }

  /** Who writes to several lists shares none: those are locked, in the order that everybody keeps. */
  private laneOf([first, ...others]: readonly ObjectList[]): string {
    if (first === undefined) return '';
    return others.length > 0 ? `${(this.apart += 1)}` : `${first.resourceName} ${first.parentId}`;
  }

  private async drain(key: string): Promise<void> {
    // Every request that has arrived by now joins the same group.
    await nextTurn();
    const lane = this.lanes.get(key)!;
    while (lane.length > 0) {
      // Units whose list is not known may have nothing in common, and would only lock each other's out.
      const group = lane.splice(0, lane[0]!.lists.length === 1 ? this.maxUnits : 1);
      await this.commit(group);
    }
    this.lanes.delete(key);
  }

  private async commit(group: readonly WaitingUnit[]): Promise<void> {
    try {
      const outcomes = await this.pool.lend((connection) => this.runTogether(group, connection));
      if (outcomes !== undefined) return this.tell(outcomes);
    } catch (error) {
      for (const unit of group) unit.reject(error);
      return;
    }
    for (const unit of group) await this.runAlone(unit);
  }

  /** @returns `undefined`, and no transaction, when a unit failed that had written already, or the database did */
  private async runTogether(group: readonly WaitingUnit[], connection: Connection): Promise<Outcome[] | undefined> {
    const outcomes: Outcome[] = [];
    try {
      await this.begin(connection, knownTogether(group[0]!));
    } catch (error) {
      // A connection that has been idle while the server went away and came back: there are others.
      if (connection.isLost || error instanceof RunAgain) return undefined;
      throw error;
    }
    for (const unit of group) {
      const { resolve, reject } = unit;
      const { session, work } = unit.start(connection, knownTogether(unit));
      try {
        const value = await work();
        if (session.mustRunAgain !== undefined) throw session.mustRunAgain;
        outcomes.push(() => resolve(value));
      } catch (error) {
        const helps = session.mustRunAgain !== undefined || connection.isLost;
        if (helps || session.hasLeftTraces || group.length === 1) {
          await connection.rollback();
          return helps || group.length > 1 ? undefined : [() => reject(error)];
        }
        outcomes.push(() => reject(error));
      }
    }
    await connection.commit();
    return outcomes;
  }

  private async runAlone(unit: WaitingUnit): Promise<void> {
    let locked = unit.lists;
    let reason: unknown;
    for (let runs = 1; runs < MAX_RUNS; runs += 1) {
      try {
        const outcome = await this.pool.lend(async (connection) => {
          await this.begin(connection, locked, runs >= ALONE_FROM ? BEGIN_ALONE : BEGIN);
          const run = unit.start(connection, locked);
          try {
            const value = await run.work();
            if (run.session.mustRunAgain !== undefined) throw run.session.mustRunAgain;
            await connection.commit();
            return () => unit.resolve(value);
          } catch (error) {
            await connection.rollback();
            locked = inOrder([...locked, ...run.touched()]);
            throw run.session.mustRunAgain ?? error;
          }
        });
        return this.tell([outcome]);
      } catch (error) {
        reason = error;
        if (!(error instanceof RunAgain)) break;
      }
    }
    unit.reject(reason instanceof RunAgain ? new ApiError('BACKEND', { cause: reason }) : reason);
  }

  /** Several lists are locked in one order everywhere, so that nobody waits for each other. */
  private async begin(connection: Connection, lists: readonly ObjectList[], begin = BEGIN): Promise<void> {
    await connection.begin(begin);
    for (const { parentId, resourceName } of lists) {
      await connection.query(connection.find(LOCK), [parentId, resourceName]);
    }
  }

  private tell(outcomes: readonly Outcome[]): void {
    for (const tell of outcomes) tell();
    this.tellListeners();
  }
}

/** Who writes to one list alone holds nothing that others wait for while it waits itself; who writes to several may. */
function knownTogether({ lists }: WaitingUnit): readonly ObjectList[] {
  return lists.length > 1 ? lists : [];
}

/** Each once, in the order in which everybody locks them. */
export function inOrder(lists: readonly ObjectList[]): ObjectList[] {
  const byName = new Map(lists.map((list) => [`${list.parentId} ${list.resourceName}`, list]));
  return [...byName.keys()].sort().map((name) => byName.get(name)!);
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
