import { journal } from '../storage/journal.js';
import type { ListenerOrder } from '../storage/listener-orders.js';
import { UndeliverableChange } from './change-listener.js';
import { DeliveryOrders } from './delivery-orders.js';
import { DeliveryRecord } from './delivery-record.js';
import { LeaseLost } from './lease.js';
import { LogDelivery } from './log-delivery.js';
import { Backoff } from './patience.js';
import { doneBefore, leastRisky, type Pending } from './pending-changes.js';
import { describe } from './registered-listener.js';
import { mergeLogged, type CommittedChange } from './resource-change.js';

/** How many changes are read from the log at once, and at most delivered again after a crash. */
const BATCH = 100;

/** What failed for less, in ms, is no outage: nobody has to be told that it is over. */
const OUTAGE = 5_000;

/**
 * Tells one listener every change after its cursor, in commit order, at least once. A failed change is tried again
 * with growing waits, and those behind it wait with it; nobody else does.
 *
 * One change that fails and fails must not hold up the rest for ever, and a target that is down must not have all of
 * them put aside. So after a number of tries a change behind it is tried: when that arrives, the target is well and
 * this change is what is wrong, unless it arrives now too, and it is put among the dead letters; when it does not, both
 * wait on.
 */
export class DurableDelivery extends LogDelivery {
  private readonly backoff = new Backoff(this.patience);
  private readonly record = new DeliveryRecord(this.storage, DurableDelivery.consumerOf(this.name), this.lease);
  private readonly orders = new DeliveryOrders(this.registered, this.record);
  private cursor = 0;
  /** The ids of changes that were told before their turn. */
  private readonly ahead = new Set<string>();

  static consumerOf(listenerName: string): string {
    return `listener:${listenerName}`;
  }

  /** Goes on from the cursor; a listener that has none starts where its settings say. */
  async open(): Promise<void> {
    this.cursor = await this.record.open(this.registered.rules.start);
    this.wake();
  }

  async carryOut(order: ListenerOrder): Promise<string> {
    const result = this.orders.add(order);
    this.wakeable.interrupt();
    this.wake();
    return result;
  }

  protected async recover(error: unknown): Promise<void> {
    // The delivery is about to be ended: it is told elsewhere.
    if (error instanceof LeaseLost) return this.wakeable.pause(this.patience.firstWait);
    await this.waitAfter('cannot read the change log', error);
  }

  /** Exact also where a process that stood still goes on before it is told what it has lost. */
  private get hasEnded(): boolean {
    return this.wakeable.isClosed || !this.lease.isHeld;
  }

  protected async deliverBatch(): Promise<boolean> {
    if (!this.lease.isHeld) return false;
    await this.obey();
    const logged = await this.storage.read(({ sql }) => journal.readAfter(sql, this.cursor, BATCH));
    this.backoff.reset();
    const final = logged.at(-1);
    if (final === undefined) return false;
    const pending = this.pendingOf(mergeLogged(logged));
    for (let index = 0; index < pending.length;) {
      const delivered = await this.deliverSome(pending, index);
      if (delivered === 0) {
        // The end, or another place to go on from.
        if (this.wakeable.isClosed) await this.moveTo(doneBefore(pending, index) ?? this.cursor);
        return !this.hasEnded;
      }
      index += delivered;
    }
    await this.moveTo(final.id);
    return true;
  }

  private pendingOf(requests: ReturnType<typeof mergeLogged>): Pending[] {
    return requests.flatMap(({ lastId, changes }) =>
      changes.flatMap((change) => {
        const wanted = this.registered.wanted(change);
        return wanted === undefined ? [] : [{ change: wanted, lastId }];
      }),
    );
  }

  private async moveTo(position: number): Promise<void> {
    if (position === this.cursor) return;
    this.cursor = position;
    await this.record.moveTo(position);
  }

  /** @returns how many were delivered or put aside; 0: nothing more is to be delivered from this batch */
  private async deliverSome(pending: readonly Pending[], index: number): Promise<number> {
    if (this.hasEnded) return 0;
    const together = pending.slice(index, index + this.registered.batchSize).map(({ change }) => change);
    if (together.length > 1 && this.ahead.size === 0 && (await this.deliverTogether(together))) return together.length;
    return (await this.deliver(pending, index)) ? 1 : 0;
  }

  private async deliverTogether(changes: readonly CommittedChange[]): Promise<boolean> {
    try {
      await this.registered.tellTogether(changes);
      await this.noteSuccess();
      return true;
    } catch {
      // Counted; each is told alone now, which tells whose fault it was.
      return false;
    }
  }

  /** @returns false when the delivery was given up because of the end, or of another place to go on from */
  private async deliver(pending: readonly Pending[], index: number): Promise<boolean> {
    const { change } = pending[index]!;
    if (this.ahead.delete(change.id)) return true;
    let [tries, progress] = [0, 0];
    while (!this.hasEnded) {
      try {
        await this.registered.tell(change);
        this.backoff.reset();
        await this.noteSuccess();
        return true;
      } catch (error) {
        // A change of thousands of objects may need many tries; while each of them gets further, it is not given up.
        const before = progress;
        progress = this.registered.progressOf(change);
        tries = progress > before ? 1 : tries + 1;
        if (await this.isPutAside(pending, index, { tries, error })) return true;
        await this.waitAfter('failed', error);
        if (await this.obey()) return false;
      }
    }
    return false;
  }

  private async isPutAside(
    pending: readonly Pending[],
    index: number,
    { tries, error }: { tries: number; error: unknown },
  ): Promise<boolean> {
    if (this.hasEnded) return false;
    const { change } = pending[index]!;
    const { name, rules, stats } = this.registered;
    const isRefused = error instanceof UndeliverableChange;
    if (!isRefused && (rules.maxTries === 0 || tries < rules.maxTries)) return false;
    const max = rules.maxDeadLetters;
    if (!(await this.record.hasRoom(max))) {
      this.log.error(`Listener ${name} has ${max} dead letters: no more are put aside, and change ${change.id} waits`);
      return false;
    }
    if (!isRefused) {
      const other = await this.findTellable(pending, index, tries - rules.maxTries);
      if (other === undefined || this.hasEnded) return false;
      if (await this.isToldNow(change, other)) return true;
      // Cut short by the end, it may well be right.
      if (this.hasEnded) return false;
    }
    await this.record.putAside(change, { tries, error: describe(error) });
    this.backoff.reset();
    stats.undeliverable++;
    const what = isRefused ? `refused change ${change.id} for good` : `failed ${tries} times at change ${change.id}`;
    this.log.error(`Listener ${name} ${what}, now a dead letter: ${describe(error)}`);
    return true;
  }

  /**
   * Another change that can be told, and now is. Which one is tried goes round, since the very next may be as bad as
   * this one.
   *
   * @param round counts the times this was asked about the change
   */
  private async findTellable(
    pending: readonly Pending[],
    index: number,
    round: number,
  ): Promise<CommittedChange | undefined> {
    const behind = pending.slice(index + 1);
    if (behind.length === 0) behind.push(...(await this.findBehind(pending[index]!.lastId)));
    const { maxTries } = this.registered.rules;
    const isUrgent = round >= maxTries;
    const candidates = leastRisky(pending[index]!, behind, isUrgent);
    const { change } = candidates[(isUrgent ? round - maxTries : round) % candidates.length] ?? {};
    if (change === undefined || this.ahead.has(change.id)) return change;
    if (this.hasEnded) return undefined;
    try {
      await this.registered.tell(change);
      // It must not be told in its turn again.
      this.ahead.add(change.id);
      return change;
    } catch (error) {
      return error instanceof UndeliverableChange ? change : undefined;
    }
  }

  /**
   * The target may have become well after this change had failed and before the other one was told: then nothing is
   * wrong with this one. The other is told again in its turn, so that it is not older news that comes last.
   */
  private async isToldNow(change: CommittedChange, other: CommittedChange): Promise<boolean> {
    try {
      await this.registered.tell(change);
    } catch {
      return false;
    }
    this.ahead.delete(other.id);
    this.backoff.reset();
    await this.noteSuccess();
    return true;
  }

  private async findBehind(lastId: number): Promise<Pending[]> {
    const logged = await this.storage.read(({ sql }) => journal.readAfter(sql, lastId, BATCH));
    return this.pendingOf(mergeLogged(logged));
  }

  /** @returns whether there is another place to go on from */
  private async obey(): Promise<boolean> {
    const position = await this.orders.carryOutAll(() => this.hasEnded);
    if (position === undefined) return false;
    this.ahead.clear();
    await this.moveTo(position);
    return true;
  }

  private async noteSuccess(): Promise<void> {
    const outage = await this.record.succeeded();
    if (outage < OUTAGE) return;
    this.log.log(`Listener ${this.registered.name} is told again, after ${Math.round(outage / 1000)} s`);
  }

  private async waitAfter(what: string, error: unknown): Promise<void> {
    const wait = this.backoff.next();
    const reason = describe(error);
    this.log.warn(`Listener ${this.registered.name} ${what}, next try in ${wait} ms: ${reason}`);
    await this.record.failed(reason).catch(() => undefined);
    await this.wakeable.pause(wait);
  }
}
