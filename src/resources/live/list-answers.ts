import type { ServerResponse } from 'node:http';
import type { ByeReason } from './event-stream.js';
import type { LiveOpening, OpenedList } from './live-opening.js';
import type { LiveSink } from './live-start.js';
import type { LiveSubscription } from './live-subscription.js';
import type { Closing } from './live-transports.js';
import type { LiveSettings } from './live.settings.js';

/** An answer that goes on with its list. */
export interface ListAnswer extends LiveSink {
  /** What it is told by. */
  follow(subscription: LiveSubscription): void;
  /** Sends its reader away, to come back. */
  bye(reason: ByeReason): void;
  /** Ends before it has followed anything. */
  refuse(event: string): void;
}

/** The answers of one transport, from their beginning until their clients go, or the server ends. */
export abstract class ListAnswers implements Closing {
  private readonly answers = new Set<ListAnswer>();
  private isClosed = false;

  constructor(
    protected readonly opening: LiveOpening,
    protected readonly settings: LiveSettings,
  ) {}

  close(): void {
    this.isClosed = true;
    for (const answer of [...this.answers]) answer.bye('restart');
  }

  /** It is under way: whatever there is to say is said in it. */
  protected async begin(answer: ListAnswer, opened: OpenedList, response: ServerResponse): Promise<void> {
    // Never 429 or 503: a browser's EventSource gives up for good on any status but 200.
    if (this.isClosed) return answer.bye('restart');
    const followed = await this.opening.follow(opened, answer, response);
    if (followed === 'too_many_streams') return answer.bye(followed);
    if (followed === 'revoked') return answer.refuse(followed);
    answer.follow(followed);
    if (response.destroyed) return;
    this.answers.add(answer);
    response.on('close', () => this.answers.delete(answer));
    // The server may have ended meanwhile.
    if (this.isClosed) answer.bye('restart');
  }
}
