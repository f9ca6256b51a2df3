import { LeaseLost } from '../../../changes/lease.js';
import { Wakeable } from '../../../changes/wakeable.js';
import { journal, type LoggedChange } from '../../../storage/journal.js';
import type { Storage } from '../../../storage/storage.js';
import { Backoff } from '../../../wire/backoff.js';
import { formatPosition } from '../../../wire/position.js';
import type { ResourceDefinitions } from '../../../resources/resource-definition.js';
import type { NotificationsSettings } from '../notifications.settings.js';
import { subscriptionStates, type DeliveryNote, type SubscriptionState } from '../stored-subscription.js';
import { groupsOf, type ChangeGroup } from './change-groups.js';
import { deliveryId } from './messages.js';
import { uriOf, type OwnerSight, type VisibleChange } from './owner-sight.js';
import type { Places } from './places.js';
import type { Senders, SendOutcome } from './senders.js';
import type { Slots } from './slots.js';
import type { Subscription } from './subscription.js';

/** How many changes are read from the log at once. */
const BATCH = 200;

const DELIVERIES_KEPT = 50;

/** The longest wait between two tries, in ms. */
const LONGEST_WAIT = 3_600_000;

const LONGEST_REASON = 300;

/** A push message that nobody takes is let go after this long unless the subscription says otherwise, in s. */
const USUAL_TTL = 86_400;

/** What all deliveries share. */
export interface DeliveryParts {
  readonly storage: Storage;
  readonly places: Places;
  readonly sight: OwnerSight;
  readonly senders: Senders;
  readonly slots: Slots;
  readonly definitions: ResourceDefinitions;
  readonly settings: Pick<NotificationsSettings, 'firstWait' | 'giveUpAfter' | 'pushInterval' | 'maxBodyBytes'>;
  readonly log: { warn(line: string): void };
}

/** Who knows the subscriptions, and up to where the log has been looked through. */
export interface DeliveryHost {
  readonly position: number;
  readonly isAtWork: boolean;
  find(key: string): Subscription | undefined;
  /** The delivery has come to the end, or nothing is to be told any more. @returns false when there is more by now */
  settle(delivery: SubscriptionDelivery, why?: 'disabled' | 'passed'): Promise<boolean>;
  /** Nobody is there any more: the subscription is deleted. */
  remove(subscription: Subscription): Promise<void>;
}

/** Tells one subscription what lies behind its place in the log: in order, one message at a time, again until it works. */
export class SubscriptionDelivery {
  private readonly wakeable = new Wakeable(() => this.next());
  private readonly backoff: Backoff;
  private readonly ending = new AbortController();
  private lastSent = 0;
  private isSettled = false;
  private tried: number | undefined;

  constructor(
    readonly key: string,
    public place: number,
    private readonly host: DeliveryHost,
    private readonly parts: DeliveryParts,
  ) {
    this.backoff = new Backoff({ firstWait: parts.settings.firstWait, longestWait: LONGEST_WAIT });
  }

  wake(): void {
    this.wakeable.wake();
  }

  /** Its owner has written the subscription again: it is tried at once. */
  retry(): void {
    this.backoff.reset();
    this.wakeable.interrupt();
    this.wake();
  }

  /** What is under way is cut off; it will be told again. */
  async stop(): Promise<void> {
    this.ending.abort(new Error('the delivery ends'));
    await this.wakeable.close();
  }

  /** Another delivery goes on from here when there is more: woken once again, this one must do nothing. */
  private async settle(why?: 'disabled' | 'passed'): Promise<boolean> {
    this.isSettled = await this.host.settle(this, why);
    return this.isSettled;
  }

  private get hasEnded(): boolean {
    return this.isSettled || this.wakeable.isClosed || !this.host.isAtWork;
  }

  /** @returns whether there is more to do at once */
  private async next(): Promise<boolean> {
    if (this.hasEnded) return false;
    try {
      return await this.deliverBatch();
    } catch (error) {
      // Without a database nothing can be told; a lease that is lost ends this delivery from outside.
      if (!(error instanceof LeaseLost)) {
        if (!this.hasEnded) this.parts.log.warn(`Notifications to ${this.key}: ${describe(error)}`);
      }
      await this.wakeable.pause(this.backoff.next());
      return true;
    }
  }

  private async deliverBatch(): Promise<boolean> {
    const subscription = this.host.find(this.key);
    if (subscription === undefined) return !(await this.settle('passed'));
    await this.spare(subscription);
    const { kind, owner, stored } = subscription;
    const top = this.host.position;
    const { logged, state } = await this.parts.storage.read(async (view) => ({
      // Its messages may begin anywhere, also within a request: none is read again and again for the sake of its end.
      logged: await journal.readAtMost(view.sql, this.place, BATCH),
      state: await subscriptionStates.find(view, owner, kind, stored),
    }));
    if (state.state === 'disabled') return !(await this.settle('disabled'));
    if (!subscription.isActive) return !(await this.settle('passed'));
    const known = logged.filter(({ id }) => id <= top);
    const wanted = known.filter((change) => this.isWanted(subscription, change));
    const end = known.length < logged.length || known.length === 0 ? top : known.at(-1)!.id;
    let current = state;
    const { tried, place: begin } = this;
    const { maxBodyBytes: maxBytes } = this.parts.settings;
    for (const group of groupsOf(kind, wanted, { begin, end, tried, maxBytes })) {
      const after = await this.deliver(subscription, group, current);
      if (after === undefined) return !this.hasEnded;
      current = after;
    }
    this.place = end;
    return this.place < top || !(await this.settle());
  }

  private isWanted({ triggers }: Subscription, change: LoggedChange): boolean {
    const uri = uriOf(change, this.parts.definitions);
    return uri !== undefined && triggers.wants(uri, change.action);
  }

  /** Push messages are hints: what changes within a moment comes together. */
  private async spare({ kind }: Subscription): Promise<void> {
    const rest = this.lastSent + this.parts.settings.pushInterval - Date.now();
    if (kind === 'webpush' && rest > 0) await this.wakeable.pause(rest);
  }

  /** @returns how the subscription fares now; `undefined`: this is to be tried again, or nothing is told any more */
  private async deliver(
    subscription: Subscription,
    group: ChangeGroup,
    state: SubscriptionState,
  ): Promise<SubscriptionState | undefined> {
    // Asked at each try: whoever has lost the right to read meanwhile is told nothing (seed-systems.md, 1.5).
    const { storage, sight, slots, senders } = this.parts;
    const changes = await storage.read((view) => sight.look(view, subscription, group.changes));
    if (this.hasEnded) return undefined;
    if (changes.length === 0) {
      this.place = group.place;
      return state;
    }
    const { signal } = this.ending;
    const { value, stored } = subscription;
    const isResumed = value.resumed === true && (state.lastSuccess ?? 0) < stored.lastModified;
    const outcome = await slots.run(() => senders.send(subscription, { changes, isResumed }, signal));
    this.lastSent = Date.now();
    // Another version of it may want something else: what has not arrived is looked at again.
    if (outcome.kind === 'failed' && this.host.find(this.key) !== subscription) return undefined;
    return this.conclude(subscription, { group, changes, state }, outcome);
  }

  private async conclude(
    subscription: Subscription,
    { group, changes, state }: { group: ChangeGroup; changes: readonly VisibleChange[]; state: SubscriptionState },
    outcome: SendOutcome,
  ): Promise<SubscriptionState | undefined> {
    const now = Date.now();
    if (outcome.kind === 'gone' && subscription.kind === 'webpush') {
      await this.host.remove(subscription);
      return undefined;
    }
    const after = stateAfter(state, outcome, noteOf(subscription, changes, outcome, now));
    const isOver = this.isOver(subscription, after, now);
    if (outcome.kind === 'gone' || (isOver && subscription.kind === 'webhook')) {
      await this.parts.places.note(subscription, this.place, { ...after, state: 'disabled' });
      this.parts.log.warn(`The ${subscription.label} is disabled: it has failed for too long, or is gone`);
      await this.settle('disabled');
      return undefined;
    }
    if (outcome.kind === 'failed' && !isOver) {
      this.tried = group.place;
      await this.parts.places.note(subscription, this.place, after);
      await this.wakeable.pause(Math.max(outcome.wait, this.backoff.next()));
      return undefined;
    }
    this.place = group.place;
    await this.parts.places.note(subscription, this.place, after);
    this.backoff.reset();
    return after;
  }

  private isOver({ kind, value }: Subscription, { failingSince }: SubscriptionState, now: number): boolean {
    if (failingSince === undefined) return false;
    const ttl = typeof value.ttl === 'number' ? value.ttl : USUAL_TTL;
    const patience = kind === 'webhook' ? this.parts.settings.giveUpAfter : ttl;
    return now - failingSince >= patience * 1000;
  }
}

function stateAfter(before: SubscriptionState, outcome: SendOutcome, note: DeliveryNote): SubscriptionState {
  const deliveries = [...before.deliveries, note].slice(-DELIVERIES_KEPT);
  if (outcome.kind === 'taken') {
    const { version, lastError } = before;
    return { version, state: 'active', failures: 0, lastSuccess: note.at, lastError, deliveries };
  }
  const lastError = { code: outcome.reason.slice(0, LONGEST_REASON), at: note.at };
  const failures = before.failures + 1;
  // A message that is refused says nothing of the next one.
  const failingSince = outcome.kind === 'failed' ? (before.failingSince ?? note.at) : undefined;
  return { ...before, state: 'failing', failures, failingSince, lastError, deliveries };
}

function noteOf(
  subscription: Subscription,
  changes: readonly VisibleChange[],
  outcome: SendOutcome,
  at: number,
): DeliveryNote {
  const { list, position } = changes.at(-1)!.logged;
  const result = outcome.kind === 'taken' ? 'delivered' : outcome.kind === 'refused' ? 'refused' : 'failed';
  return {
    ...{ delivery: deliveryId(subscription, changes), at, result },
    ...{ uri: list.parentId === '' ? '/' : list.parentId, resource: list.resourceName },
    ...{ position: formatPosition(position), changes: changes.length },
  };
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
