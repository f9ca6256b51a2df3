import { Backoff, type Waits } from '../../wire/backoff.js';
import type { ChannelApp } from '../channel-app.js';
import { shownTarget, type WebhookTarget } from './webhook-event.js';
import { requestOf, type WebhookTransport } from './webhook-post.js';
import type { QueuedWebhook, WebhookQueue } from './webhook-queue.js';
import type { WebhookCounters } from './webhook-counters.js';
import type { WebhookSettings } from './webhooks.settings.js';

export interface CourierLog {
  warn(line: string): void;
  error(line: string): void;
}

/** What all couriers share. */
export interface CourierParts {
  readonly queue: WebhookQueue;
  readonly transport: WebhookTransport;
  readonly settings: WebhookSettings;
  readonly counters: WebhookCounters;
  readonly waits: Waits;
  readonly log: CourierLog;
  readonly turn: CourierTurn;
}

/** Which of several processes takes from the queue. */
export interface CourierTurn {
  /** Whether it is this one, at this very moment. */
  readonly isOurs: boolean;
}

/**
 * Brings one URL of one app what waits for it, in order, at least once. What fails is tried again with growing waits,
 * and what is behind it waits with it; no other URL does.
 */
export class WebhookCourier {
  private readonly backoff: Backoff;
  private readonly name: string;
  private startedAt = Date.now();
  private attempt: AbortController | undefined;
  private readonly end = new AbortController();
  private running: Promise<void> | undefined;
  private wokenAgain = false;
  private isClosing = false;
  private endPause: (() => void) | undefined;

  constructor(
    private readonly app: ChannelApp,
    readonly target: WebhookTarget,
    private readonly parts: CourierParts,
  ) {
    this.backoff = new Backoff(parts.waits);
    this.name = shownTarget(target);
  }

  /** There may be something new in the queue. */
  wake(): void {
    this.wokenAgain = true;
    this.running ??= this.run();
  }

  /** The queue is this process's to deliver, from now on. */
  beginTurn(): void {
    this.startedAt = Date.now();
    this.backoff.reset();
    this.wake();
  }

  /** Another process goes on: what is under way ends now. */
  endTurn(): void {
    this.attempt?.abort();
    this.endPause?.();
  }

  /**
   * Ends when everything is delivered, at the first failure, or after `grace` ms, whichever comes first. What is not
   * delivered by then stays in the queue.
   */
  async close(grace: number): Promise<void> {
    this.isClosing = true;
    this.endPause?.();
    const timer = setTimeout(() => {
      this.end.abort();
      this.attempt?.abort();
    }, grace);
    while (this.running !== undefined) await this.running;
    clearTimeout(timer);
  }

  private async run(): Promise<void> {
    // A turn later, so that waking is cheap and several wakings make one round.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.wokenAgain) {
      this.wokenAgain = false;
      while (!this.end.signal.aborted && (await this.deliverNext()));
    }
    this.running = undefined;
  }

  /** @returns whether there is more to do now */
  private async deliverNext(): Promise<boolean> {
    const { turn } = this.parts;
    if (!turn.isOurs) return false;
    try {
      const webhook = await this.parts.queue.take(this.target);
      if (webhook === undefined || !turn.isOurs || this.end.signal.aborted) return false;
      return await this.deliver(webhook);
    } catch (error) {
      return this.waitAfter('the queue failed', error);
    }
  }

  private async deliver(webhook: QueuedWebhook): Promise<boolean> {
    const { queue, counters } = this.parts;
    try {
      await this.post(webhook);
    } catch (error) {
      // Cut short by our own end: nobody's failure.
      if (this.attempt?.signal.aborted === true) return false;
      counters.failedTries += 1;
      await queue.fail(webhook);
      await this.dropOld();
      return this.waitAfter(`try ${webhook.tries + 1} failed`, error);
    }
    await queue.done(webhook);
    counters.delivered += 1;
    this.backoff.reset();
    return true;
  }

  /** @throws Error unless the receiver has it: any 2xx, and nothing else */
  private async post(webhook: QueuedWebhook): Promise<void> {
    const { transport, settings } = this.parts;
    this.attempt = new AbortController();
    const patience = { timeout: settings.timeout, signal: this.attempt.signal };
    const { status } = await transport.send(requestOf(webhook, this.app, patience));
    if (status < 200 || status > 299) throw new Error(`it answered with status ${status}`);
  }

  /** Only what this process has had the time to try: a server that was down for long still delivers what waited. */
  private async dropOld(): Promise<void> {
    const { queue, settings, counters, log } = this.parts;
    const createdBefore = Date.now() - settings.maxAge * 1000;
    if (createdBefore < this.startedAt) return;
    const dropped = await queue.dropOld(this.target, createdBefore);
    if (dropped === 0) return;
    counters.dropped += dropped;
    log.error(`The ${this.name}: ${dropped} dropped, not delivered within ${settings.maxAge} s`);
  }

  private async waitAfter(what: string, error: unknown): Promise<boolean> {
    if (this.isClosing) return false;
    const wait = this.backoff.next();
    this.parts.log.warn(
      `The ${this.name}: ${what}, next in ${wait} ms: ${error instanceof Error ? error.message : String(error)}`,
    );
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, wait);
      this.endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.endPause = undefined;
    return !this.isClosing && this.parts.turn.isOurs;
  }
}
