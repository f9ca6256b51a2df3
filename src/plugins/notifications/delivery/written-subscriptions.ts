import type { LoggedChange } from '../../../storage/journal.js';
import type { Selection, StorageView } from '../../../storage/storage.js';
import type { StoredObject } from '../../../wire/stored-object.js';
import { subscriptionList, type SubscriptionRef } from '../stored-subscription.js';
import { KINDS, type KindName } from '../subscription-kinds.js';
import { keyOf } from './subscription.js';

export interface StoredOne {
  readonly kind: KindName;
  readonly owner: string;
  readonly stored: StoredObject;
}

type ChangeOfOne = Pick<LoggedChange, 'id' | 'list' | 'objectId' | 'action' | 'timestamp'>;

/** A subscription that somebody has written. */
export interface Written {
  readonly key: string;
  /** Its place in the log, if it was made there; else 0. */
  readonly createdAt: number;
  /** Where its last write is there. */
  readonly lastAt: number;
  /** As it is now; absent: it is gone, or off until it is switched on further on in the log. */
  readonly one: StoredOne | undefined;
}

/** More than any server has; a list has to say how many it wants. */
const EVERY_ONE: Selection = {
  filters: [],
  sort: [{ field: 'id', path: ['id'], direction: 'ascending' }],
  limit: 10_000_000,
  includeDeleted: false,
};

/** Those of all users. */
export async function allSubscriptions(view: StorageView): Promise<StoredOne[]> {
  const subscriptions: StoredOne[] = [];
  for (const { name: kind } of KINDS) {
    const found = await view.listObjects({ parentId: '*', resourceName: kind }, EVERY_ONE, { everyUser: true });
    subscriptions.push(...found.map((stored) => ({ kind, owner: stored.value.owner as string, stored })));
  }
  return subscriptions;
}

interface Row extends SubscriptionRef, Pick<Written, 'createdAt' | 'lastAt'> {
  readonly timestamp: number;
}

/** The subscriptions that these changes are changes of. */
export async function writtenIn(view: StorageView, logged: readonly ChangeOfOne[]): Promise<Written[]> {
  const rows = new Map<string, Row>();
  for (const { id: lastAt, list, objectId: id, action, timestamp } of logged) {
    const kind = KINDS.find(({ name }) => name === list.resourceName)?.name;
    if (kind === undefined) continue;
    const owner = list.parentId;
    const key = keyOf(kind, owner, id);
    const createdAt = action === 'create' ? lastAt : (rows.get(key)?.createdAt ?? 0);
    rows.set(key, { kind, owner, id, createdAt, lastAt, timestamp });
  }
  const written: Written[] = [];
  for (const [key, { kind, owner, id, createdAt, lastAt, timestamp }] of rows) {
    const stored = await view.findObject(subscriptionList(owner, kind), id);
    const one = stored && { kind, owner, stored };
    // Somebody may have written it since: where that is in the log, it begins anew.
    const isOff =
      one !== undefined && stored?.lastModified !== timestamp && replayIn(one)?.startsWith('here:') === true;
    written.push({ key, createdAt, lastAt, one: isOff ? undefined : one });
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

/** With their account, the subscriptions of its user go. */
export function isAccountGone({ list, action }: LoggedChange): boolean {
  return list.resourceName === 'account' && action === 'delete';
}
