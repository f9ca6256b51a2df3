import { Wakeable } from '../../changes/wakeable.js';
import type { ListedChange } from '../../storage/list-history.js';
import type { Storage } from '../../storage/storage.js';
import { encodeJson } from '../../wire/json.js';
import type { Position } from '../../wire/position.js';
import type { ResourcePlace } from '../resource-place.js';
import { formatPlace } from './list-place.js';
import type { LiveAccess, Refused } from './live-access.js';
import { LiveChange, type LiveFrame } from './live-change.js';
import { PAGE_SIZE, readPage, type Page } from './live-page.js';
import { LiveIdentity } from './live-identity.js';
import type { LiveSink, LiveStart } from './live-start.js';
import { Sight } from './sight.js';

export interface SubscriptionParts {
  readonly storage: Storage;
  readonly access: LiveAccess;
  /** How large, in bytes, one frame may be; by default any size. */
  readonly maxFrameBytes?: number | undefined;
  /** Called once, when it has ended. */
  readonly ended: (subscription: LiveSubscription) => void;
  readonly failed: (error: unknown) => void;
}

/** After how many changes that are not told the place is. */
const MOST_HIDDEN = 100;

/** How often in a row the log may lack what the counter has: on PostgreSQL a change gets its place a moment later. */
const MOST_MISSING = 3;

/** How long to wait, in ms, when the database fails. */
const FAILURE_PAUSE = 1_000;

/**
 * Somebody who follows a list: told each change that they may read and that their filters select, in order, without a
 * gap. They are either live, and take what the tail of the log brings, or catching up, and then read the log
 * themselves: at the beginning, after a pause for want of room, and whenever their rights may have changed. As changes
 * are counted without gaps, nothing can be missed between the two.
 */
export class LiveSubscription {
  private readonly catchingUp = new Wakeable(() => this.catchUp());
  private readonly sight: Sight;
  private readonly who: LiveIdentity;
  private position: Position;
  /** The last place that was told. */
  private told: string;
  private waiting: LiveFrame[];
  private state: 'behind' | 'live' | 'ended' = 'behind';
  private hasRoom = true;
  /** Of what was read before it was under way, something may have been changed since. */
  private isStale = true;
  private hidden = 0;
  private missing = 0;

  constructor(
    private readonly start: LiveStart,
    private readonly sink: LiveSink,
    private readonly parts: SubscriptionParts,
  ) {
    this.sight = new Sight(start.rights);
    this.who = new LiveIdentity(start, parts.access);
    this.position = start.position;
    this.told = this.placeText;
    this.waiting = [...start.frames];
  }

  get place(): ResourcePlace {
    return this.start.place;
  }

  get userId(): string | undefined {
    return this.start.identity.userId;
  }

  /** To be called once it will be offered what is committed from now on. */
  open(): void {
    this.catchingUp.wake();
  }

  /** A change of its list, from the tail of the log. */
  offer(change: LiveChange): void {
    const { epoch, n } = change.logged.position;
    const isSame = epoch === this.position.epoch;
    if (this.state === 'ended' || (isSame && n <= this.position.n)) return;
    const isNext = isSame && n === this.position.n + 1;
    // What is shared with somebody one by one, only the database knows.
    if (this.state === 'live' && isNext && !this.isStale && !this.sight.isPartial) {
      this.take(change);
      return;
    }
    this.state = 'behind';
    this.catchingUp.wake();
  }

  /** Before the next frame it is asked again what they may read. @param whoToo whether also who they are */
  recheck(whoToo = false): void {
    if (this.state === 'ended') return;
    this.isStale = true;
    if (whoToo) this.who.doubt();
    this.state = 'behind';
    this.catchingUp.wake();
  }

  /** There is room again. */
  resume(): void {
    if (this.hasRoom || this.state === 'ended') return;
    this.hasRoom = true;
    this.catchingUp.wake();
  }

  /** Tells the place when changes have gone by untold. @returns whether there was something to tell */
  checkpoint(): boolean {
    if (this.state === 'ended' || this.hidden === 0 || !this.hasRoom) return false;
    const place = this.placeText;
    this.send({ event: 'checkpoint', id: place, data: encodeJson({ position: place, previous: this.told }) });
    this.settle(place);
    return true;
  }

  /** Ends it with a last word; for one whose reader is gone, without. */
  end(frame?: LiveFrame): void {
    if (this.state === 'ended') return;
    this.state = 'ended';
    void this.catchingUp.close();
    if (frame !== undefined) this.sink.send(frame);
    this.parts.ended(this);
    this.sink.end();
  }

  /** @returns whether there is more to do at once */
  private async catchUp(): Promise<boolean> {
    if (this.state === 'ended') return false;
    // Who has lost the right is let go also while they do not read.
    if (!this.hasRoom && !this.isStale && !this.who.mustBeAsked) return false;
    this.state = 'behind';
    try {
      if (await this.who.hasChanged()) return this.refuse('revoked', []);
      this.isStale = false;
      const { storage, access } = this.parts;
      const page = await storage.read((view) => readPage(view, access, this.start, this.position));
      return this.isEnded() ? false : this.tell(page);
    } catch (error) {
      this.parts.failed(error);
      // Rights that could not be asked about are not known.
      this.isStale = true;
      await this.catchingUp.pause(FAILURE_PAUSE);
      return !this.isEnded();
    }
  }

  /** The state may have changed during a wait, which a comparison with the property would not believe. */
  private isEnded(): boolean {
    return this.state === 'ended';
  }

  private tell({ rights, top, changes }: Page): boolean {
    const { isPartial } = this.sight;
    if (typeof rights === 'string') return this.refuse(rights, isPartial ? changes : []);
    if (!isPartial && rights.onlyIds !== undefined) return this.refuse('revoked', []);
    this.sight.change(rights);
    if (isPartial && rights.onlyIds === undefined) return this.reset('access_changed', top);
    if (!this.hasRoom) return false;
    while (this.waiting.length > 0) {
      if (!this.send(this.waiting.shift()!)) return false;
    }
    const lost = this.lostBefore(top, changes);
    if (lost === 'maybe') return true;
    if (lost !== undefined) return this.reset(lost, top);
    for (const change of changes) {
      if (!this.take(this.changeOf(change))) return false;
    }
    if (changes.length === PAGE_SIZE || this.isStale) return true;
    if (this.sight.hasOtherObjects()) return this.reset('access_changed', top);
    this.state = 'live';
    this.sink.caughtUp?.();
    return false;
  }

  private changeOf(logged: ListedChange): LiveChange {
    return new LiveChange(logged, this.place.listUri, this.parts.maxFrameBytes);
  }

  /** Why they cannot go on from their position, if they cannot. */
  private lostBefore(top: Position, [first]: readonly ListedChange[]): 'new_history' | 'expired' | 'maybe' | undefined {
    if (top.epoch !== this.position.epoch) return 'new_history';
    if (first === undefined && top.n > this.position.n) {
      this.missing += 1;
      return this.missing > MOST_MISSING ? 'expired' : 'maybe';
    }
    this.missing = 0;
    return first !== undefined && first.position.n !== this.position.n + 1 ? 'expired' : undefined;
  }

  /** @returns whether there is room for another */
  private take(change: LiveChange): boolean {
    const match = this.sight.match(change, this.start.query);
    this.position = change.logged.position;
    if (match === undefined) {
      this.hidden += 1;
      if (this.hidden >= MOST_HIDDEN) this.checkpoint();
      return this.hasRoom;
    }
    const place = this.placeText;
    const { query } = this.start;
    // What entered a partial view may have been somebody else's secret before.
    const hidesOld = this.sight.isPartial && match === 'enter';
    const reader = { query, tellsUser: this.sight.mayWrite, previous: this.told, place, hidesOld };
    const hasRoom = this.send(change.frame(match, reader));
    this.settle(place);
    return hasRoom;
  }

  /** @param farewell changes in which the last objects that were shared have left their view */
  private refuse(reason: Refused, farewell: readonly ListedChange[]): false {
    if (this.hasRoom && farewell.length > 0) {
      this.sight.blind();
      for (const change of farewell) this.take(this.changeOf(change));
    }
    this.end({ event: reason, data: '{}' });
    return false;
  }

  /** @returns whether to go on reading at once: from the new position, which is the top of the list */
  private reset(reason: string, top: Position): boolean {
    this.position = top;
    this.sight.restart();
    this.missing = 0;
    const place = this.placeText;
    this.settle(place);
    return this.send({ event: 'reset', id: place, data: encodeJson({ reason, position: place }) });
  }

  private send(frame: LiveFrame): boolean {
    this.hasRoom = this.sink.send(frame);
    if (!this.hasRoom && this.state === 'live') this.state = 'behind';
    return this.hasRoom;
  }

  private settle(place: string): void {
    this.told = place;
    this.hidden = 0;
  }

  private get placeText(): string {
    return formatPlace({ position: this.position, isPartial: this.sight.isPartial });
  }
}
