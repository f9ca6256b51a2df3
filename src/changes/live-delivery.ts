import type { Logger } from '@nestjs/common';
import { journal } from '../storage/journal.js';
import type { Storage } from '../storage/storage.js';
import { describe, type RegisteredListener } from './registered-listener.js';
import { mergeLogged, type CommittedChange } from './resource-change.js';
import { Wakeable } from './wakeable.js';

/** How many changes are read from the log at once. */
const BATCH = 500;

/** How often at most a failing live listener is logged, in ms: it may fail at every change of a busy server. */
const LOG_INTERVAL = 10_000;

/** Tells this node's live listeners what is committed from now on, in commit order, from the tail of the log. */
export class LiveDelivery {
  private readonly wakeable = new Wakeable(() => this.deliverNext());
  private readonly loggedAt = new Map<string, number>();
  private position = 0;

  constructor(
    private readonly listeners: readonly RegisteredListener[],
    private readonly storage: Storage,
    private readonly log: Pick<Logger, 'error'>,
  ) {}

  async open(): Promise<void> {
    this.position = await this.storage.read(({ sql }) => journal.top(sql));
  }

  /** There may be something new in the log. */
  wake(): void {
    this.wakeable.wake();
  }

  async close(): Promise<void> {
    await this.wakeable.close();
    for (const { listener } of this.listeners) await listener.close?.();
  }

  /** Resolves when everything in the log has been told. */
  async settled(): Promise<void> {
    await this.wakeable.settled();
  }

  /** @returns whether there is more to do at once */
  private async deliverNext(): Promise<boolean> {
    const logged = await this.storage.read(({ sql }) => journal.readAfter(sql, this.position, BATCH));
    for (const { lastId, changes } of mergeLogged(logged)) {
      for (const change of changes) await this.tellEverybody(change);
      this.position = lastId;
    }
    return logged.length > 0;
  }

  private async tellEverybody(change: CommittedChange): Promise<void> {
    for (const registered of this.listeners) {
      if (!registered.wants(change)) continue;
      try {
        await registered.tell(change);
      } catch (error) {
        this.logFailure(registered, change, error);
      }
    }
  }

  private logFailure({ name, stats }: RegisteredListener, change: CommittedChange, error: unknown): void {
    const now = Date.now();
    if (now - (this.loggedAt.get(name) ?? -LOG_INTERVAL) < LOG_INTERVAL) return;
    this.loggedAt.set(name, now);
    this.log.error(`Listener ${name} failed (${stats.failed} times) at change ${change.id}: ${describe(error)}`);
  }
}
