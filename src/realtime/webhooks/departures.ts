import type { ChannelEvent } from '../channel-events.js';

/** So many are held back at most; with one more, the oldest counts as gone for good. It bounds the memory. */
const MOST_HELD = 100_000;

interface Held {
  readonly appId: string;
  readonly event: ChannelEvent;
  /** In ms of `performance.now()`. */
  readonly due: number;
}

/**
 * Holds back what a page reload looks like: a channel vacated or a member gone, and back a moment later. Then neither
 * is told (pusher-protocol.md, 6). Everything else passes at once.
 */
export class Departures {
  /** Since all wait equally long, the order of insertion is the order in which they are due. */
  private readonly held = new Map<string, Held>();
  private timer: NodeJS.Timeout | undefined;

  /**
   * @param delay in ms; 0 holds nothing back
   * @param pass where events go that are to be told
   */
  constructor(
    private readonly delay: number,
    private readonly pass: (appId: string, event: ChannelEvent) => void,
  ) {}

  hear(appId: string, event: ChannelEvent): void {
    const place = this.delay > 0 ? placeOf(appId, event) : undefined;
    if (place === undefined) this.pass(appId, event);
    else if (event.name === 'channel_vacated' || event.name === 'member_removed') this.hold(place, { appId, event });
    else if (!this.held.delete(place)) this.pass(appId, event);
  }

  /** Passes on whatever is held: nobody can come back any more. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.passUntil(Infinity);
  }

  private hold(place: string, departure: Omit<Held, 'due'>): void {
    this.held.delete(place);
    this.held.set(place, { ...departure, due: performance.now() + this.delay });
    if (this.held.size > MOST_HELD) this.passOldest();
    this.timer ??= setTimeout(() => this.look(), this.delay);
  }

  private look(): void {
    this.timer = undefined;
    const now = performance.now();
    this.passUntil(now);
    const [next] = this.held.values();
    if (next !== undefined) this.timer = setTimeout(() => this.look(), Math.max(1, next.due - now));
  }

  private passUntil(time: number): void {
    for (const { due } of this.held.values()) {
      if (due > time) return;
      this.passOldest();
    }
  }

  private passOldest(): void {
    for (const [place, { appId, event }] of this.held) {
      this.held.delete(place);
      this.pass(appId, event);
      return;
    }
  }
}

/** What it is that may leave and come back; `undefined` for an event that is about neither. */
function placeOf(appId: string, event: ChannelEvent): string | undefined {
  switch (event.name) {
    case 'channel_occupied':
    case 'channel_vacated':
      return JSON.stringify([appId, event.channel]);
    case 'member_added':
    case 'member_removed':
      return JSON.stringify([appId, event.channel, event.user_id]);
    default:
      return undefined;
  }
}
