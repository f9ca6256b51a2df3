import type { Logger } from '@nestjs/common';
import { journal } from '../storage/journal.js';
import type { Storage } from '../storage/storage.js';
import { DurableDelivery } from './durable-delivery.js';
import type { ListenerOrder } from '../storage/listener-orders.js';
import { LeasedDelivery } from './leased-delivery.js';
import { HELD, ONE_PROCESS, type Lease, type Leases } from './lease.js';
import { LiveDelivery } from './live-delivery.js';
import { OrderDesk } from './order-desk.js';
import { PATIENCE, type Patience } from './patience.js';
import type { RegisteredListener } from './registered-listener.js';

/** Reads the log onward and hands each change to each listener that asked for it. */
export class ChangeFeed {
  private deliveries: readonly (LiveDelivery | LeasedDelivery)[] = [];
  private readonly desk: OrderDesk;
  /** To answer the orders that are about no listener in particular. */
  private deskLease: Lease = HELD;

  constructor(
    private readonly storage: Storage,
    private readonly log: Pick<Logger, 'log' | 'warn' | 'error'>,
    private readonly patience: Patience = PATIENCE,
    private readonly leases: Leases = ONE_PROCESS,
  ) {
    this.desk = new OrderDesk(storage, log, (order) => this.carryOut(order));
    storage.onCommit(() => this.wake());
  }

  /** From now on the listeners are told. One that is no longer there loses its cursor: should it return, it is new. */
  async open(listeners: readonly RegisteredListener[]): Promise<void> {
    await this.start(listeners, new Map());
    this.deskLease = await this.leases.take('listener-orders', {});
    await this.desk.open();
  }

  /**
   * Tells others from now on. Who was there before under the same name misses nothing, live ones included: they go on
   * where the ones before them have stopped.
   */
  async replace(listeners: readonly RegisteredListener[]): Promise<void> {
    const before = this.deliveries;
    this.deliveries = [];
    await Promise.all(before.map((delivery) => delivery.close()));
    const live = before.filter((delivery) => delivery instanceof LiveDelivery);
    await this.start(listeners, new Map(live.map((delivery) => [delivery.name, delivery.place])));
  }

  async close(): Promise<void> {
    this.desk.close();
    await Promise.all([...this.deliveries.map((delivery) => delivery.close()), this.deskLease.release()]);
    this.deliveries = [];
  }

  /** Resolves when every listener has been told everything that is in the log. */
  async settled(): Promise<void> {
    await Promise.all(this.deliveries.map((delivery) => delivery.settled()));
  }

  /** @param places of live listeners: the global position to go on after, by name */
  private async start(listeners: readonly RegisteredListener[], places: ReadonlyMap<string, number>): Promise<void> {
    const isDurable = ({ listener }: RegisteredListener) => listener.delivery === 'once-per-cluster';
    await this.forgetCursorsExcept(listeners.filter(isDurable));
    // One delivery each: a listener that hangs delays nobody but itself.
    const deliveries = listeners.map((registered) =>
      isDurable(registered)
        ? new LeasedDelivery(registered, this.storage, this.log, this.leases, this.patience)
        : new LiveDelivery(registered, this.storage, this.log, this.patience),
    );
    for (const delivery of deliveries) {
      await (delivery instanceof LiveDelivery ? delivery.open(places.get(delivery.name)) : delivery.open());
    }
    this.deliveries = deliveries;
    // What was committed after a delivery found its place and before this line has woken nobody.
    this.wake();
  }

  /** `undefined`: it is another server's to carry out. */
  private async carryOut(order: ListenerOrder): Promise<string | undefined> {
    const delivery = this.deliveries.find(({ name }) => DurableDelivery.consumerOf(name) === order.consumer);
    if (delivery instanceof LeasedDelivery) return delivery.carryOut(order);
    if (!this.deskLease.isHeld) return undefined;
    if (delivery !== undefined) return delivery.carryOut(order);
    const isElsewhere = await this.storage.read(({ sql }) => this.leases.isTaken(sql, order.consumer));
    return isElsewhere ? undefined : 'there is no such listener on this server';
  }

  private wake(): void {
    for (const delivery of this.deliveries) delivery.wake();
  }

  private async forgetCursorsExcept(listeners: readonly RegisteredListener[]): Promise<void> {
    const configured = new Set(listeners.map(({ name }) => DurableDelivery.consumerOf(name)));
    const prefix = DurableDelivery.consumerOf('');
    await this.storage.write(async ({ sql }) => {
      for (const { consumer } of await journal.cursorsOf(sql, prefix)) {
        if (configured.has(consumer)) continue;
        // Another server has it in its settings, which are newer or older than these.
        if (await this.leases.isTaken(sql, consumer)) continue;
        await journal.removeCursor(sql, consumer);
        this.log.log(`Listener ${consumer.slice(prefix.length)} is not configured any more; its place is forgotten`);
      }
    });
  }
}
