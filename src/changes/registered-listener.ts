import type { Logger } from '@nestjs/common';
import type { ChangeListener } from './change-listener.js';
import { DELIVERY_RULES, type DeliveryRules } from './delivery-rules.js';
import type { ListenerFilter } from './listener-filter.js';
import { PATIENCE } from './patience.js';
import type { CommittedChange } from './resource-change.js';

/** What has become of the changes a listener asked for. */
export interface ListenerStats {
  delivered: number;
  /** Tries that failed, repeated ones included. */
  failed: number;
  /** Changes passed over because they can never be delivered. */
  undeliverable: number;
  lastError: string | undefined;
}

/** A listener with the name and the filter that the settings gave it. */
export class RegisteredListener {
  readonly stats: ListenerStats = { delivered: 0, failed: 0, undeliverable: 0, lastError: undefined };
  /** Told how long each try took, failed ones too, in s. */
  observe: ((seconds: number) => void) | undefined;
  private endTry: (() => void) | undefined;

  constructor(
    readonly name: string,
    readonly kind: string,
    readonly listener: ChangeListener,
    private readonly filter: ListenerFilter,
    readonly rules: DeliveryRules = DELIVERY_RULES,
  ) {}

  /** Whether anybody would hear it now. */
  get hasAudience(): boolean {
    return this.listener.hasAudience?.() ?? true;
  }

  /** What of the change it asked for; `undefined`: nothing. */
  wanted(change: CommittedChange): CommittedChange | undefined {
    return this.filter.narrow(change);
  }

  /** How many changes it can be told in one go. */
  get batchSize(): number {
    return this.listener.afterCommits === undefined ? 1 : (this.listener.batchSize ?? 1);
  }

  /** @throws what the listener throws, counted; also when it has not answered in time */
  tell(change: CommittedChange): Promise<void> {
    return this.measured(1, (cutOff) => this.listener.afterCommit(change, cutOff?.signal));
  }

  /** How many messages of a change that failed have arrived. */
  progressOf(change: CommittedChange): number {
    return this.listener.progressOf?.(change) ?? 0;
  }

  /** @throws what the listener throws, counted as one failure */
  tellTogether(changes: readonly CommittedChange[]): Promise<void> {
    // Only listeners that are told again are asked, and they have one.
    return this.measured(changes.length, (cutOff) => this.listener.afterCommits?.(changes, cutOff!.signal));
  }

  private async measured(
    count: number,
    attempt: (cutOff: AbortController | undefined) => Promise<void> | void,
  ): Promise<void> {
    const started = this.observe === undefined ? 0 : performance.now();
    try {
      // A live listener's change is not told again, so there is nothing to call off; and it hears every single write.
      const cutOff = this.listener.delivery === 'once-per-cluster' ? new AbortController() : undefined;
      const answer = attempt(cutOff);
      if (answer !== undefined) await this.within(this.rules.timeout, answer, cutOff);
      this.stats.delivered += count;
    } catch (error) {
      this.stats.failed++;
      this.stats.lastError = describe(error);
      throw error;
    } finally {
      this.observe?.((performance.now() - started) / 1000);
    }
  }

  /** The try under way, if any, has failed now. */
  giveUp(): void {
    this.endTry?.();
  }

  /** Closes the listener. Never throws, and waits at most `timeout` ms: the others are to be closed as well. */
  async close(log: Pick<Logger, 'error'>, timeout: number = PATIENCE.closeGrace): Promise<void> {
    try {
      const answer = this.listener.close?.();
      if (answer !== undefined) await this.within(timeout, answer);
    } catch (error) {
      log.error(`Listener ${this.name} failed to close: ${describe(error)}`);
    }
  }

  private async within(timeout: number, answer: Promise<void>, cutOff?: AbortController): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const giveUp = (reason: string) => {
        const error = new Error(reason);
        cutOff?.abort(error);
        reject(error);
      };
      timer = setTimeout(() => giveUp(`no answer within ${timeout} ms`), timeout);
      this.endTry = () => giveUp('no answer before the end');
    });
    try {
      await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
      this.endTry = undefined;
    }
  }
}

/** One line for the log; the chain of causes is what explains a failed connection. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error && !error.message.includes(error.cause.message) ? error.cause : undefined;
  return cause === undefined ? error.message : `${error.message} (${describe(cause)})`;
}
