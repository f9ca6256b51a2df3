import type { UnitOfWork } from '../../../storage/storage.js';
import { subscriptionReads } from '../reads/subscription-reads.js';
import { subscriptionStates, type SubscriptionRef } from '../stored-subscription.js';
import { toldPositions } from './told-positions.js';

/** Removes all that is kept beside a subscription, which somebody deletes: another one may get its id. */
export async function forgetSubscription(unit: UnitOfWork, subscription: SubscriptionRef): Promise<void> {
  await subscriptionStates.remove(unit, subscription);
  await subscriptionReads.remove(unit, subscription);
  await toldPositions.remove(unit, subscription);
}
