import type { Database, Statement } from 'better-sqlite3';
import { ApiError } from '../../wire/api-error.js';

interface WaitingUnit {
  readonly work: () => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/** What became of one unit, told to its caller only when the whole group is durable. */
type Outcome = () => void;

/**
 * One writer, one connection, many callers: units of work that arrive together share a transaction, and so one sync
 * of the disk, each in a savepoint of its own.
 *
 * Promises: units run strictly one after another, so two of them never meet between statements; one unit's failure
 * undoes that unit alone; a caller hears of success only after the commit is on disk; when the commit fails, every
 * unit of the group is undone and every caller is told.
 */
export class GroupCommit {
  private waiting: WaitingUnit[] = [];
  private isDraining = false;
  private readonly listeners: (() => void)[] = [];
  private readonly statements: Record<'begin' | 'commit' | 'rollback' | 'save' | 'release' | 'undo', Statement>;

  /**
   * @param maxUnits the most units one transaction holds: it bounds how long the first of them waits for its answer
   */
  constructor(
    private readonly database: Database,
    private readonly maxUnits: number,
  ) {
    this.statements = {
      begin: database.prepare('BEGIN IMMEDIATE'),
      commit: database.prepare('COMMIT'),
      rollback: database.prepare('ROLLBACK'),
      save: database.prepare('SAVEPOINT unit'),
      release: database.prepare('RELEASE unit'),
      undo: database.prepare('ROLLBACK TO unit'),
    };
  }

  /** Runs the work in a coming group. Resolves with its value once that is durable. */
  run<T>(work: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.waiting.push({ work, resolve: resolve as (value: unknown) => void, reject });
      if (!this.isDraining) {
        this.isDraining = true;
        // After the poll phase: every request that has arrived by now joins the same group.
        setImmediate(() => void this.drain());
      }
    });
  }

  /** Inside a running unit: work whose failure is undone alone. */
  async nested<T>(work: () => Promise<T>): Promise<T> {
    this.statements.save.run();
    try {
      const value = await work();
      this.statements.release.run();
      return value;
    } catch (error) {
      this.undo();
      throw error;
    }
  }

  onCommit(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Resolves when nothing waits and nothing runs. */
  async settle(): Promise<void> {
    while (this.isDraining) await new Promise((resolve) => setImmediate(resolve));
  }

  private async drain(): Promise<void> {
    while (this.waiting.length > 0) {
      const group = this.waiting.splice(0, this.maxUnits);
      await this.commit(group);
      // Lets the answers leave and the next requests come in; they become the next group.
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.isDraining = false;
  }

  private async commit(group: readonly WaitingUnit[]): Promise<void> {
    const outcomes: Outcome[] = [];
    try {
      this.statements.begin.run();
      for (const unit of group) outcomes.push(await this.runUnit(unit));
      this.statements.commit.run();
    } catch (cause) {
      if (this.database.inTransaction) this.statements.rollback.run();
      for (const unit of group) unit.reject(new ApiError('BACKEND', { cause }));
      return;
    }
    for (const tell of outcomes) tell();
    for (const listener of this.listeners) listener();
  }

  private async runUnit({ work, resolve, reject }: WaitingUnit): Promise<Outcome> {
    try {
      const value = await this.nested(work);
      return () => {
        resolve(value);
      };
    } catch (error) {
      // Disk full, I/O error: SQLite has given up the whole transaction, and with it the units before this one.
      if (!this.database.inTransaction) throw error;
      return () => {
        reject(error);
      };
    }
  }

  private undo(): void {
    if (!this.database.inTransaction) return;
    this.statements.undo.run();
    this.statements.release.run();
  }
}
