import type { Storage } from '../../../storage/storage.js';
import { subscriptionReads } from '../reads/subscription-reads.js';
import { subscriptionList, type SubscriptionRef } from '../stored-subscription.js';
import type { Places } from './places.js';
import { keyOf, type Subscription } from './subscription.js';

/** How often it is looked for reads that wait, in ms: those that this very server has noted are told at once. */
const INTERVAL = 5000;

/** Who tells them. */
export interface ReadTeller {
  readonly isAtWork: boolean;
  /** Whether any subscription wants reads. */
  readonly wantsReads: boolean;
  find(key: string): Subscription | undefined;
  /** Whether it is being told something, or is about to be written anew: then it is not to be begun with. */
  isBusy(key: string): boolean;
  /** Whether it is told anything at all. */
  isTold(one: Subscription): boolean;
  remove(one: Subscription): Promise<void>;
  /** Runs the work while nobody else gives or takes places. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  /** Gives them a place at the end of the log, where they are told what waits. In turn only. */
  beginHere(keys: readonly string[]): Promise<void>;
}

export interface ReadRoundsParts {
  readonly storage: Storage;
  readonly places: Places;
  /** Of push subscriptions, in ms; 0: never. */
  readonly expiresAfter: number;
  readonly log: { warn(line: string): void };
}

/** Looks for reads that wait to be told, and has them told. */
export class ReadRounds {
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> | undefined;

  constructor(
    private readonly parts: ReadRoundsParts,
    private readonly teller: ReadTeller,
  ) {}

  open(): void {
    this.timer = setInterval(() => {
      if (!this.teller.isAtWork || !this.teller.wantsReads) return;
      this.round ??= this.look().finally(() => {
        this.round = undefined;
      });
    }, INTERVAL).unref();
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.round;
  }

  /** Like with a change: whoever has something to be told has a place of their own in the log. */
  tell(waiting: readonly SubscriptionRef[]): Promise<void> {
    const { teller, parts } = this;
    return teller.inTurn(async () => {
      const keys: string[] = [];
      for (const ref of waiting) {
        const key = keyOf(ref.kind, ref.owner, ref.id);
        const one = teller.find(key);
        // Who is told something is told of reads when that is over.
        if (teller.isBusy(key)) continue;
        if (one === undefined) await this.forgetUnlessNew(ref);
        else if (one.isExpired(parts.expiresAfter)) await teller.remove(one);
        else if (teller.isTold(one) && one.triggers.hasReads) keys.push(key);
        else await parts.places.forgetReads(one);
      }
      if (keys.length > 0) await teller.beginHere(keys);
    });
  }

  /** Of a new one, the log tells soon. */
  private async forgetUnlessNew(ref: SubscriptionRef): Promise<void> {
    const { storage, places } = this.parts;
    const isThere = await storage.read((view) => view.hasObject(subscriptionList(ref.owner, ref.kind), ref.id));
    if (!isThere) await places.forgetReads(ref);
  }

  private async look(): Promise<void> {
    try {
      const waiting = await this.parts.storage.read((view) => subscriptionReads.withWaiting(view));
      if (waiting.length > 0) await this.tell(waiting);
    } catch (error) {
      if (!this.teller.isAtWork) return;
      this.parts.log.warn(`Notifications of reads: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
