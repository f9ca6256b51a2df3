import type { LoggedChange } from '../../../storage/journal.js';
import type { Storage } from '../../../storage/storage.js';
import { formatPosition } from '../../../wire/position.js';
import type { ReadNote } from '../reads/read-note.js';
import type { DeliveryNote, SubscriptionState } from '../stored-subscription.js';
import { deliveryId, listNames, readsId } from './messages.js';
import type { OwnerSight } from './owner-sight.js';
import type { Content } from './senders.js';
import type { Subscription } from './subscription.js';
import { toldPositions } from './told-positions.js';

/** What is to be sent, and what becomes of it. */
export interface Message {
  /** @param isResumed whether other changes have passed by before */
  content(isResumed: boolean): Content;
  readonly note: Pick<DeliveryNote, 'delivery' | 'uri' | 'resource'>;
  /** Writes how the subscription fares. @param isPassed whether it is over with this message */
  settle(isPassed: boolean, state: SubscriptionState): Promise<void>;
}

type Settle = (isPassed: boolean, state: SubscriptionState, told?: LoggedChange) => Promise<void>;

interface MessageParts {
  readonly storage: Storage;
  readonly sight: OwnerSight;
}

/** `undefined`: none of the changes, which are of one list, is for the owner of the subscription. */
export async function changesMessage(
  { storage, sight }: MessageParts,
  subscription: Subscription,
  group: readonly LoggedChange[],
  settle: Settle,
): Promise<Message | undefined> {
  const { changes, previous } = await storage.read(async (view) => ({
    changes: await sight.look(view, subscription, group),
    previous: await toldPositions.find(view, subscription, group[0]!.list),
  }));
  const last = changes.at(-1)?.logged;
  if (last === undefined) return undefined;
  const about = { ...listNames(last.list), position: formatPosition(last.position), changes: changes.length };
  // Of push messages nobody asks which came before: they are hints.
  const told = subscription.kind === 'webhook' ? last : undefined;
  return {
    content: (isResumed) => ({ changes, previous, isResumed }),
    note: { delivery: deliveryId(subscription, changes), ...about },
    settle: (isPassed, state) => settle(isPassed, state, isPassed ? told : undefined),
  };
}

/** The same of reads of one list. */
export async function readsMessage(
  { storage, sight }: MessageParts,
  subscription: Subscription,
  group: readonly ReadNote[],
  settle: Settle,
): Promise<Message | undefined> {
  const reads = await storage.read((view) => sight.lookAtReads(view, subscription, group));
  const [first] = reads;
  if (first === undefined) return undefined;
  const note = { delivery: readsId(subscription, reads), ...listNames(first.list), reads: reads.length };
  return { content: () => ({ reads }), note, settle };
}
