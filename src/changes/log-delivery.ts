import type { Logger } from '@nestjs/common';
import type { ListenerOrder } from '../storage/listener-orders.js';
import type { Storage } from '../storage/storage.js';
import { HELD, type Lease } from './lease.js';
import { PATIENCE, type Patience } from './patience.js';
import type { RegisteredListener } from './registered-listener.js';
import { Wakeable } from './wakeable.js';

/** One listener being told what the log holds: it sleeps, is woken by commits, and ends in good order. */
export abstract class LogDelivery {
  protected readonly wakeable = new Wakeable(() => this.deliverNext());

  constructor(
    protected readonly registered: RegisteredListener,
    protected readonly storage: Storage,
    protected readonly log: Pick<Logger, 'log' | 'warn' | 'error'>,
    protected readonly patience: Patience = PATIENCE,
    /** While it is held, this is the only delivery to the listener. Live ones need none. */
    protected readonly lease: Lease = HELD,
  ) {}

  get name(): string {
    return this.registered.name;
  }

  /**
   * Finds the place in the log to go on from.
   *
   * @param place of a live listener: the global position that one of the same name was told up to, if there was one
   */
  abstract open(place?: number): Promise<void>;

  /** Does what somebody wants done with the listener. Resolves with what came of it, in a sentence; never rejects. */
  abstract carryOut(order: ListenerOrder): Promise<string>;

  /** There may be something new in the log. */
  wake(): void {
    this.wakeable.wake();
  }

  /** Ends the waiting; what is being delivered may still succeed for a moment. Then the listener itself is closed. */
  async close(): Promise<void> {
    await this.stop(this.patience.closeGrace);
    await this.registered.close(this.log, this.patience.closeGrace);
  }

  /** Ends the delivery; the listener may be told on by another one. @param grace of the try under way, in ms */
  async stop(grace: number): Promise<void> {
    const ended = this.wakeable.close();
    let timer: NodeJS.Timeout | undefined;
    if (grace === 0) this.registered.giveUp();
    else timer = setTimeout(() => this.registered.giveUp(), grace);
    await ended;
    clearTimeout(timer);
  }

  /** Resolves when everything in the log has been told. For tests and for a tidy end. */
  async settled(): Promise<void> {
    await this.wakeable.settled();
  }

  /** @returns whether there is more to do at once */
  protected async deliverNext(): Promise<boolean> {
    try {
      return await this.deliverBatch();
    } catch (error) {
      // Only the database fails here. Without another try the listener would hear nothing until the next commit.
      await this.recover(error);
      return true;
    }
  }

  /** @returns whether there is more to do at once */
  protected abstract deliverBatch(): Promise<boolean>;

  /** Says that the log could not be read, and waits a while. */
  protected abstract recover(error: unknown): Promise<void>;
}
