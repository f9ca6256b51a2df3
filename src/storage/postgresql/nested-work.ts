import { AsyncLocalStorage } from 'node:async_hooks';
import type { PostgresqlSession } from './postgresql-session.js';
import type { TransactionMark } from './transaction-state.js';

/** Inside which nested work of which unit this code runs. */
const inside = new AsyncLocalStorage<{ readonly unit: NestedWork; readonly depth: number }>();

/** One nested work that has begun and not ended. */
interface Level {
  readonly name: string;
  readonly mark: TransactionMark;
  hasSavepoint: boolean;
}

/**
 * Work inside a unit whose failure is undone alone: savepoints, each within the one before. Where what is added waits to
 * be sent, a savepoint is made only when something is sent from inside it; until then there is only to forget.
 */
export class NestedWork {
  private readonly levels: Level[] = [];

  constructor(private readonly session: PostgresqlSession) {
    session.beforeWriting(() => this.openSavepoints());
  }

  /** @throws Error when nested works overlap; nobody could tell what undoing one of them means */
  async run<T>(work: () => Promise<T>): Promise<T> {
    this.session.ensureOpen();
    const around = inside.getStore();
    this.ensureDepth(around?.unit === this ? around.depth : 0);
    const level: Level = {
      name: `nested_${this.levels.length + 1}`,
      mark: this.session.state.mark(),
      hasSavepoint: false,
    };
    this.levels.push(level);
    const depth = this.levels.length;
    try {
      if (!this.session.state.defers) await this.openSavepoints();
      const value = await inside.run({ unit: this, depth }, work);
      this.session.ensureOpen();
      this.ensureDepth(depth);
      if (level.hasSavepoint) await this.session.keepSavepoint(level.name);
      this.levels.pop();
      return value;
    } catch (error) {
      await this.undo(depth, level);
      throw error;
    }
  }

  /** @throws Error when one has not ended */
  ensureNone(): void {
    this.ensureDepth(0);
  }

  /** From the outermost inward, each with what was added before it began sent before it. */
  private async openSavepoints(): Promise<void> {
    for (const level of this.levels) {
      if (level.hasSavepoint) continue;
      await this.session.openSavepoint(level.name, level.mark);
      level.hasSavepoint = true;
    }
  }

  private async undo(depth: number, { name, mark, hasSavepoint }: Level): Promise<void> {
    // The whole unit is undone, or has been; or others are still at work inside, and the unit will fail.
    if (!this.session.isOpen || this.levels.length !== depth) return;
    this.levels.pop();
    if (hasSavepoint) await this.session.undoSavepoint(name);
    else if (this.session.isStuck) this.session.runAgain('a statement failed where there was no savepoint');
    this.session.state.rewind(mark);
  }

  private ensureDepth(depth: number): void {
    if (this.levels.length !== depth) {
      throw new Error('Something nested in this unit of work was not awaited before going on.');
    }
  }
}
