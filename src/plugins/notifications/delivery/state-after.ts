import type { DeliveryNote, SubscriptionState } from '../stored-subscription.js';
import type { SendOutcome } from './senders.js';
import type { Subscription } from './subscription.js';

const DELIVERIES_KEPT = 50;

const LONGEST_REASON = 300;

/** A push message that nobody takes is let go after this long unless the subscription says otherwise, in s. */
const USUAL_TTL = 86_400;

/** How a subscription fares when a message has come to that. */
export function stateAfter(before: SubscriptionState, outcome: SendOutcome, note: DeliveryNote): SubscriptionState {
  const deliveries = [...before.deliveries, note].slice(-DELIVERIES_KEPT);
  if (outcome.kind === 'taken') {
    const { version, lastError } = before;
    const lastTold = note.changes === undefined ? before.lastTold : note.at;
    return { version, state: 'active', failures: 0, lastSuccess: note.at, lastTold, lastError, deliveries };
  }
  const lastError = { code: outcome.reason.slice(0, LONGEST_REASON), at: note.at };
  const failures = before.failures + 1;
  // A message that is refused says nothing of the next one.
  const failingSince = outcome.kind === 'failed' ? (before.failingSince ?? note.at) : undefined;
  return { ...before, state: 'failing', failures, failingSince, lastError, deliveries };
}

/** As the list of deliveries has it. */
export function resultOf({ kind }: SendOutcome): string {
  if (kind === 'taken') return 'delivered';
  return kind === 'refused' ? 'refused' : 'failed';
}

/** @param giveUpAfter how long a webhook may fail, in s */
export function hasFailedTooLong(
  { kind, value }: Subscription,
  { failingSince }: SubscriptionState,
  { giveUpAfter, now }: { giveUpAfter: number; now: number },
): boolean {
  if (failingSince === undefined) return false;
  const ttl = typeof value.ttl === 'number' ? value.ttl : USUAL_TTL;
  return now - failingSince >= (kind === 'webhook' ? giveUpAfter : ttl) * 1000;
}
