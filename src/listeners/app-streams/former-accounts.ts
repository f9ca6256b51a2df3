import type { CommitHook } from '../../changes/commit-hook.js';
import type { ResourceChange } from '../../changes/resource-change.js';
import type { UnitOfWork } from '../../storage/storage.js';
import { streamsParent } from './stream.definition.js';

/** The streams of an account go with it, tombstones and all: whoever has the name next is somebody else. */
export class FormerAccounts implements CommitHook {
  async beforeCommit(changes: readonly ResourceChange[], unit: UnitOfWork): Promise<void> {
    for (const { resourceName, action, impacted } of changes) {
      if (resourceName !== 'account' || action !== 'delete') continue;
      for (const { id } of impacted) await unit.deleteBelow(streamsParent(`account:${id}`));
    }
  }
}
