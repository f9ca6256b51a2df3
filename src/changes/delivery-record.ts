import { deadLetters, type DeadLetter } from '../storage/dead-letters.js';
import { journal } from '../storage/journal.js';
import { listenerStates } from '../storage/listener-states.js';
import type { Storage } from '../storage/storage.js';
import { HELD, type Lease } from './lease.js';
import type { CommittedChange } from './resource-change.js';

/** How often at most a failure is written down, in ms: a listener may fail at every try for days. */
const WRITE_INTERVAL = 5_000;

/** An error is kept only this far, in characters. */
const ERROR_CHARACTERS = 500;

/** What the database knows of one durable listener: its place, how it fares, what it could not be told. */
export class DeliveryRecord {
  /** In ms since the epoch; `undefined`: it does not. */
  private failingSince: number | undefined;
  private writtenAt = -WRITE_INTERVAL;

  constructor(
    private readonly storage: Storage,
    readonly consumer: string,
    private readonly lease: Pick<Lease, 'ensureHeld'> = HELD,
  ) {}

  /** The place it has reached; one that has none begins at the end of the log, or before its first change. */
  async open(start: 'end' | 'beginning'): Promise<number> {
    const { consumer } = this;
    return this.storage.write(async ({ sql }) => {
      const state = await listenerStates.find(sql, consumer);
      this.failingSince = state?.failingSince ?? undefined;
      const found = await journal.findCursor(sql, consumer);
      if (found !== undefined) return found;
      return journal.beginCursor(sql, consumer, start === 'end' ? await journal.top(sql) : 0);
    });
  }

  /**
   * @param position the global position of the last change that is done with
   * @throws LeaseLost when another server tells the listener now: then the place is where that one says
   */
  async moveTo(position: number): Promise<void> {
    await this.storage.write(async ({ sql }) => {
      await this.lease.ensureHeld(sql);
      await journal.moveCursor(sql, this.consumer, position);
    });
  }

  async failed(error: string): Promise<void> {
    const now = Date.now();
    if (this.failingSince !== undefined && now - this.writtenAt < WRITE_INTERVAL) return;
    this.failingSince ??= now;
    this.writtenAt = now;
    await this.storage.write(({ sql }) => listenerStates.failed(sql, this.consumer, shortened(error), now));
  }

  /** @returns for how long it had failed until now, in ms; 0 where it had not */
  async succeeded(): Promise<number> {
    const { failingSince } = this;
    if (failingSince === undefined) return 0;
    this.failingSince = undefined;
    this.writtenAt = -WRITE_INTERVAL;
    await this.storage.write(({ sql }) => listenerStates.recovered(sql, this.consumer));
    return Date.now() - failingSince;
  }

  /** Whether fewer than `max` changes have been put aside. */
  async hasRoom(max: number): Promise<boolean> {
    return (await this.storage.read(({ sql }) => deadLetters.count(sql, this.consumer))) < max;
  }

  /** @throws LeaseLost */
  async putAside(change: CommittedChange, { tries, error }: { tries: number; error: string }): Promise<void> {
    const [content, storedAt] = [JSON.stringify(change), Date.now()];
    const letter = { deliveryId: change.id, storedAt, tries, error: shortened(error), content };
    await this.storage.write(async ({ sql }) => {
      await this.lease.ensureHeld(sql);
      await deadLetters.put(sql, this.consumer, letter);
    });
  }

  /** The one put aside first, or first behind `after`. */
  async nextDeadLetter(after: DeadLetter | undefined): Promise<DeadLetter | undefined> {
    return (await this.storage.read(({ sql }) => deadLetters.list(sql, this.consumer, after, 1)))[0];
  }

  async dropDeadLetter({ deliveryId }: DeadLetter): Promise<void> {
    await this.storage.write(({ sql }) => deadLetters.drop(sql, this.consumer, deliveryId));
  }

  /** @returns how many there were */
  dropDeadLetters(): Promise<number> {
    return this.storage.write(({ sql }) => deadLetters.dropAll(sql, this.consumer));
  }
}

function shortened(error: string): string {
  return error.length > ERROR_CHARACTERS ? `${error.slice(0, ERROR_CHARACTERS)}…` : error;
}
