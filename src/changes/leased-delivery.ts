import type { Logger } from '@nestjs/common';
import type { ListenerOrder } from '../storage/listener-orders.js';
import type { Storage } from '../storage/storage.js';
import { DeliveryRecord } from './delivery-record.js';
import { DurableDelivery } from './durable-delivery.js';
import { HELD, LeaseLost, type Lease, type Leases } from './lease.js';
import { PATIENCE, type Patience } from './patience.js';
import { describe, type RegisteredListener } from './registered-listener.js';

/**
 * One listener that one node at a time tells: here, while this node holds the lease. Who takes over goes on from the
 * cursor: at most what was being told, or was told and not yet written down, is told twice.
 */
export class LeasedDelivery {
  private lease: Lease = HELD;
  private delivery: DurableDelivery | undefined;
  /** Beginnings and ends, one after another. */
  private turn: Promise<void> = Promise.resolve();
  private isClosed = false;
  /** Counts how often it was lost: a place that was read before is none any more. */
  private losses = 0;
  private readonly openOrders = new Set<(reason: Error) => void>();

  constructor(
    private readonly registered: RegisteredListener,
    private readonly storage: Storage,
    private readonly log: Pick<Logger, 'log' | 'warn' | 'error'>,
    private readonly leases: Leases,
    private readonly patience: Patience = PATIENCE,
  ) {}

  get name(): string {
    return this.registered.name;
  }

  /** Whether it is told here, as far as this node knows. */
  get isHere(): boolean {
    return this.delivery !== undefined;
  }

  /** Once it has opened, nothing that is committed passes the listener by, whichever node tells it. */
  async open(): Promise<void> {
    const consumer = DurableDelivery.consumerOf(this.name);
    let hasWon = false;
    this.lease = await this.leases.take(consumer, {
      won: (lease) => {
        hasWon = true;
        this.lease = lease;
        this.turn = this.turn.then(() => this.begin());
      },
      lost: () => this.lose(),
    });
    await this.turn;
    // Its holder may have had no time yet to make the place.
    if (!hasWon) await new DeliveryRecord(this.storage, consumer).open(this.registered.rules.start);
  }

  wake(): void {
    this.delivery?.wake();
  }

  async settled(): Promise<void> {
    await this.turn;
    await this.delivery?.settled();
  }

  /**
   * Does what somebody wants done with the listener. `undefined`: it is told elsewhere, and so is the order.
   *
   * @throws LeaseLost when it is told elsewhere before the order is carried out
   */
  async carryOut(order: ListenerOrder): Promise<string | undefined> {
    const { delivery, openOrders } = this;
    if (delivery === undefined || !this.lease.isHeld) return undefined;
    let giveUp: (reason: Error) => void = () => undefined;
    const givenUp = new Promise<never>((_, reject) => (giveUp = reject));
    openOrders.add(giveUp);
    return Promise.race([delivery.carryOut(order), givenUp]).finally(() => openOrders.delete(giveUp));
  }

  /** Ends the waiting; what is being delivered may still succeed for a moment. Then the listener itself is closed. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.turn;
    const { delivery } = this;
    this.delivery = undefined;
    await delivery?.stop(this.patience.closeGrace);
    this.giveUpOrders('the server ends before');
    await this.lease.release();
    await this.registered.close(this.log, this.patience.closeGrace);
  }

  private async begin(): Promise<void> {
    while (this.lease.isHeld && !this.isClosed && this.delivery === undefined) {
      const { losses } = this;
      const delivery = new DurableDelivery(this.registered, this.storage, this.log, this.patience, this.lease);
      try {
        await delivery.open();
      } catch (error) {
        // At the start of a server this is what it fails with.
        if (this.lease === HELD) throw error;
        this.log.warn(`Listener ${this.name} cannot find its place: ${describe(error)}`);
        await new Promise((resolve) => setTimeout(resolve, this.patience.firstWait));
        continue;
      }
      if (losses === this.losses) this.delivery = delivery;
      else await delivery.stop(0);
    }
  }

  private lose(): void {
    const { delivery } = this;
    this.delivery = undefined;
    this.losses += 1;
    this.giveUpOrders('another server tells it now');
    if (delivery === undefined) return;
    this.log.warn(`Listener ${this.name} is not told by this server any more: its lease could not be renewed`);
    const ended = delivery.stop(0);
    this.turn = this.turn.then(() => ended);
  }

  /** They stay open in the database, for whoever tells the listener next. */
  private giveUpOrders(reason: string): void {
    for (const giveUp of [...this.openOrders]) giveUp(new LeaseLost(reason));
  }
}
