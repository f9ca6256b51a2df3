import { listHistory, type ListedChange } from '../../storage/list-history.js';
import type { StorageView } from '../../storage/storage.js';
import type { Position } from '../../wire/position.js';
import type { LiveAccess, LiveRights, Refused } from './live-access.js';
import type { LiveStart } from './live-start.js';

/** How many changes are read from the log at once while somebody catches up. */
export const PAGE_SIZE = 100;

export interface Page {
  readonly rights: LiveRights | Refused;
  /** The newest position of the list. */
  readonly top: Position;
  readonly changes: readonly ListedChange[];
}

/**
 * What comes after the position. Rights and changes are of one snapshot, always: it may be newer than what the tail has
 * told, and no change is told by rights that were older than it.
 */
export async function readPage(
  view: StorageView,
  access: LiveAccess,
  { place, identity }: Pick<LiveStart, 'place' | 'identity'>,
  position: Position,
): Promise<Page> {
  await view.sql.placeChanges?.();
  const rights = await access.rightsOf(view, place, identity);
  const top = await listHistory.top(view.sql, place.list);
  return { rights, top, changes: await listHistory.readAfter(view.sql, place.list, position, PAGE_SIZE) };
}
