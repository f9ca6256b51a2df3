import type { LoggedChange } from '../../../storage/journal.js';
import type { StorageView } from '../../../storage/storage.js';
import { subscriptionList } from '../stored-subscription.js';
import { KINDS, type KindName } from '../subscription-kinds.js';
import type { StoredOne } from './places.js';
import { keyOf } from './subscription.js';

/** A subscription that somebody has written. */
export interface Written {
  readonly key: string;
  /** Its place in the log, if it was made there; else 0. */
  readonly createdAt: number;
  /** Where its last write is there. */
  readonly lastAt: number;
  /** As it is now; absent: it is gone. */
  readonly one: StoredOne | undefined;
}

interface Row extends Pick<Written, 'createdAt' | 'lastAt'> {
  readonly kind: KindName;
  readonly owner: string;
  readonly id: string;
}

/** The subscriptions that these changes are changes of. */
export async function writtenIn(view: StorageView, logged: readonly LoggedChange[]): Promise<Written[]> {
  const rows = new Map<string, Row>();
  for (const { id: lastAt, list, objectId: id, action } of logged) {
    const kind = KINDS.find(({ name }) => name === list.resourceName)?.name;
    if (kind === undefined) continue;
    const owner = list.parentId;
    const key = keyOf(kind, owner, id);
    const createdAt = action === 'create' ? lastAt : (rows.get(key)?.createdAt ?? 0);
    rows.set(key, { kind, owner, id, createdAt, lastAt });
  }
  const written: Written[] = [];
  for (const [key, { kind, owner, id, createdAt, lastAt }] of rows) {
    const stored = await view.findObject(subscriptionList(owner, kind), id);
    written.push({ key, createdAt, lastAt, one: stored && { kind, owner, stored } });
  }
  return written;
}

/** What names the replay that was asked for last: the place it begins at, or `here`, and something random. */
export function replayIn({ stored }: StoredOne): string | undefined {
  const { replay } = stored.value;
  return typeof replay === 'string' ? replay : undefined;
}

/** Where it begins. @param here where it was asked for */
export function placeIn(replay: string, here: number): number {
  const [place] = replay.split(':', 1);
  return place === 'here' ? here : Number(place);
}
