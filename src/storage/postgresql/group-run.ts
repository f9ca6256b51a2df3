import { ApiError } from '../../wire/api-error.js';
import type { ObjectList } from '../storage.js';
import type { Connection } from './connection.js';
import type { ConnectionPool } from './connection-pool.js';
import { lock, lockAndHold } from './locking.js';
import { NeedsOwnTransaction, RunAgain } from './postgresql-error.js';
import type { PostgresqlSession } from './postgresql-session.js';
import type { TransactionOptions } from './transaction-state.js';

/** One run of a unit's work: on a second run everything is new, and the lists in its way are locked from the start. */
export interface UnitRun {
  readonly session: PostgresqlSession;
  /** Runs the work to its end. Rejects with what it threw. */
  readonly work: () => Promise<unknown>;
  /** The lists that the work wrote to or wanted to, as far as it got. */
  readonly touched: () => readonly ObjectList[];
}

export interface WaitingUnit {
  /** @param locked lists of its own that nobody has written to since it began */
  readonly start: (connection: Connection, locked: readonly ObjectList[]) => UnitRun;
  /** The lists that it will write to, as far as its caller knows them; each once. */
  readonly lists: readonly ObjectList[];
  /** Whether it is one request, about one list: others need not wait for long when it runs among them. */
  readonly isSmall: boolean;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/** How often a unit is run at most by itself. From the second time on it holds its locks before it reads anything. */
const MAX_RUNS = 6;

/** From which run on a unit is the only one that writes: whatever it was that came between, nothing does any more. */
const ALONE_FROM = 4;

const WRITERS_LOCK = 7_063_617_103;

/** In one journey to the server. */
const BEGIN = `BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock_shared(${WRITERS_LOCK})`;

const BEGIN_ALONE = `BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock(${WRITERS_LOCK})`;

/** What became of one unit, told to its caller only when the whole group is durable. */
type Outcome = () => void;

/** What became of a group. */
interface GroupOutcome {
  /** `undefined`: nothing was done; the units are to be run one by one. */
  readonly outcomes?: readonly Outcome[];
  /** Units that were not run: they are not to run together with those of other lists. */
  readonly apart: readonly WaitingUnit[];
  /** Whether one of those has only now shown itself to be such, and the others are to be run once more. */
  readonly mustRepeat?: boolean;
}

/** Told of what happens to groups. */
export interface GroupEvents {
  /** After each commit, when its callers have their answers. */
  committed(): void;
  /** The unit did what could let it wait for others, and others for its neighbours; so may those of the same resource. */
  needsOwnTransaction(unit: WaitingUnit): void;
}

/**
 * Runs units of work that share a transaction, and so its journeys to the server and one sync of the disk. The counter
 * rows of all their lists are locked before anything is read; what the units add is sent when it is needed, and at the
 * latest before the commit.
 *
 * A transaction for several lists never waits for a lock, so that nobody's writing is slowed by who writes elsewhere:
 * units whose list is locked by another process, or has no counter row yet, are left for transactions of their own.
 *
 * A unit that fails is forgotten while nothing of it was sent; else the group is undone and each of its units runs by
 * itself, statement by statement, so that each caller gets the error that is theirs.
 */
export class GroupRun {
  constructor(
    private readonly pool: ConnectionPool,
    private readonly events: GroupEvents,
  ) {}

  /**
   * Resolves when the callers of the units have been told. Never rejects.
   *
   * @returns those that have not been run; units of one list all are
   */
  async run(units: readonly WaitingUnit[]): Promise<WaitingUnit[]> {
    const left: WaitingUnit[] = [];
    let others = units;
    for (let mustRepeat = true; mustRepeat && others.length > 0;) {
      let result: GroupOutcome;
      try {
        result = await this.pool.lend((connection) => this.runTogether(others, connection));
      } catch (error) {
        for (const unit of others) unit.reject(error);
        return left;
      }
      const { outcomes, apart } = result;
      left.push(...apart);
      others = others.filter((unit) => !apart.includes(unit));
      mustRepeat = result.mustRepeat ?? false;
      if (outcomes !== undefined) this.tell(outcomes);
      else if (!mustRepeat) for (const unit of others) await this.runAlone(unit);
    }
    return left;
  }

  private async runTogether(units: readonly WaitingUnit[], connection: Connection): Promise<GroupOutcome> {
    const lists = eachOnce(units.flatMap((unit) => unit.lists));
    const isShared = units.some((unit) => unit.lists.length < lists.length);
    try {
      await this.begin(connection, lists, { defers: lists.length > 0, isShared });
    } catch (error) {
      // A connection that has been idle while the server went away and came back: there are others.
      if (connection.isLost || error instanceof RunAgain) return { apart: [] };
      throw error;
    }
    // Who is the first to write to a list makes its row, and so may wait for whoever does the same.
    const { counters } = connection.state;
    const apart = isShared ? units.filter((unit) => unit.lists.some((list) => counters.find(list) === undefined)) : [];
    const outcomes: Outcome[] = [];
    for (const unit of units) {
      if (apart.includes(unit)) continue;
      const outcome = await this.outcomeOf(unit, connection, units);
      if (typeof outcome === 'function') outcomes.push(outcome);
      else return outcome;
    }
    try {
      await connection.sendPending();
    } catch (error) {
      if (!(error instanceof RunAgain) && !connection.isLost) throw error;
      await connection.rollback();
      return { apart };
    }
    await connection.commit();
    return { outcomes, apart };
  }

  /** @returns what to tell its caller when the rest is done; or what becomes of the group, and no transaction */
  private async outcomeOf(
    unit: WaitingUnit,
    connection: Connection,
    units: readonly WaitingUnit[],
  ): Promise<Outcome | GroupOutcome> {
    const { session, work } = unit.start(connection, knownTogether(unit));
    try {
      const value = await work();
      if (session.mustRunAgain !== undefined) throw session.mustRunAgain;
      return () => unit.resolve(value);
    } catch (error) {
      const { mustRunAgain, hasLeftTraces } = session;
      if (mustRunAgain === undefined && !connection.isLost && (!hasLeftTraces || units.length === 1)) {
        // Of the only one nothing stays in any case.
        if (hasLeftTraces) await connection.rollback();
        else session.takeBack();
        return hasLeftTraces ? { outcomes: [() => unit.reject(error)], apart: [] } : () => unit.reject(error);
      }
      await connection.rollback();
      if (!(mustRunAgain instanceof NeedsOwnTransaction)) return { apart: [] };
      this.events.needsOwnTransaction(unit);
      return { apart: units.filter((other) => isOfSameResource(unit, other)), mustRepeat: true };
    }
  }

  private async runAlone(unit: WaitingUnit): Promise<void> {
    let locked = unit.lists;
    let reason: unknown;
    for (let runs = 1; runs < MAX_RUNS; runs += 1) {
      try {
        const outcome = await this.pool.lend(async (connection) => {
          await this.begin(connection, locked, {}, runs >= ALONE_FROM ? BEGIN_ALONE : BEGIN);
          const run = unit.start(connection, locked);
          try {
            const value = await run.work();
            if (run.session.mustRunAgain !== undefined) throw run.session.mustRunAgain;
            await connection.commit();
            return () => unit.resolve(value);
          } catch (error) {
            await connection.rollback();
            locked = eachOnce([...locked, ...run.touched()]);
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

  private async begin(
    connection: Connection,
    lists: readonly ObjectList[],
    options: TransactionOptions,
    begin = BEGIN,
  ): Promise<void> {
    await connection.begin(begin, options);
    if (lists.length === 0) return;
    if (options.defers === true) await lockAndHold(connection, lists);
    else await lock(connection, lists);
  }

  private tell(outcomes: readonly Outcome[]): void {
    for (const tell of outcomes) tell();
    this.events.committed();
  }
}

/** Who writes to several lists has had them locked before it began, also when it runs by itself. */
function knownTogether({ lists }: WaitingUnit): readonly ObjectList[] {
  return lists.length > 1 ? lists : [];
}

/** What the one needs, they will. */
function isOfSameResource(one: WaitingUnit, other: WaitingUnit): boolean {
  const names = new Set(one.lists.map(({ resourceName }) => resourceName));
  return other.lists.some(({ resourceName }) => names.has(resourceName));
}

export function eachOnce(lists: readonly ObjectList[]): ObjectList[] {
  return [...new Map(lists.map((list) => [nameOf(list), list])).values()];
}

export function nameOf({ parentId, resourceName }: ObjectList): string {
  return `${resourceName} ${parentId}`;
}
