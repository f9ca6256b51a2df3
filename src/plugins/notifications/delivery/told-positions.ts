import { createHash } from 'node:crypto';
import type { LoggedChange } from '../../../storage/journal.js';
import type { ObjectList, StorageView, UnitOfWork } from '../../../storage/storage.js';
import { formatPosition } from '../../../wire/position.js';
import type { SubscriptionRef } from '../stored-subscription.js';
import type { Subscription } from './subscription.js';

/**
 * Which change of each list a subscription was told of last: what the next one names as the one before it, so that its
 * receiver sees whether something is missing (seed-systems.md, 1.2 and 1.3). A replay begins without.
 */
export const toldPositions = {
  /** `undefined`: it has not been told of any change of that list. */
  async find(view: StorageView, subscription: Subscription, list: ObjectList): Promise<string | undefined> {
    const found = await view.findObject(placeOf(subscription), idOf(list));
    if (found === undefined || found.value.replay !== replayOf(subscription)) return undefined;
    return found.value.position as string;
  },

  async write(unit: UnitOfWork, subscription: Subscription, last: LoggedChange): Promise<void> {
    const [place, id] = [placeOf(subscription), idOf(last.list)];
    const before = await unit.findObject(place, id);
    const value = { position: formatPosition(last.position), replay: replayOf(subscription) };
    if (before === undefined) await unit.createObject(place, id, value);
    else await unit.updateObject(place, before, value);
  },

  async remove(unit: UnitOfWork, subscription: SubscriptionRef): Promise<void> {
    await unit.deleteBelow(placeOf(subscription).parentId);
  },
};

/** Below a URI of its own, so that all of them go at once. */
function placeOf({ kind, owner, id }: SubscriptionRef): ObjectList {
  return { parentId: `/notifications/${kind}/${encodeURIComponent(owner)}/${id}`, resourceName: 'told' };
}

function idOf({ parentId, resourceName }: ObjectList): string {
  return createHash('sha256').update(`${parentId}/${resourceName}`).digest('base64url');
}

function replayOf({ value }: Subscription): string {
  const { replay = value.begun } = value;
  return typeof replay === 'string' ? replay : '';
}
