import type { ChangeLog } from '../../../changes/change-log.js';
import { ChangeCollector } from '../../../changes/change-collector.js';
import type { Lease } from '../../../changes/lease.js';
import { journal, type LoggedChange } from '../../../storage/journal.js';
import type { SqlSession } from '../../../storage/sql-session.js';
import type { Storage, UnitOfWork } from '../../../storage/storage.js';
import { StoredObject } from '../../../wire/stored-object.js';
import { subscriptionReads } from '../reads/subscription-reads.js';
import type { ReadNote } from '../reads/read-note.js';
import {
  subscriptionList,
  subscriptionStates,
  type SubscriptionRef,
  type SubscriptionState,
} from '../stored-subscription.js';
import { KINDS, type KindName } from '../subscription-kinds.js';
import { forgetSubscription } from './forget-subscription.js';
import { consumerOf, keyOf, type Subscription } from './subscription.js';
import { toldPositions } from './told-positions.js';
import { allSubscriptions, type StoredOne } from './written-subscriptions.js';

/** Up to where every subscription that has no place of its own has been told. */
const ALL = 'notifications';

/** What the deliverer finds when it begins. */
export interface Beginning {
  readonly position: number;
  /** Of subscriptions that are behind, by key. */
  readonly places: ReadonlyMap<string, number>;
  readonly subscriptions: readonly StoredOne[];
  /** Of those made after `position`: their places in the log, by key. */
  readonly births: ReadonlyMap<string, number>;
}

/** Which change of the log each subscription has been told up to, and how it fares: all that has to outlive a process. */
export class Places {
  constructor(
    private readonly storage: Storage,
    private readonly changeLog: ChangeLog,
    private readonly lease: Lease,
  ) {}

  async open(): Promise<Beginning> {
    return this.storage.write(async (unit) => {
      await this.lease.ensureHeld(unit.sql);
      const position = await journal.beginCursor(unit.sql, ALL, await journal.top(unit.sql));
      const rows = await journal.cursorsOf(unit.sql, consumerOf(''));
      const places = rows.map(({ consumer, change_id }) => [consumer.slice(consumerOf('').length), change_id] as const);
      const subscriptions = await allSubscriptions(unit);
      return { position, places: new Map(places), subscriptions, births: await birthsAfter(unit.sql, position) };
    });
  }

  /** All in one: whoever goes on after a crash goes on from there. @param places `undefined`: none any more */
  async write(position: number, places: ReadonlyMap<string, number | undefined>): Promise<void> {
    await this.storage.write(async ({ sql }) => {
      await this.lease.ensureHeld(sql);
      for (const [key, place] of places) {
        if (place === undefined) await journal.removeCursor(sql, consumerOf(key));
        else await journal.moveCursor(sql, consumerOf(key), place);
      }
      await journal.moveCursor(sql, ALL, position);
    });
  }

  /**
   * What came of one message, together with the place that is reached by it.
   *
   * @param told the last change that it told
   */
  async note(subscription: Subscription, place: number, state: SubscriptionState, told?: LoggedChange): Promise<void> {
    await this.conclude(subscription, place, async (unit) => {
      await subscriptionStates.write(unit, subscription, state);
      if (told !== undefined) await toldPositions.write(unit, subscription, told);
    });
  }

  /** The same of a message that told reads. @param passed those that are not to be told again */
  async noteReads(
    subscription: Subscription,
    place: number,
    passed: readonly ReadNote[],
    state?: SubscriptionState,
  ): Promise<void> {
    await this.conclude(subscription, place, async (unit) => {
      await subscriptionReads.pass(unit, subscription, passed);
      if (state !== undefined) await subscriptionStates.write(unit, subscription, state);
    });
  }

  /** They are not to be told any more. */
  async forgetReads(subscription: SubscriptionRef): Promise<void> {
    await this.storage.write(async (unit) => {
      await this.lease.ensureHeld(unit.sql);
      await subscriptionReads.remove(unit, subscription);
    });
  }

  private async conclude(
    { key, kind, owner, id }: Subscription,
    place: number,
    work: (unit: UnitOfWork) => Promise<void>,
  ): Promise<void> {
    await this.storage.write(async (unit) => {
      await this.lease.ensureHeld(unit.sql);
      await journal.moveCursor(unit.sql, consumerOf(key), place);
      // Its owner may have deleted it meanwhile.
      if (await unit.hasObject(subscriptionList(owner, kind), id)) await work(unit);
    });
  }

  /** Deletes a subscription as its owner would, if it is still as it was read. */
  async remove({ kind, owner, stored }: Subscription): Promise<void> {
    const list = subscriptionList(owner, kind);
    await this.storage.write(async (unit) => {
      await this.lease.ensureHeld(unit.sql);
      const before = await unit.findObject(list, stored.id);
      if (before === undefined || before.lastModified !== stored.lastModified) return;
      await forgetSubscription(unit, { kind, owner, id: stored.id });
      const { object, position } = await unit.deleteObject(list, before);
      const changes = new ChangeCollector();
      changes.note({
        ...{ list, objectId: stored.id, position, action: 'delete', timestamp: object.lastModified, userId: null },
        ...{ newText: object.text, oldText: StoredObject.of(stored.id, stored.lastModified, {}).text },
      });
      await this.changeLog.conclude(unit, changes);
    });
  }
}

/** Where notifications are switched off, the log is not kept for them. Should they return, they are new. */
export async function forgetPlaces(storage: Storage): Promise<void> {
  const known = await storage.read(async ({ sql }) => [
    ...(await journal.cursorsOf(sql, consumerOf(''))).map(({ consumer }) => consumer),
    ...((await journal.findCursor(sql, ALL)) === undefined ? [] : [ALL]),
  ]);
  if (known.length === 0) return;
  await storage.write(async ({ sql }) => {
    for (const consumer of known) await journal.removeCursor(sql, consumer);
  });
}

async function birthsAfter(sql: SqlSession, position: number): Promise<Map<string, number>> {
  const names = KINDS.map(({ name }) => name);
  const written = await journal.writtenAfter(sql, position, names);
  const created = written.filter(({ action }) => action === 'create');
  return new Map(
    created.map(({ id, list, objectId }) => [keyOf(list.resourceName as KindName, list.parentId, objectId), id]),
  );
}
