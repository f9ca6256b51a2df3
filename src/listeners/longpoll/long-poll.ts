import type { ServerResponse } from 'node:http';
import type { ByeReason } from '../../resources/live/event-stream.js';
import { formatPlace } from '../../resources/live/list-place.js';
import type { LiveFrame } from '../../resources/live/live-change.js';
import type { OpenedList } from '../../resources/live/live-opening.js';
import type { LiveSink } from '../../resources/live/live-start.js';
import type { LiveSubscription } from '../../resources/live/live-subscription.js';

/** How many changes one answer has at most. */
const MOST_CHANGES = 1000;

/** What is not a change: it is told beside them, under `event`. */
const LAST_WORDS = ['reset', 'revoked', 'gone', 'bye'];

/** One answer that waits: it comes when there is a change, or when the time is over. */
export class LongPoll implements LiveSink {
  private readonly changes: string[] = [];
  private bytes = 0;
  private position: string | undefined;
  private readonly previous: string | null;
  private lastWord: object = {};
  private subscription: LiveSubscription | undefined;
  private readonly timer: NodeJS.Timeout;
  private isDue = false;
  private isFull = false;
  private isCaughtUp = false;
  private isAnswered = false;

  /** @param limits seconds, and bytes */
  constructor(
    private readonly response: ServerResponse,
    { reached, start }: OpenedList,
    private readonly limits: { readonly wait: number; readonly maxBytes: number },
  ) {
    const { beginning } = start.query;
    const isAtOnce = start.frames.length === 0;
    this.previous = isAtOnce ? reached : beginning.from === 'place' ? formatPlace(beginning.place) : null;
    // What is told before the changes has places of its own.
    this.position = isAtOnce ? reached : undefined;
    this.timer = setTimeout(() => this.due(), limits.wait * 1000);
    response.on('error', () => this.closed());
    response.on('close', () => this.closed());
  }

  /** What it is told by. */
  follow(subscription: LiveSubscription): void {
    this.subscription = subscription;
    if (this.response.destroyed) this.closed();
  }

  send({ event, id, data }: LiveFrame): boolean {
    if (this.isAnswered || this.isFull) return false;
    this.position = id ?? this.position;
    if (LAST_WORDS.includes(event)) this.lastWord = { event, ...(JSON.parse(data) as object) };
    else if (event !== 'checkpoint') {
      this.changes.push(data);
      this.bytes += data.length;
    }
    // One whose frames have no places yet can only be told all of it.
    const hasPlace = this.position !== undefined;
    this.isFull = hasPlace && (this.changes.length >= MOST_CHANGES || this.bytes >= this.limits.maxBytes);
    // In a moment: what one request has changed is told together.
    if (this.isFull || (this.isCaughtUp && this.hasNews)) setImmediate(() => this.answer());
    return !this.isFull;
  }

  caughtUp(): void {
    this.isCaughtUp = true;
    if (this.hasNews || this.isDue || this.limits.wait === 0) this.finish();
  }

  end(): void {
    this.answer();
  }

  /** Nothing comes any more: the client may ask again at once, or elsewhere. */
  bye(reason: ByeReason): void {
    const data = JSON.stringify({ reason });
    if (this.subscription !== undefined) this.subscription.end({ event: 'bye', data });
    else this.refuse('bye', { reason });
  }

  /** The answer without having followed the list. */
  refuse(event: string, more: object = {}): void {
    this.lastWord = { event, ...more };
    this.answer();
  }

  private get hasNews(): boolean {
    return this.changes.length > 0 || Object.keys(this.lastWord).length > 0;
  }

  private due(): void {
    this.isDue = true;
    // Before that, there may be something to tell that nobody has read yet.
    if (this.isCaughtUp) this.finish();
  }

  private finish(): void {
    // Changes that went by untold move the place all the same.
    this.subscription?.checkpoint();
    this.answer();
  }

  private answer(): void {
    if (this.isAnswered) return;
    this.isAnswered = true;
    clearTimeout(this.timer);
    const { changes, position, previous, isFull, lastWord } = this;
    const rest = JSON.stringify({ position: position ?? null, previous, more: isFull, ...lastWord });
    // Without a place to go on from nothing may be kept: the client asks again as it did.
    const data = position === undefined ? '' : changes.join(',');
    const body = `{"data":[${data}],${rest.slice(1)}`;
    if (!this.response.destroyed) this.response.end(body, 'latin1');
    this.subscription?.end();
  }

  private closed(): void {
    clearTimeout(this.timer);
    this.isAnswered = true;
    this.subscription?.end();
  }
}
