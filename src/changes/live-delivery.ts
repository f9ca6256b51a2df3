import { journal } from '../storage/journal.js';
import type { ListenerOrder } from '../storage/listener-orders.js';
import { tellTest } from './delivery-orders.js';
import { LogDelivery } from './log-delivery.js';
import { describe } from './registered-listener.js';
import { mergeLogged, type CommittedChange } from './resource-change.js';

/** How many changes are read from the log at once. */
const BATCH = 128;

/**
 * How many characters of objects are told before the sockets get a turn. What is told in one go waits in each
 * subscriber's buffer (1 MiB by default), twice as long once it is escaped: a longer burst would overfill the buffer
 * of a client that reads as fast as it can, and it would be let go as a slow reader.
 */
const TURN_CHARACTERS = 131_072;

/** How often at most a failing live listener is logged, in ms: it may fail at every change of a busy server. */
const LOG_INTERVAL = 10_000;

/** Tells one live listener of this node what is committed from now on, in commit order, from the tail of the log. */
export class LiveDelivery extends LogDelivery {
  private loggedAt = -LOG_INTERVAL;
  private position = 0;
  private toldThisTurn = 0;

  /** The global position of the last change it was told, or that passed it by. */
  get place(): number {
    return this.position;
  }

  async open(place?: number): Promise<void> {
    this.position = place ?? (await this.storage.read(({ sql }) => journal.top(sql)));
  }

  async carryOut({ verb }: ListenerOrder): Promise<string> {
    if (verb === 'test') return tellTest(this.registered);
    return 'it is live: it has no place in the log and no dead letters';
  }

  protected async recover(error: unknown): Promise<void> {
    this.logSeldom(`Listener ${this.registered.name} cannot be told, the log cannot be read: ${describe(error)}`);
    await this.wakeable.pause(this.patience.firstWait);
  }

  protected async deliverBatch(): Promise<boolean> {
    if (!this.registered.hasAudience && (await this.skipToTop())) return false;
    const logged = await this.storage.read(({ sql }) => journal.readAfter(sql, this.position, BATCH));
    this.toldThisTurn = 0;
    for (const { lastId, changes } of mergeLogged(logged)) {
      for (const change of changes) {
        if (this.wakeable.isClosed) return false;
        await this.tell(change);
        await this.giveWayAfter(change);
      }
      this.position = lastId;
    }
    return logged.length >= BATCH;
  }

  /**
   * While nobody hears the listener, the log need not be read for it. Whether somebody does is asked once more after
   * the top is known: what is up to there was committed before they came.
   *
   * @returns whether nobody has come meanwhile
   */
  private async skipToTop(): Promise<boolean> {
    const top = await this.storage.read(({ sql }) => journal.top(sql));
    if (this.registered.hasAudience) return false;
    this.position = top;
    return true;
  }

  private async tell(change: CommittedChange): Promise<void> {
    const { name, stats } = this.registered;
    const wanted = this.registered.wanted(change);
    if (wanted === undefined) return;
    try {
      await this.registered.tell(wanted);
    } catch (error) {
      this.logSeldom(`Listener ${name} failed (${stats.failed} times) at change ${change.id}: ${describe(error)}`);
    }
  }

  private async giveWayAfter({ impacted }: CommittedChange): Promise<void> {
    for (const { newText, oldText } of impacted) this.toldThisTurn += newText.length + (oldText?.length ?? 0);
    if (this.toldThisTurn < TURN_CHARACTERS) return;
    this.toldThisTurn = 0;
    await new Promise((resolve) => setImmediate(resolve));
  }

  private logSeldom(line: string): void {
    const now = Date.now();
    if (now - this.loggedAt < LOG_INTERVAL) return;
    this.loggedAt = now;
    this.log.error(line);
  }
}
