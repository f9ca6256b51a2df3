import type { Database, Statement } from 'better-sqlite3';
import { ApiError } from '../../wire/api-error.js';
import { Savepoint } from './savepoint.js';

interface WaitingUnit {
  /** Whether it may write: a group that only reads is nobody's news. */
  readonly writes: boolean;
  readonly work: () => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/** What a unit works through. Its end, or the database giving up the transaction, closes it for good. */
export interface UnitSession {
  readonly isOpen: boolean;
  /** @throws Error when it is closed */
  ensureOpen(): void;
}

/** The most turns of the event loop that a group is waited for, however many units still arrive. */
const MAX_GATHERING_TURNS = 8;

/** What became of one unit, told to its caller only when the whole group is durable. */
type Outcome = () => void;

/** What the group's units are written with. */
export interface GroupWriter {
  /** How many statements that write have been run. */
  readonly writes: number;
  /** To be called whenever something written is undone: what was read since may be wrong. */
  forget(): void;
}

/**
 * One writer, one connection, many callers: units of work that arrive together share a transaction, and so one sync
 * of the disk.
 *
 * Promises: units run strictly one after another, so two of them never meet between statements; one unit's failure
 * undoes that unit alone; a caller hears of success only after the commit is on disk; when the commit fails, every
 * unit of the group is undone and every caller is told.
 *
 * Nearly every unit that fails has written nothing, so nothing is prepared for undoing one: a savepoint for each would
 * be a sixth of the database's work. Should a unit fail after all when it has written, the whole group is undone and
 * run once more, then with a savepoint for each. A unit may therefore run twice, the first time for nothing.
 */
export class GroupCommit {
  private waiting: WaitingUnit[] = [];
  private isDraining = false;
  private readonly listeners: (() => void)[] = [];
  private readonly statements: Record<'begin' | 'commit' | 'rollback', Statement>;
  private readonly unit: Savepoint;
  private readonly inner: Savepoint;
  /** How many nested works of the running unit have begun and not ended. */
  private depth = 0;

  /**
   * @param maxUnits the most units one transaction holds: it bounds how long the first of them waits for its answer
   */
  constructor(
    private readonly database: Database,
    private readonly maxUnits: number,
    private readonly writer: GroupWriter,
  ) {
    this.statements = {
      begin: database.prepare('BEGIN IMMEDIATE'),
      commit: database.prepare('COMMIT'),
      rollback: database.prepare('ROLLBACK'),
    };
    this.unit = new Savepoint(database, 'unit');
    this.inner = new Savepoint(database, 'nested');
  }

  /**
   * Runs the work in a coming group, once or twice. Resolves with its last value once that is durable.
   *
   * @param options.writes whether it may write, and so whether those who wait for commits are told
   */
  run<T>(work: () => Promise<T>, { writes }: { writes: boolean }): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.waiting.push({ work, writes, resolve: resolve as (value: unknown) => void, reject });
      if (!this.isDraining) {
        this.isDraining = true;
        // After the poll phase: every request that has arrived by now joins the same group.
        setImmediate(() => void this.drain());
      }
    });
  }

  /**
   * Inside a running unit: work whose failure is undone alone.
   *
   * @param session the unit's own. When it has closed meanwhile, the savepoint has gone with the unit, and touching one
   *   would be touching somebody else's
   * @throws Error when nested works of one unit overlap; nobody could tell what undoing one of them means
   */
  async nested<T>(work: () => Promise<T>, session: UnitSession): Promise<T> {
    session.ensureOpen();
    this.inner.begin();
    const depth = (this.depth += 1);
    try {
      const value = await work();
      session.ensureOpen();
      this.ensureInnermost(depth);
      this.inner.keep();
      return value;
    } catch (error) {
      if (session.isOpen && this.depth === depth) this.inner.undo();
      this.writer.forget();
      throw error;
    } finally {
      if (session.isOpen && this.depth === depth) this.depth -= 1;
    }
  }

  onCommit(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Resolves when nothing waits and nothing runs. */
  async settle(): Promise<void> {
    while (this.isDraining) await nextTurn();
  }

  private async drain(): Promise<void> {
    while (this.waiting.length > 0) {
      await this.gather();
      const group = this.waiting.splice(0, this.maxUnits);
      await this.commit(group);
      // Lets the answers leave and the next requests come in; they become the next group.
      await nextTurn();
    }
    this.isDraining = false;
  }

  /**
   * As long as each turn of the event loop brings more units, they are waited for: a turn costs far less than the sync
   * of the disk that each of them would otherwise have for itself.
   */
  private async gather(): Promise<void> {
    for (let turn = 0; turn < MAX_GATHERING_TURNS; turn++) {
      const before = this.waiting.length;
      await nextTurn();
      if (this.waiting.length === before || this.waiting.length >= this.maxUnits) return;
    }
  }

  private async commit(group: readonly WaitingUnit[]): Promise<void> {
    let outcomes: Outcome[];
    try {
      outcomes = (await this.runTogether(group)) ?? (await this.runApart(group));
      this.statements.commit.run();
    } catch (cause) {
      this.giveUp();
      for (const unit of group) unit.reject(new ApiError('BACKEND', { cause }));
      return;
    }
    for (const tell of outcomes) tell();
    if (group.some(({ writes }) => writes)) this.tellListeners();
  }

  /** @returns `undefined`, and no transaction, when a unit failed that had written already */
  private async runTogether(group: readonly WaitingUnit[]): Promise<Outcome[] | undefined> {
    const outcomes: Outcome[] = [];
    this.statements.begin.run();
    for (const unit of group) {
      const before = this.writer.writes;
      try {
        outcomes.push(await this.outcomeOf(unit));
      } catch (error) {
        this.ensureTransaction(error);
        if (this.writer.writes !== before) {
          this.statements.rollback.run();
          this.writer.forget();
          return undefined;
        }
        outcomes.push(() => unit.reject(error));
      }
    }
    return outcomes;
  }

  private async runApart(group: readonly WaitingUnit[]): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    this.statements.begin.run();
    for (const unit of group) {
      this.unit.begin();
      try {
        outcomes.push(await this.outcomeOf(unit));
        this.unit.keep();
      } catch (error) {
        this.ensureTransaction(error);
        this.unit.undo();
        this.writer.forget();
        outcomes.push(() => unit.reject(error));
      }
    }
    return outcomes;
  }

  private async outcomeOf({ work, resolve }: WaitingUnit): Promise<Outcome> {
    this.depth = 0;
    const value = await work();
    this.ensureInnermost(0);
    return () => resolve(value);
  }

  /** Disk full, I/O error: SQLite has given up the whole transaction, and with it the units before this one. */
  private ensureTransaction(error: unknown): void {
    if (!this.database.inTransaction) throw error;
  }

  private ensureInnermost(depth: number): void {
    if (this.depth !== depth) throw new Error('Something nested in this unit of work was not awaited before going on.');
  }

  private giveUp(): void {
    this.writer.forget();
    try {
      if (this.database.inTransaction) this.statements.rollback.run();
    } catch {
      // The callers are told of what went wrong first. While this lasts, no group can begin, and each caller is told.
    }
  }

  /** The group is durable and its callers have their answers: a listener's mistake must not become theirs. */
  private tellListeners(): void {
    for (const listener of this.listeners) {
      try {
        listener();
      } catch (error) {
        const story = error instanceof Error ? error.stack : undefined;
        process.emitWarning(`A listener for commits threw: ${story ?? String(error)}`);
      }
    }
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
