import type { Logger } from '@nestjs/common';
import type { Storage } from '../../storage/storage.js';

/** Somebody who follows the log. */
export interface FeedFollower {
  /** There may be something new, or somebody may be another by now. */
  wake(): void;
  /** Sends its reader away, to come back to the server that is started next. */
  bye(reason: 'restart'): void;
}

/** Everybody in this process who follows the log over HTTP. */
export class FeedWatch {
  private readonly followers = new Set<FeedFollower>();
  private sweep: NodeJS.Timeout | undefined;
  private isOver = false;

  /** @param sweepSeconds how often everybody looks again, for what no change tells */
  constructor(
    storage: Storage,
    private readonly sweepSeconds: number,
    readonly log: Pick<Logger, 'warn'>,
  ) {
    storage.onCommit(() => this.wakeAll());
  }

  /** Whether nobody is told anything any more. */
  get isClosed(): boolean {
    return this.isOver;
  }

  /** @returns what ends it */
  add(follower: FeedFollower): () => void {
    this.followers.add(follower);
    this.sweep ??= setInterval(() => this.wakeAll(), this.sweepSeconds * 1000).unref();
    return () => this.followers.delete(follower);
  }

  close(): void {
    this.isOver = true;
    clearInterval(this.sweep);
    for (const follower of [...this.followers]) follower.bye('restart');
  }

  private wakeAll(): void {
    for (const follower of this.followers) follower.wake();
  }
}
