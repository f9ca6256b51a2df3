import type { Logger } from '@nestjs/common';
import { listenerOrders, type ListenerOrder } from '../storage/listener-orders.js';
import type { Storage } from '../storage/storage.js';
import { describe } from './registered-listener.js';

/** How often the desk is looked at, in ms: what somebody at a terminal does not mind waiting. */
const INTERVAL = 500;

/** How long an order is kept, in ms: whoever gave it wants to read what came of it. */
const KEPT = 86_400_000;

/** Takes the orders that other processes have put into the database, and writes down what came of them. */
export class OrderDesk {
  private timer: NodeJS.Timeout | undefined;
  /** Orders under way, by id: they stay open in the database until they are done. */
  private readonly taken = new Set<number>();
  private isLooking = false;

  /** @param carryOut resolves with what came of it, in a sentence; `undefined`: it is not for this server */
  constructor(
    private readonly storage: Storage,
    private readonly log: Pick<Logger, 'log' | 'warn'>,
    private readonly carryOut: (order: ListenerOrder) => Promise<string | undefined>,
  ) {}

  async open(): Promise<void> {
    await this.storage.write(({ sql }) => listenerOrders.forget(sql, Date.now() - KEPT));
    this.timer = setInterval(() => void this.look(), INTERVAL);
    this.timer.unref();
  }

  /** What is under way stays in the database, for the next server. */
  close(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private async look(): Promise<void> {
    if (this.isLooking) return;
    this.isLooking = true;
    try {
      for (const order of await this.storage.read(({ sql }) => listenerOrders.open(sql))) {
        if (!this.taken.has(order.id)) void this.take(order);
      }
    } catch (error) {
      this.log.warn(`The orders for listeners cannot be read: ${describe(error)}`);
    } finally {
      this.isLooking = false;
    }
  }

  private async take(order: ListenerOrder): Promise<void> {
    this.taken.add(order.id);
    try {
      const result = await this.carryOut(order);
      if (result === undefined) return;
      this.log.log(`As ordered (${order.verb}), ${order.consumer}: ${result}`);
      await this.storage.write(({ sql }) => listenerOrders.finish(sql, order.id, result));
    } catch (error) {
      this.log.warn(`The order to ${order.verb}, ${order.consumer}, failed: ${describe(error)}`);
    } finally {
      this.taken.delete(order.id);
    }
  }
}
