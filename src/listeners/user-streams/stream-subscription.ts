import type { LiveFrame } from '../../resources/live/live-change.js';
import type { LiveLists } from '../../resources/live/live-lists.js';
import type { LiveQuery } from '../../resources/live/live-query.js';
import type { LiveSink, LiveStart } from '../../resources/live/live-start.js';
import type { LiveSubscription } from '../../resources/live/live-subscription.js';
import type { ResourcePlace } from '../../resources/resource-place.js';
import { Arrivals } from './arrivals.js';

/** A list, and what of it is to be told. */
export interface FollowedList {
  readonly place: ResourcePlace;
  readonly query: LiveQuery;
}

/** A list that begins to be followed, and the place that its reader knows. */
export interface Beginning {
  readonly id: string;
  readonly list: FollowedList;
  readonly start: Pick<LiveStart, 'rights' | 'position' | 'frames'>;
  readonly place: string;
}

/** The stream that it belongs to. */
export interface SubscriptionOwner {
  /** @returns whether there is room for more */
  tell(subscription: StreamSubscription, frame: LiveFrame, previous: string): boolean;
  /** It has ended by itself. */
  ended(subscription: StreamSubscription): void;
}

/** One list that is followed on a user stream. While the stream has no connection it only knows its place. */
export class StreamSubscription implements LiveSink {
  private readonly arrivals: Arrivals;
  private live: LiveSubscription | undefined;
  /** The place of what was told, or is on its way. */
  private reached: string;

  /** @param place where it begins */
  constructor(
    readonly id: string,
    readonly list: FollowedList,
    place: string,
    private readonly owner: SubscriptionOwner,
  ) {
    this.arrivals = new Arrivals(place);
    this.reached = place;
  }

  /** The place that was told last. */
  get place(): string {
    return this.arrivals.place;
  }

  /** From now on it is told what comes. */
  begin(lists: Pick<LiveLists, 'add'>, start: LiveStart): void {
    this.live = lists.add(start, this);
  }

  /** Nothing is told any more, until it begins again. */
  rest(): void {
    const { live } = this;
    this.live = undefined;
    live?.end();
  }

  /** It is to begin again after what has surely arrived. */
  rewind(): void {
    this.arrivals.rewind();
    this.reached = this.arrivals.place;
  }

  /** It was written to the connection. */
  sent(number: number, place: string): void {
    this.arrivals.sent(number, place);
  }

  arrived(number: number): void {
    this.arrivals.arrived(number);
  }

  checkpoint(): boolean {
    return this.live?.checkpoint() ?? false;
  }

  resume(): void {
    this.live?.resume();
  }

  /** Ends it with a word that says why. */
  refuse(reason: string, more: object = {}): void {
    this.owner.tell(this, { event: reason, data: JSON.stringify(more) }, this.reached);
    this.owner.ended(this);
  }

  send(frame: LiveFrame): boolean {
    const previous = this.reached;
    this.reached = frame.id ?? previous;
    return this.owner.tell(this, frame, previous);
  }

  end(): void {
    if (this.live === undefined) return;
    this.live = undefined;
    this.owner.ended(this);
  }
}
