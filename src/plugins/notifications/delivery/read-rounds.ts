import type { Storage } from '../../../storage/storage.js';
import { subscriptionReads } from '../reads/subscription-reads.js';
import type { SubscriptionRef } from '../stored-subscription.js';

/** How often it is looked for reads that wait, in ms: they may have been noted by another server. */
const INTERVAL = 1000;

/** Who tells them. */
export interface ReadTeller {
  readonly isAtWork: boolean;
  /** Whether any subscription wants reads. */
  readonly wantsReads: boolean;
  tellReads(waiting: readonly SubscriptionRef[]): Promise<void>;
}

export interface ReadRoundsParts {
  readonly storage: Storage;
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

  private async look(): Promise<void> {
    try {
      const waiting = await this.parts.storage.read((view) => subscriptionReads.withWaiting(view));
      if (waiting.length > 0) await this.teller.tellReads(waiting);
    } catch (error) {
      if (!this.teller.isAtWork) return;
      this.parts.log.warn(`Notifications of reads: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
