import { describe } from '../../changes/registered-listener.js';
import { Wakeable } from '../../changes/wakeable.js';
import type { EventStream, StreamSource } from '../../resources/live/event-stream.js';
import type { LiveFrame } from '../../resources/live/live-change.js';
import { encodeJson } from '../../wire/json.js';
import type { FeedSession, Turn } from './feed-session.js';
import type { FeedFollower, FeedWatch } from './feed-watch.js';

/** How long to wait, in ms, when the database fails. */
const FAILURE_PAUSE = 1_000;

/**
 * The feed as server-sent events. It reads the log by itself, a page at a time and no further than its reader does, so
 * one who is slow costs no memory.
 */
export class FeedStream implements StreamSource, FeedFollower {
  private readonly reading = new Wakeable(() => this.readOn());
  private readonly leave: () => void;
  private told: string;
  private hasRoom = true;
  private isEnded = false;

  /** @param position what was told as the beginning */
  constructor(
    private readonly session: FeedSession,
    private readonly stream: EventStream,
    private position: string,
    private readonly watch: FeedWatch,
  ) {
    this.told = position;
    this.leave = session.follow(watch, this);
  }

  wake(): void {
    this.reading.wake();
  }

  bye(reason: 'restart'): void {
    this.stream.bye(reason);
  }

  resume(): void {
    this.hasRoom = true;
    this.wake();
  }

  checkpoint(): boolean {
    if (this.isEnded || !this.hasRoom || this.position === this.told) return false;
    const { position, told: previous } = this;
    this.send({ event: 'checkpoint', id: position, data: encodeJson({ position, previous }) });
    return true;
  }

  end(frame?: LiveFrame): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.leave();
    void this.reading.close();
    if (frame !== undefined) this.stream.send(frame);
    this.stream.end();
  }

  /** @returns whether there is more to do at once */
  private async readOn(): Promise<boolean> {
    if (!this.hasRoom) return false;
    try {
      const turn = await this.session.readOn({ position: this.position, told: this.told });
      return this.hasEnded() ? false : this.tell(turn);
    } catch (error) {
      this.watch.log.warn(`The change feed could not be read: ${describe(error)}`);
      await this.reading.pause(FAILURE_PAUSE);
      return !this.hasEnded();
    }
  }

  private tell(turn: Turn): boolean {
    if ('refused' in turn) {
      this.end({ event: turn.refused, data: '{}' });
      return false;
    }
    if ('reset' in turn) {
      const { position } = turn.reset;
      this.position = position;
      return this.send({ event: 'reset', id: position, data: encodeJson(turn.reset) });
    }
    const { frames, position, more } = turn.page;
    for (const frame of frames) {
      this.position = frame.id ?? this.position;
      if (!this.send(frame)) return false;
    }
    this.position = position;
    // Thousands went by untold: the place is worth telling at once.
    if (more && frames.length === 0) this.checkpoint();
    return more;
  }

  private send(frame: LiveFrame): boolean {
    this.told = frame.id ?? this.told;
    this.hasRoom = this.stream.send(frame);
    return this.hasRoom;
  }

  /** It may have ended during a wait, which a comparison with the property would not believe. */
  private hasEnded(): boolean {
    return this.isEnded;
  }
}
