import type { CommittedChange } from '../../changes/resource-change.js';
import type { PushTarget } from '../../outgoing/webpush/push-target.js';

/** A browser's, or whoever else listens at a push service. */
export interface PushSubscription extends PushTarget {
  /** What it is called in a log. */
  readonly label: string;
  /** What of the change it wants to hear of. */
  narrow(change: CommittedChange): CommittedChange | undefined;
  /** The push service knows it no more: it is not told again. Never throws. */
  remove(): Promise<void>;
}

/** Where subscriptions come from. */
export interface SubscriptionSource {
  list(): Promise<readonly PushSubscription[]>;
  /** Whether the change is one of the subscriptions themselves, which are nobody else's business. */
  holds(change: CommittedChange): boolean;
}
