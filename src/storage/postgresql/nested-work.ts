import { AsyncLocalStorage } from 'node:async_hooks';
import type { PostgresqlSession } from './postgresql-session.js';

/** Inside which nested work of which unit this code runs. */
const inside = new AsyncLocalStorage<{ readonly unit: NestedWork; readonly depth: number }>();

/** Work inside a unit whose failure is undone alone: savepoints, each within the one before. */
export class NestedWork {
  /** How many nested works have begun and not ended. */
  private depth = 0;

  constructor(private readonly session: PostgresqlSession) {}

  /** @throws Error when nested works overlap; nobody could tell what undoing one of them means */
  async run<T>(work: () => Promise<T>): Promise<T> {
    this.session.ensureOpen();
    const around = inside.getStore();
    this.ensureDepth(around?.unit === this ? around.depth : 0);
    const depth = (this.depth += 1);
    const name = `nested_${depth}`;
    try {
      await this.session.send(`SAVEPOINT ${name}`);
      const value = await inside.run({ unit: this, depth }, work);
      this.session.ensureOpen();
      this.ensureDepth(depth);
      await this.session.send(`RELEASE ${name}`);
      this.depth -= 1;
      return value;
    } catch (error) {
      await this.undo(depth, name);
      throw error;
    }
  }

  /** @throws Error when one has not ended */
  ensureNone(): void {
    this.ensureDepth(0);
  }

  private async undo(depth: number, name: string): Promise<void> {
    // The whole unit is undone, or has been; or others are still at work inside, and the unit will fail.
    if (!this.session.isOpen || this.depth !== depth) return;
    this.depth -= 1;
    await this.session.undo(`ROLLBACK TO ${name}; RELEASE ${name}`);
  }

  private ensureDepth(depth: number): void {
    if (this.depth !== depth) throw new Error('Something nested in this unit of work was not awaited before going on.');
  }
}
