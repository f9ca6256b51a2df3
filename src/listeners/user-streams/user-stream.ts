import { randomBytes } from 'node:crypto';
import type { Authenticator, Identity } from '../../auth/authenticator.js';
import type { Tickets } from '../../auth/tickets.js';
import type { LiveAccess } from '../../resources/live/live-access.js';
import type { LiveFrame } from '../../resources/live/live-change.js';
import type { LiveLists } from '../../resources/live/live-lists.js';
import type { LiveSettings } from '../../resources/live/live.settings.js';
import type { Storage } from '../../storage/storage.js';
import { ApiError } from '../../wire/api-error.js';
import { encodeJson } from '../../wire/json.js';
import { FrameQueue } from './frame-queue.js';
import type { Farewell, Outlet, OutletUser } from './outlet.js';
import { startAgain } from './start-again.js';
import { StreamSubscription, type Beginning, type SubscriptionOwner } from './stream-subscription.js';
import type { StreamVisitor } from './stream-visitor.js';
import type { UserStreamsSettings } from './user-streams.settings.js';

export interface UserStreamParts {
  readonly storage: Storage;
  readonly access: LiveAccess;
  readonly lists: Pick<LiveLists, 'add'>;
  readonly authenticator: Pick<Authenticator, 'identify'>;
  readonly tickets: Pick<Tickets, 'spend'>;
  readonly limits: Pick<LiveSettings, 'bufferBytes' | 'heartbeat' | 'maxReplay' | 'maxSnapshot'>;
  readonly settings: Pick<UserStreamsSettings, 'maxSubscriptions' | 'resumeFor'>;
  readonly warn: (error: unknown) => void;
}

/** How long, in ms, a frame waits where another subscription follows the same list. */
const TOGETHER = 5;

/**
 * The lists that somebody follows on one connection. It outlives its connection for a while: whoever comes back in time
 * goes on with all of them, each after what has surely arrived.
 */
export class UserStream implements SubscriptionOwner {
  readonly id = `u_${randomBytes(12).toString('base64url')}`;
  private readonly subscriptions = new Map<string, StreamSubscription>();
  private readonly queue = new FrameQueue<StreamSubscription>();
  private outlet: Outlet | undefined;
  /** The number of the last frame that went out. */
  private number = 0;
  private hasRoom = true;
  private isFlushing = false;

  /** @param left called whenever its connection has ended */
  constructor(
    private readonly parts: UserStreamParts,
    private visitor: StreamVisitor,
    private readonly left: (stream: UserStream) => void,
  ) {}

  get owner(): string {
    return this.visitor.owner;
  }

  get identity(): Identity {
    return this.visitor.identity;
  }

  get isConnected(): boolean {
    return this.outlet !== undefined;
  }

  /** Whether it goes with its connection. */
  get isFleeting(): boolean {
    return this.visitor.autoDelete;
  }

  /** It goes on there; a connection that it has already ends. */
  connect(outlet: Outlet, visitor: StreamVisitor): void {
    const isResumed = visitor.former?.id === this.id;
    const former = this.outlet;
    this.rest();
    if (visitor.former?.arrived !== undefined) this.arrived(visitor.former.arrived);
    for (const subscription of this.subscriptions.values()) subscription.rewind();
    this.outlet = outlet;
    this.visitor = visitor;
    this.hasRoom = true;
    former?.close('taken_over');
    outlet.use(this.userOf(outlet));
    this.greet(outlet, isResumed);
    for (const subscription of [...this.subscriptions.values()]) void this.beginAgain(subscription);
  }

  /** @throws ApiError 403 when it follows as many lists as it may */
  ensureRoomFor(id: string | undefined): void {
    if (this.hasRoomFor(id)) return;
    throw new ApiError('FORBIDDEN', { details: { limit: this.parts.settings.maxSubscriptions } });
  }

  /** Takes the place of the subscription that has this id, if there is one. */
  subscribe({ id, list, start, place }: Beginning): void {
    const subscription = new StreamSubscription(id, list, place, this);
    // Others may have been faster since there was room.
    if (!this.hasRoomFor(id)) return subscription.refuse('revoked', { reason: 'too_many_subscriptions' });
    this.unsubscribe(id);
    this.subscriptions.set(id, subscription);
    if (this.outlet !== undefined) this.begin(subscription, start);
  }

  /** @returns whether it was there */
  unsubscribe(id: string): boolean {
    const subscription = this.subscriptions.get(id);
    if (subscription === undefined) return false;
    subscription.rest();
    this.queue.forget(subscription);
    return this.subscriptions.delete(id);
  }

  /** Lets its reader go. */
  dismiss(reason: Farewell): void {
    this.flush();
    this.outlet?.close(reason);
  }

  /** Whether they are still who they were; if not, they are let go. */
  async verify(): Promise<void> {
    const { outlet, visitor } = this;
    if (outlet === undefined) return;
    try {
      const { userId } = await this.parts.authenticator.identify(visitor.credential);
      if (userId !== visitor.owner && this.outlet === outlet) this.dismiss('revoked');
    } catch (error) {
      // It is asked again at the next sweep.
      this.parts.warn(error);
    }
  }

  tell(subscription: StreamSubscription, frame: LiveFrame, previous: string): boolean {
    if (this.outlet === undefined) return false;
    this.queue.add(subscription, frame, previous);
    if (frame.event === 'revoked') void this.verify();
    this.flushSoon();
    return this.hasRoom && this.queue.bytes <= this.parts.limits.bufferBytes;
  }

  ended(subscription: StreamSubscription): void {
    if (this.subscriptions.get(subscription.id) === subscription) this.subscriptions.delete(subscription.id);
  }

  private hasRoomFor(id: string | undefined): boolean {
    const { size } = this.subscriptions;
    return size < this.parts.settings.maxSubscriptions || (id !== undefined && this.subscriptions.has(id));
  }

  private userOf(outlet: Outlet): OutletUser {
    return {
      beat: () => this.beat(),
      resume: () => this.resume(),
      arrived: (number) => this.arrived(number),
      closed: () => this.closed(outlet),
    };
  }

  private greet(outlet: Outlet, isResumed: boolean): void {
    const { heartbeat } = this.parts.limits;
    const subscriptions = [...this.subscriptions.values()].map(({ id, list, place }) => {
      return { id, uri: list.place.listUri, position: place };
    });
    const data = encodeJson({
      ...{ event: 'hello', connection_id: this.id, resumed: isResumed, heartbeat },
      ...{ resume_for: this.isFleeting ? 0 : this.parts.settings.resumeFor, subscriptions },
    });
    outlet.send({ event: 'hello', id: this.eventId, data });
  }

  private async beginAgain(subscription: StreamSubscription): Promise<void> {
    const { outlet, identity, parts } = this;
    const isStill = () => this.outlet === outlet && this.subscriptions.get(subscription.id) === subscription;
    try {
      const start = await startAgain(parts, { ...subscription.list, from: subscription.place, identity });
      if (!isStill()) return;
      if (typeof start === 'string') subscription.refuse(start);
      else this.begin(subscription, start);
    } catch (error) {
      parts.warn(error);
      if (isStill()) this.dismiss('over_capacity');
    }
  }

  private begin(subscription: StreamSubscription, start: Beginning['start']): void {
    const { identity, credential: headers } = this.visitor;
    subscription.begin(this.parts.lists, { ...subscription.list, ...start, identity, headers });
  }

  private get eventId(): string {
    return `${this.id}.${this.number}`;
  }

  /** Once all subscriptions were told of the change. Who has to look it up, for one reason or another, is waited for. */
  private flushSoon(): void {
    if (this.isFlushing) return;
    this.isFlushing = true;
    const lists = new Set([...this.subscriptions.values()].map(({ list }) => list.place.listUri));
    if (lists.size === this.subscriptions.size) setImmediate(() => this.flush());
    else setTimeout(() => this.flush(), TOGETHER);
  }

  private flush(): void {
    this.isFlushing = false;
    const { outlet } = this;
    if (outlet === undefined || this.queue.isEmpty) return;
    for (const { event, data, reached } of this.queue.take()) {
      this.number += 1;
      this.hasRoom = outlet.send({ event, id: this.eventId, data });
      for (const { reader, place } of reached) if (place !== undefined) reader.sent(this.number, place);
    }
    // Some may have been told to wait only because of what waited here.
    if (this.hasRoom) this.resume();
  }

  private resume(): void {
    this.hasRoom = true;
    for (const subscription of this.subscriptions.values()) subscription.resume();
  }

  private beat(): boolean {
    const { ticket } = this.visitor;
    // A ticket for streams lives as long as it is used.
    if (ticket?.use === 'stream') void this.parts.tickets.spend(ticket);
    let isTold = false;
    for (const subscription of this.subscriptions.values()) isTold = subscription.checkpoint() || isTold;
    this.outlet?.ask(this.number);
    return isTold;
  }

  private arrived(number: number): void {
    for (const subscription of this.subscriptions.values()) subscription.arrived(number);
  }

  private rest(): void {
    this.queue.take();
    for (const subscription of this.subscriptions.values()) subscription.rest();
  }

  private closed(outlet: Outlet): void {
    if (this.outlet !== outlet) return;
    this.outlet = undefined;
    this.rest();
    this.left(this);
  }
}
