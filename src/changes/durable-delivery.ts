import { journal } from '../storage/journal.js';
import { UndeliverableChange } from './change-listener.js';
import { LogDelivery } from './log-delivery.js';
import { Backoff } from './patience.js';
import { describe } from './registered-listener.js';
import { mergeLogged, type CommittedChange } from './resource-change.js';

/** How many changes are read from the log at once, and at most delivered again after a crash. */
const BATCH = 100;

/**
 * Tells one listener every change after its cursor, in commit order, at least once. A failed change is tried again
 * with growing waits, and those behind it wait with it; nobody else does.
 */
export class DurableDelivery extends LogDelivery {
  private readonly backoff = new Backoff(this.patience);
  private cursor = 0;

  static consumerOf(listenerName: string): string {
    return `listener:${listenerName}`;
  }

  /** Goes on from the cursor; a listener that has none starts at the end of the log. */
  async open(): Promise<void> {
    const consumer = DurableDelivery.consumerOf(this.registered.name);
    this.cursor = await this.storage.write(async ({ sql }) => {
      const found = await journal.findCursor(sql, consumer);
      if (found !== undefined) return found;
      const top = await journal.top(sql);
      await journal.moveCursor(sql, consumer, top);
      return top;
    });
    this.wake();
  }

  protected async recover(error: unknown): Promise<void> {
    await this.waitAfter('cannot read the change log', error);
  }

  protected async deliverBatch(): Promise<boolean> {
    const logged = await this.storage.read(({ sql }) => journal.readAfter(sql, this.cursor, BATCH));
    this.backoff.reset();
    let delivered = this.cursor;
    for (const { lastId, changes } of mergeLogged(logged)) {
      if (!(await this.deliverAll(changes))) break;
      delivered = lastId;
    }
    if (delivered === this.cursor) return false;
    await this.moveTo(delivered);
    return true;
  }

  private async deliverAll(changes: readonly CommittedChange[]): Promise<boolean> {
    for (const change of changes) {
      const wanted = this.registered.wanted(change);
      if (wanted !== undefined && !(await this.deliver(wanted))) return false;
    }
    return true;
  }

  private async moveTo(changeId: number): Promise<void> {
    this.cursor = changeId;
    const consumer = DurableDelivery.consumerOf(this.registered.name);
    await this.storage.write(({ sql }) => journal.moveCursor(sql, consumer, changeId));
  }

  /** @returns false when the delivery was given up because of the end */
  private async deliver(change: CommittedChange): Promise<boolean> {
    while (!this.wakeable.isClosed) {
      try {
        await this.registered.tell(change, this.patience.tryTimeout);
        this.backoff.reset();
        return true;
      } catch (error) {
        if (error instanceof UndeliverableChange) return this.passOver(change, error);
        await this.waitAfter('failed', error);
      }
    }
    return false;
  }

  private passOver(change: CommittedChange, error: UndeliverableChange): true {
    this.backoff.reset();
    this.registered.stats.undeliverable++;
    this.log.error(`Listener ${this.registered.name} refused change ${change.id} for good: ${describe(error)}`);
    return true;
  }

  private async waitAfter(what: string, error: unknown): Promise<void> {
    const wait = this.backoff.next();
    this.log.warn(`Listener ${this.registered.name} ${what}, next try in ${wait} ms: ${describe(error)}`);
    await this.wakeable.pause(wait);
  }
}
