import type { CommittedChange } from './resource-change.js';

/** How many changes are tried in the place of one that fails and fails. */
const MAX_CANDIDATES = 10;

/** A change the listener asked for, and the global position of the last change of its request. */
export interface Pending {
  readonly change: CommittedChange;
  readonly lastId: number;
}

/**
 * At most some of those behind, first the ones that have nothing of their own list before them: told out of turn, they
 * are still in order there.
 *
 * @param isUrgent whether others will do too
 */
export function leastRisky(failed: Pending, behind: readonly Pending[], isUrgent: boolean): Pending[] {
  const lists = new Set([listOf(failed)]);
  const first = behind.filter((pending) => {
    const list = listOf(pending);
    const isFirst = !lists.has(list);
    lists.add(list);
    return isFirst;
  });
  const others = isUrgent ? behind.filter((pending) => !first.includes(pending)) : [];
  return [...first, ...others].slice(0, MAX_CANDIDATES);
}

function listOf({ change: { parentId, resourceName } }: Pending): string {
  return `${resourceName} ${parentId}`;
}

/** The place behind the last request that is done with as a whole. */
export function doneBefore(pending: readonly Pending[], index: number): number | undefined {
  const { lastId } = pending[index]!;
  return pending.slice(0, index).findLast((before) => before.lastId !== lastId)?.lastId;
}
