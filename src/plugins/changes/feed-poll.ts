import type { ServerResponse } from 'node:http';
import { describe } from '../../changes/registered-listener.js';
import { Wakeable } from '../../changes/wakeable.js';
import type { FeedSession, Turn } from './feed-session.js';
import type { FeedFollower, FeedWatch } from './feed-watch.js';

/** A page as JSON. `event` says what is no change: `reset`, `revoked`, `gone`, `bye`. */
export function pageBody(previous: string, turn: Turn): string {
  if ('reset' in turn) {
    return JSON.stringify({
      data: [],
      position: turn.reset.position,
      previous,
      more: false,
      event: 'reset',
      reason: turn.reset.reason,
    });
  }
  if ('refused' in turn) return emptyBody(previous, previous, { event: turn.refused });
  const { frames, position, more } = turn.page;
  const rest = JSON.stringify({ position, previous, more });
  return `{"data":[${frames.map(({ data }) => data).join(',')}],${rest.slice(1)}`;
}

export function emptyBody(previous: string, position: string, more: object = {}): string {
  return JSON.stringify({ data: [], position, previous, more: false, ...more });
}

/** Whether there is something that is worth an answer before its time. */
export function hasNews(turn: Turn): boolean {
  return !('page' in turn) || turn.page.frames.length > 0 || turn.page.more;
}

/** An answer that waits for a change that its reader may see. */
export class FeedPoll implements FeedFollower {
  private readonly reading = new Wakeable(() => this.readOn());
  private readonly leave: () => void;
  private readonly timer: NodeJS.Timeout;
  private position: string;
  private isDue = false;
  private isAnswered = false;

  /** @param wait in seconds */
  constructor(
    private readonly session: FeedSession,
    private readonly response: ServerResponse,
    private readonly previous: string,
    private readonly watch: FeedWatch,
    wait: number,
  ) {
    this.position = previous;
    this.leave = session.follow(watch, this);
    this.timer = setTimeout(() => {
      this.isDue = true;
      this.wake();
    }, wait * 1000);
    response.on('close', () => this.finish());
    response.on('error', () => this.finish());
    this.wake();
  }

  wake(): void {
    this.reading.wake();
  }

  bye(reason: 'restart'): void {
    this.answer(emptyBody(this.previous, this.position, { event: 'bye', reason }));
  }

  private async readOn(): Promise<boolean> {
    try {
      const turn = await this.session.readOn({ position: this.position, told: this.previous });
      if (hasNews(turn) || this.isDue) this.answer(pageBody(this.previous, turn));
      else if ('page' in turn) this.position = turn.page.position;
    } catch (error) {
      this.watch.log.warn(`The change feed could not be read: ${describe(error)}`);
      // Nothing was missed: the client asks again from where it is.
      this.answer(emptyBody(this.previous, this.position));
    }
    return false;
  }

  private answer(body: string): void {
    if (this.isAnswered) return;
    this.finish();
    if (!this.response.destroyed) this.response.end(body, 'latin1');
  }

  private finish(): void {
    this.isAnswered = true;
    clearTimeout(this.timer);
    this.leave();
    void this.reading.close();
  }
}
