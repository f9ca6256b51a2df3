import type { UnitOfWork } from '../storage/storage.js';
import { Registry } from '../wire/registry.js';
import type { ResourceChange } from './resource-change.js';

/**
 * Stands inside the transaction. Hooks are called one after another, in the order they were added, with everything
 * the request changed. They may write through the unit and may throw to refuse the request: then all of it is undone.
 * They must await nothing but the unit: other writers wait for it.
 */
export interface CommitHook {
  beforeCommit(changes: readonly ResourceChange[], unit: UnitOfWork): Promise<void>;
}

export class CommitHooks extends Registry<CommitHook> {
  constructor() {
    super('commit hook');
  }
}
