import type { ListenerOrder } from '../storage/listener-orders.js';
import type { DeliveryRecord } from './delivery-record.js';
import { describe, type RegisteredListener } from './registered-listener.js';
import type { CommittedChange } from './resource-change.js';
import { testChange } from './test-change.js';

interface WaitingOrder {
  readonly order: ListenerOrder;
  readonly finish: (result: string) => void;
}

/** What somebody wants done with one durable listener; done between two deliveries, so that never two go on at once. */
export class DeliveryOrders {
  private waiting: WaitingOrder[] = [];

  constructor(
    private readonly registered: RegisteredListener,
    private readonly record: DeliveryRecord,
  ) {}

  /** Resolves with what came of it, in a sentence. */
  add(order: ListenerOrder): Promise<string> {
    return new Promise((finish) => this.waiting.push({ order, finish }));
  }

  /**
   * Carries out what waits, in the order it came.
   *
   * @returns the global position that the delivery is to go on after, if it is to go on elsewhere
   */
  async carryOutAll(isClosed: () => boolean): Promise<number | undefined> {
    let position: number | undefined;
    const orders = this.waiting;
    this.waiting = [];
    for (const { order, finish } of orders) {
      if (order.verb === 'replay') {
        position = order.position ?? 0;
        finish(`is told everything again that is in the log after position ${position}`);
      } else {
        finish(await this.carryOut(order, isClosed));
      }
    }
    return position;
  }

  private async carryOut({ verb }: ListenerOrder, isClosed: () => boolean): Promise<string> {
    switch (verb) {
      case 'drop':
        return `${await this.record.dropDeadLetters()} dead letter(s) dropped`;
      case 'retry':
        return this.retry(isClosed);
      default:
        return tellTest(this.registered);
    }
  }

  private async retry(isClosed: () => boolean): Promise<string> {
    let [delivered, failed] = [0, 0];
    let reason = '';
    let letter = await this.record.nextDeadLetter(undefined);
    while (letter !== undefined && !isClosed()) {
      try {
        await this.registered.tell(JSON.parse(letter.content) as CommittedChange);
        await this.record.dropDeadLetter(letter);
        delivered += 1;
      } catch (error) {
        failed += 1;
        reason = `: ${describe(error)}`;
      }
      letter = await this.record.nextDeadLetter(letter);
    }
    return `${delivered} dead letter(s) delivered, ${failed} failed again${reason}`;
  }
}

/** Sends the marked test event. Never throws: what went wrong is the answer. */
export async function tellTest(registered: RegisteredListener): Promise<string> {
  try {
    await registered.tell(testChange());
    return 'the test event was delivered';
  } catch (error) {
    return `the test event failed: ${describe(error)}`;
  }
}
