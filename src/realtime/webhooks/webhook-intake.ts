import { Backoff } from '../../wire/backoff.js';
import type { CourierParts } from './webhook-courier.js';
import type { NewWebhook } from './webhook-queue.js';

/**
 * The way into the queue: webhooks are put there in the order they came, those that come while others are being put
 * all at once. What cannot be put is kept and tried again, up to a limit.
 */
export class WebhookIntake {
  private waiting: NewWebhook[] = [];
  private running: Promise<void> | undefined;
  private readonly backoff: Backoff;
  private isClosing = false;
  private endPause: (() => void) | undefined;

  /**
   * @param mostWaiting how many may wait here for a queue that fails
   * @param arrived called when some are in the queue
   */
  constructor(
    private readonly parts: Pick<CourierParts, 'queue' | 'counters' | 'log' | 'waits'>,
    private readonly mostWaiting: number,
    private readonly arrived: (webhooks: readonly NewWebhook[]) => Promise<void>,
  ) {
    this.backoff = new Backoff(parts.waits);
  }

  add(webhooks: readonly NewWebhook[]): void {
    this.waiting.push(...webhooks);
    const excess = this.waiting.length - this.mostWaiting;
    if (excess > 0) {
      this.waiting.splice(0, excess);
      this.parts.counters.dropped += excess;
      this.parts.log.error(`Webhooks: ${excess} dropped, they come faster than the queue takes them`);
    }
    this.running ??= this.run();
  }

  /** Puts what is there, with one more try should the queue fail. Resolves when that has ended. */
  async close(): Promise<void> {
    this.isClosing = true;
    this.endPause?.();
    await this.running;
    const left = this.waiting.length;
    this.parts.counters.dropped += left;
    if (left > 0) this.parts.log.error(`Webhooks: ${left} dropped, the queue did not take them before the end`);
  }

  private async run(): Promise<void> {
    // A turn later, so that the batches of several apps are put together.
    await new Promise((resolve) => setImmediate(resolve));
    let goesOn = true;
    while (goesOn && this.waiting.length > 0) {
      const webhooks = this.waiting;
      this.waiting = [];
      goesOn = await this.put(webhooks);
    }
    this.running = undefined;
  }

  private async put(webhooks: readonly NewWebhook[]): Promise<boolean> {
    const { queue, counters, log } = this.parts;
    try {
      await queue.put(webhooks);
    } catch (error) {
      this.waiting = [...webhooks, ...this.waiting];
      if (this.isClosing) return false;
      const wait = this.backoff.next();
      log.error(`Webhooks cannot be queued, next try in ${wait} ms: ${String(error)}`);
      await this.pause(wait);
      return true;
    }
    this.backoff.reset();
    counters.queued += webhooks.length;
    await this.arrived(webhooks);
    return true;
  }

  private async pause(wait: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, wait);
      this.endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.endPause = undefined;
  }
}
