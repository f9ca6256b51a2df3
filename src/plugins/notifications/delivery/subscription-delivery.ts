import { LeaseLost } from '../../../changes/lease.js';
import { Wakeable } from '../../../changes/wakeable.js';
import { journal, type LoggedChange } from '../../../storage/journal.js';
import type { Storage } from '../../../storage/storage.js';
import { Backoff } from '../../../wire/backoff.js';
import type { ResourceDefinitions } from '../../../resources/resource-definition.js';
import type { NotificationsSettings } from '../notifications.settings.js';
import type { ReadNote } from '../reads/read-note.js';
import { subscriptionReads } from '../reads/subscription-reads.js';
import { hasTold, subscriptionList, subscriptionStates, type SubscriptionState } from '../stored-subscription.js';
import { groupsOf, readGroupsOf, type ChangeGroup } from './change-groups.js';
import type { DeliveryHost, EndOfDelivery } from './delivery-host.js';
import { changesMessage, readsMessage, type Message } from './message.js';
import { uriOf, type OwnerSight } from './owner-sight.js';
import type { Places } from './places.js';
import type { Senders, SendOutcome } from './senders.js';
import type { Slots } from './slots.js';
import { hasFailedTooLong, resultOf, stateAfter } from './state-after.js';
import type { Subscription } from './subscription.js';

/** How many changes are read from the log at once. */
const BATCH = 200;

/** The longest wait between two tries, in ms. */
const LONGEST_WAIT = 3_600_000;

type DeliverySettingNames = 'firstWait' | 'giveUpAfter' | 'pushInterval' | 'maxBodyBytes' | 'readTriggers';

/** What all deliveries share. */
export interface DeliveryParts {
  readonly storage: Storage;
  readonly places: Places;
  readonly sight: OwnerSight;
  readonly senders: Senders;
  readonly slots: Slots;
  readonly definitions: ResourceDefinitions;
  readonly settings: Pick<NotificationsSettings, DeliverySettingNames>;
  readonly log: { warn(line: string): void };
}

/** Tells one subscription what lies behind its place in the log: in order, one message at a time, again until it works. */
export class SubscriptionDelivery {
  private readonly wakeable = new Wakeable(() => this.next());
  private readonly backoff: Backoff;
  private readonly ending = new AbortController();
  private lastSent = 0;
  private isSettled = false;
  private tried: number | undefined;
  /** By URI: a message that was tried before. */
  private triedReads: readonly string[] = [];

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
  private async settle(why?: EndOfDelivery): Promise<boolean> {
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
    const { isThere, logged, state } = await this.parts.storage.read(async (view) => ({
      // Whoever empties the database writes that into no log.
      isThere: await view.hasObject(subscriptionList(owner, kind), stored.id),
      // Its messages may begin anywhere, also within a request: none is read again and again for the sake of its end.
      logged: await journal.readAtMost(view.sql, this.place, BATCH),
      state: await subscriptionStates.find(view, owner, kind, stored),
    }));
    if (!isThere) return !(await this.settle('gone'));
    if (state.state === 'disabled') return !(await this.settle('disabled'));
    if (!subscription.isActive) return !(await this.settle('passed'));
    const known = logged.filter(({ id }) => id <= top);
    const wanted = known.filter((change) => this.isWanted(subscription, change));
    const end = known.length < logged.length || known.length === 0 ? top : known.at(-1)!.id;
    const { tried, place: begin } = this;
    const { maxBodyBytes: maxBytes } = this.parts.settings;
    const groups = groupsOf(kind, wanted, { begin, end, tried, maxBytes });
    const after = await this.deliverEach(subscription, groups, state, (group) => this.lookAt(subscription, group));
    if (after === undefined) return !this.hasEnded;
    this.place = end;
    if (this.place < top) return true;
    if (!(await this.deliverReads(subscription, after))) return !this.hasEnded;
    return !(await this.settle());
  }

  /** @returns how the subscription fares now; `undefined`: it is to be tried again, or nothing is told any more */
  private async deliverEach<Group>(
    subscription: Subscription,
    groups: readonly Group[],
    state: SubscriptionState,
    look: (group: Group) => Promise<Message | undefined>,
  ): Promise<SubscriptionState | undefined> {
    let current = state;
    for (const group of groups) {
      // Asked at each try: whoever has lost the right to read meanwhile is told nothing (seed-systems.md, 1.5).
      const message = await look(group);
      if (this.hasEnded) return undefined;
      const after = message === undefined ? current : await this.deliver(subscription, message, current);
      if (after === undefined) return undefined;
      current = after;
    }
    return current;
  }

  /** What a receiver does not take is told again, so the same reads stay the same message. @returns as deliverEach */
  private async deliverReads(
    subscription: Subscription,
    state: SubscriptionState,
  ): Promise<SubscriptionState | undefined> {
    const { storage } = this.parts;
    if (!subscription.triggers.hasReads) return state;
    const waiting = await storage.read((view) => subscriptionReads.waiting(view, subscription));
    const groups = readGroupsOf(subscription.kind, waiting, this.triedReads);
    return this.deliverEach(subscription, groups, state, (group) => this.lookAtReads(subscription, group));
  }

  private async lookAt(subscription: Subscription, group: ChangeGroup): Promise<Message | undefined> {
    const message = await changesMessage(this.parts, subscription, group.changes, (isPassed, state, told) => {
      if (isPassed) this.place = group.place;
      else this.tried = group.place;
      return this.parts.places.note(subscription, this.place, state, told);
    });
    if (message === undefined && !this.hasEnded) this.place = group.place;
    return message;
  }

  private async lookAtReads(subscription: Subscription, group: readonly ReadNote[]): Promise<Message | undefined> {
    const { places } = this.parts;
    const message = await readsMessage(this.parts, subscription, group, (isPassed, state) => {
      this.triedReads = isPassed ? [] : group.map(({ uri }) => uri);
      return places.noteReads(subscription, this.place, isPassed ? group : [], state);
    });
    if (message === undefined && !this.hasEnded) await places.noteReads(subscription, this.place, group);
    return message;
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

  /** @returns as deliverEach */
  private async deliver(
    subscription: Subscription,
    message: Message,
    state: SubscriptionState,
  ): Promise<SubscriptionState | undefined> {
    const { slots, senders } = this.parts;
    const { signal } = this.ending;
    const { value, stored } = subscription;
    const isResumed = value.resumed === true && !hasTold(state, stored.lastModified);
    const content = message.content(isResumed);
    const outcome = await slots.run(() => senders.send(subscription, content, signal));
    this.lastSent = Date.now();
    // Another version of it may want something else: what has not arrived is looked at again.
    if (outcome.kind === 'failed' && this.host.find(this.key) !== subscription) return undefined;
    return this.conclude(subscription, { message, state }, outcome);
  }

  private async conclude(
    subscription: Subscription,
    { message, state }: { message: Message; state: SubscriptionState },
    outcome: SendOutcome,
  ): Promise<SubscriptionState | undefined> {
    const now = Date.now();
    if (outcome.kind === 'gone' && subscription.kind === 'webpush') {
      await this.host.remove(subscription);
      return undefined;
    }
    const after = stateAfter(state, outcome, { ...message.note, at: now, result: resultOf(outcome) });
    const isOver = hasFailedTooLong(subscription, after, { giveUpAfter: this.parts.settings.giveUpAfter, now });
    if (outcome.kind === 'gone' || (isOver && subscription.kind === 'webhook')) {
      await message.settle(false, { ...after, state: 'disabled' });
      this.parts.log.warn(`The ${subscription.label} is disabled: it has failed for too long, or is gone`);
      await this.settle('disabled');
      return undefined;
    }
    const isPassed = outcome.kind !== 'failed' || isOver;
    await message.settle(isPassed, after);
    if (isPassed) this.backoff.reset();
    else await this.wakeable.pause(Math.max((outcome as { wait: number }).wait, this.backoff.next()));
    return isPassed ? after : undefined;
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
