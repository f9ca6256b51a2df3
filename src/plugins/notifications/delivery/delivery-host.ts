import type { SubscriptionDelivery } from './subscription-delivery.js';
import type { Subscription } from './subscription.js';

/** Why nothing more is told: the subscription is disabled, not active, or not there at all. */
export type EndOfDelivery = 'disabled' | 'passed' | 'gone';

/** Who knows the subscriptions, and up to where the log has been looked through. */
export interface DeliveryHost {
  readonly position: number;
  readonly isAtWork: boolean;
  find(key: string): Subscription | undefined;
  /** The delivery has come to the end, or nothing is to be told any more. @returns false when there is more by now */
  settle(delivery: SubscriptionDelivery, why?: EndOfDelivery): Promise<boolean>;
  /** Nobody is there any more: the subscription is deleted. */
  remove(subscription: Subscription): Promise<void>;
}
