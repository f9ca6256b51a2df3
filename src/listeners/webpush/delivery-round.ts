import type { CommittedChange } from '../../changes/resource-change.js';
import type { PushMessage } from '../../outgoing/webpush/push-sender.js';
import { pushMessage } from './push-message.js';
import type { PushSubscription } from './push-subscription.js';

/** One change on its way to its subscriptions, over as many tries as it takes. */
export class DeliveryRound {
  readonly startedAt = Date.now();
  /** The endpoints that have it, and those that are no more. */
  readonly done = new Set<string>();
  /** How many have it. */
  taken = 0;
  /** It was given up, though nobody had it. */
  isLost = false;

  /** In ms. */
  age(now = Date.now()): number {
    return now - this.startedAt;
  }
}

/**
 * The rounds that are not over. The feed may try the next change before it gives one up, and somebody may ask for one
 * again that was given up: whoever has it must not get it twice, as long as this process lives.
 */
export class DeliveryRounds {
  /** Each may remember thousands of endpoints. */
  private static readonly MOST = 100;
  private readonly rounds = new Map<string, DeliveryRound>();

  of({ id }: CommittedChange): DeliveryRound {
    const known = this.rounds.get(id);
    if (known !== undefined) return known;
    const round = new DeliveryRound();
    this.rounds.set(id, round);
    if (this.rounds.size > DeliveryRounds.MOST) this.rounds.delete(this.rounds.keys().next().value!);
    return round;
  }

  /** How many endpoints are done with. */
  progressOf({ id }: CommittedChange): number {
    return this.rounds.get(id)?.done.size ?? 0;
  }

  end({ id }: CommittedChange): void {
    this.rounds.delete(id);
  }
}

/** One try of a round: its messages, and what went wrong. */
export class DeliveryTry {
  readonly failed: { readonly subscription: PushSubscription; readonly reason: string; readonly wait: number }[] = [];
  /** Why those who refused it did. */
  readonly refused: string[] = [];
  /** How many were left alone. */
  skipped = 0;
  private readonly messages = new Map<CommittedChange, PushMessage>();

  constructor(
    readonly round: DeliveryRound,
    private readonly includeData: boolean,
    readonly cutOff: AbortSignal | undefined,
  ) {}

  /** @throws UndeliverableChange */
  messageOf(narrowed: CommittedChange): PushMessage {
    let message = this.messages.get(narrowed);
    if (message === undefined) this.messages.set(narrowed, (message = pushMessage(narrowed, this.includeData)));
    return message;
  }
}
