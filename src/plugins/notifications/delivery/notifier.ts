import type { Lease } from '../../../changes/lease.js';
import { Wakeable } from '../../../changes/wakeable.js';
import { journal, type LoggedChange } from '../../../storage/journal.js';
import type { DeliveryHost, EndOfDelivery } from './delivery-host.js';
import { KnownSubscriptions } from './known-subscriptions.js';
import { uriOf } from './owner-sight.js';
import { ReadRounds, type ReadTeller } from './read-rounds.js';
import { SubscriptionDelivery, type DeliveryParts } from './subscription-delivery.js';
import { Subscription } from './subscription.js';
import { isAccountGone, placeIn, replayIn, writtenIn, type StoredOne } from './written-subscriptions.js';

const BATCH = 500;

/** How far the log may be looked through without that being written down: nobody was to be told of what lies there. */
const WRITTEN_EVERY = 5000;

/** How often it is looked for what has expired, in ms. */
const SWEEP_INTERVAL = 3_600_000;

/** In ms. */
const WAIT_FOR_DATABASE = 1000;

export interface NotifierParts extends DeliveryParts {
  readonly lease: Lease;
  /** Of push subscriptions, in ms; 0: never. */
  readonly expiresAfter: number;
  /** Whether nothing may be written but what is this server's own. */
  readonly isReadonly: boolean;
  readonly ownBucketOf: (userId: string) => string | undefined;
}

/**
 * Looks through the change log for subscriptions to be told. Who is to be told of something gets a place of its own in
 * the log, in the unit of work that moves this one's place on, and loses it when everything has arrived. So nobody waits
 * for anybody, and a crash at any moment loses nothing.
 */
export class Notifier implements DeliveryHost, ReadTeller {
  position = 0;
  private written = 0;
  private readonly wakeable = new Wakeable(() => this.next());
  private readonly known = new KnownSubscriptions();
  private readonly behind = new Map<string, SubscriptionDelivery>();
  /** Their versions: another one is active again. */
  private readonly disabled = new Map<string, number>();
  /** Replays that have begun. */
  private readonly replayed = new Map<string, string>();
  /** Of subscriptions made behind the place that was gone on from: they are told nothing from before. */
  private readonly births = new Map<string, number>();
  private turn: Promise<unknown> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;
  /** Subscriptions of which the log is just telling. */
  private beingWritten: ReadonlySet<string> = new Set();
  readonly reads: ReadRounds;

  constructor(private readonly parts: NotifierParts) {
    this.reads = new ReadRounds(parts, this);
  }

  async open(): Promise<void> {
    const { position, places, subscriptions, births } = await this.parts.places.open();
    this.position = this.written = position;
    for (const one of subscriptions) this.remember(one);
    for (const [key, id] of births) this.births.set(key, id);
    for (const [key, place] of places) this.begin(key, place);
    this.timer = setInterval(() => this.sweep(), SWEEP_INTERVAL);
    this.timer.unref();
    if (this.parts.settings.readTriggers) this.reads.open();
    this.wake();
  }

  wake(): void {
    this.wakeable.wake();
  }

  get isAtWork(): boolean {
    return !this.wakeable.isClosed && this.parts.lease.isHeld;
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.reads.close();
    await Promise.all([this.wakeable.close(), ...[...this.behind.values()].map((delivery) => delivery.stop())]);
    await this.writePlace().catch(() => undefined);
  }

  find(key: string): Subscription | undefined {
    return this.known.get(key);
  }

  settle(delivery: SubscriptionDelivery, why?: EndOfDelivery): Promise<boolean> {
    return this.inTurn(async () => {
      const { key } = delivery;
      if (this.behind.get(key) !== delivery) return true;
      if (why === undefined && delivery.place < this.position) return false;
      const subscription = this.known.get(key);
      if (why === 'disabled' && subscription !== undefined) this.disabled.set(key, subscription.stored.lastModified);
      await this.parts.places.write(this.position, new Map([[key, undefined]]));
      this.written = this.position;
      this.behind.delete(key);
      if (why === 'gone') this.known.delete(key);
      return true;
    });
  }

  async remove(subscription: Subscription): Promise<void> {
    // The log tells that it is gone; until then, nothing is sent there.
    if (this.known.get(subscription.key) === subscription) this.known.delete(subscription.key);
    if (!this.parts.isReadonly) await this.parts.places.remove(subscription);
  }

  get wantsReads(): boolean {
    return this.known.wantReads;
  }

  isBusy(key: string): boolean {
    return this.behind.has(key) || this.beingWritten.has(key);
  }

  isTold(one: Subscription): boolean {
    return one.isActive && this.disabled.get(one.key) !== one.stored.lastModified;
  }

  async beginHere(keys: readonly string[]): Promise<void> {
    const places = new Map(keys.map((key) => [key, this.position]));
    await this.parts.places.write(this.position, places);
    this.written = this.position;
    this.apply(places);
  }

  private async next(): Promise<boolean> {
    if (!this.isAtWork) return false;
    try {
      const logged = await this.parts.storage.read(({ sql }) => journal.readAfter(sql, this.position, BATCH));
      if (logged.length === 0) return false;
      await this.lookThrough(logged);
      return this.isAtWork;
    } catch (error) {
      if (!this.isAtWork) return false;
      this.parts.log.warn(`Notifications: ${error instanceof Error ? error.message : String(error)}`);
      await this.wakeable.pause(WAIT_FOR_DATABASE);
      return true;
    }
  }

  private async lookThrough(logged: readonly LoggedChange[]): Promise<void> {
    const written = await this.parts.storage.read((view) => writtenIn(view, logged));
    for (const { objectId } of logged.filter(isAccountGone)) {
      for (const one of this.known.all()) if (one.owner === `account:${objectId}`) await this.remove(one);
    }
    this.beingWritten = new Set(written.map(({ key }) => key));
    // From now on no delivery of theirs begins but here; whoever is in turn may still begin one.
    await this.turn;
    for (const { key, one } of written) {
      if (one === undefined || this.isNewReplay(key, one)) await this.behind.get(key)?.stop();
    }
    await this.inTurn(async () => {
      // Before a subscription was made, or written anew, nothing is told as it now is.
      const places = new Map<string, number | undefined>();
      for (const { key, one, lastAt } of written) {
        if (one === undefined) places.set(key, undefined);
        else {
          this.remember(one);
          if (this.isNewReplay(key, one)) places.set(key, placeIn(replayIn(one)!, lastAt));
        }
      }
      for (const { key, createdAt } of written) if (createdAt > 0) this.births.set(key, createdAt);
      this.addNewlyBehind(logged, places);
      const top = logged.at(-1)!.id;
      if (places.size > 0 || top - this.written >= WRITTEN_EVERY) {
        await this.parts.places.write(top, places);
        this.written = top;
      }
      this.position = top;
      for (const { key, one } of written) if (one !== undefined) this.markReplay(key, replayIn(one));
      for (const [key, id] of this.births) if (id <= top) this.births.delete(key);
      this.apply(places);
      this.beingWritten = new Set();
      for (const { key } of written) this.behind.get(key)?.retry();
      for (const delivery of this.behind.values()) delivery.wake();
    });
  }

  private addNewlyBehind(logged: readonly LoggedChange[], places: Map<string, number | undefined>): void {
    for (const change of logged) {
      const uri = uriOf(change, this.parts.definitions);
      if (uri === undefined) continue;
      for (const one of this.known.candidates(uri)) {
        const { key, triggers } = one;
        // The first change that it is about decides.
        if (this.behind.has(key) || places.has(key) || !this.isTold(one) || !triggers.wants(uri, change.action))
          continue;
        if (change.id <= (this.births.get(key) ?? 0)) continue;
        if (one.isExpired(this.parts.expiresAfter)) void this.remove(one).catch(() => undefined);
        else places.set(key, change.id - 1);
      }
    }
  }

  private apply(places: ReadonlyMap<string, number | undefined>): void {
    for (const [key, place] of places) {
      this.behind.delete(key);
      if (place !== undefined) this.begin(key, place);
      else for (const map of [this.known, this.disabled, this.replayed]) map.delete(key);
    }
  }

  private begin(key: string, place: number): void {
    const delivery = new SubscriptionDelivery(key, place, this, this.parts);
    this.behind.set(key, delivery);
    delivery.wake();
  }

  private remember({ kind, owner, stored }: StoredOne): void {
    const subscription = new Subscription(kind, owner, stored, this.parts.ownBucketOf(owner));
    this.known.set(subscription);
  }

  private isNewReplay(key: string, one: StoredOne): boolean {
    const replay = replayIn(one);
    return replay !== undefined && replay !== this.replayed.get(key);
  }

  private markReplay(key: string, replay: string | undefined): void {
    if (replay === undefined) this.replayed.delete(key);
    else this.replayed.set(key, replay);
  }

  /** Else the log would be kept from there on. */
  private async writePlace(): Promise<void> {
    await this.inTurn(async () => {
      if (this.written === this.position || !this.parts.lease.isHeld) return;
      await this.parts.places.write(this.position, new Map());
      this.written = this.position;
    });
  }

  private sweep(): void {
    void this.writePlace().catch(() => undefined);
    for (const one of this.known.all()) {
      if (one.isExpired(this.parts.expiresAfter)) void this.remove(one).catch(() => undefined);
    }
  }

  /** Places are given and taken one after another. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.turn.then(work);
    this.turn = done.catch(() => undefined);
    return done;
  }
}
