import { journal } from '../storage/journal.js';
import type { UnitOfWork } from '../storage/storage.js';
import type { ChangeCollector } from './change-collector.js';
import type { CommitHooks } from './commit-hook.js';

/** Where a unit's changes are agreed to and written down, in the transaction that makes them. */
export class ChangeLog {
  constructor(private readonly hooks: CommitHooks) {}

  /**
   * Asks the commit hooks, then appends to the log: the last thing a unit does, so that the order of the log is the
   * order of commits.
   *
   * @throws whatever a hook refuses with
   */
  async conclude(unit: UnitOfWork, collector: ChangeCollector): Promise<void> {
    if (collector.entries.length === 0) return;
    const hooks = this.hooks.all();
    if (hooks.length > 0) {
      const changes = collector.changes;
      for (const hook of hooks) await hook.beforeCommit(changes, unit);
    }
    await journal.append(unit.sql, unit.id, collector.entries);
  }
}
