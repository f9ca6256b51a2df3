/** Something with frames waiting to be written. */
export interface Sender {
  flush(): void;
}

/**
 * The longest rest after a round of writing, in ms. It is what a message may wait for company, so it is short; a round
 * for a thousand sockets takes about as long.
 */
const LONGEST_REST = 10;

/** A round that took less, in ms, is followed by no rest: there is nothing to be gained. */
const SHORT_ROUND = 1;

/**
 * Writes, in one round at the end of a turn of the event loop, what was queued during it. A message to a thousand
 * connections costs one scheduled callback, and eight messages to one connection cost one system call.
 *
 * Writing is nearly all that a message to many costs, however short it is. So a round that took long is followed by a
 * rest of the same length, up to a limit: what is queued meanwhile shares the next round, and everything else the process
 * has to do gets its turn. Where little is written nothing waits.
 */
export class Outbox {
  private senders: Sender[] = [];
  private lastFrames: readonly Buffer[] = [];
  private lastJoined: Buffer | undefined;
  private restUntil = 0;
  private firstAt = 0;

  /**
   * @param now the time in ms
   * @param onRound is told of each round how long after the first message of it was queued the last one was written, in s
   */
  constructor(
    private readonly now: () => number = () => performance.now(),
    private readonly onRound: (seconds: number) => void = () => undefined,
  ) {}

  /** Has `sender.flush()` called in the next round. A sender asks once per round. */
  later(sender: Sender): void {
    if (this.senders.push(sender) === 1) this.schedule();
  }

  /**
   * The frames as one buffer. Subscribers of one channel usually wait for exactly the same frames, so the last
   * result is kept and shared: joined once, not once per socket (a third faster with 200-byte frames, and a slow
   * reader holds no copy of its own).
   */
  join(frames: readonly Buffer[]): Buffer {
    const [first] = frames;
    if (first !== undefined && frames.length === 1) return first;
    if (this.lastJoined === undefined || !areSame(frames, this.lastFrames)) {
      this.lastJoined = Buffer.concat(frames);
      this.lastFrames = frames;
    }
    return this.lastJoined;
  }

  private schedule(): void {
    this.firstAt = this.now();
    const rest = this.restUntil - this.firstAt;
    if (rest > 0) setTimeout(() => this.flush(), rest);
    else setImmediate(() => this.flush());
  }

  private flush(): void {
    const start = this.now();
    const { firstAt } = this;
    const senders = this.senders;
    this.senders = [];
    for (const sender of senders) sender.flush();
    this.lastFrames = [];
    this.lastJoined = undefined;
    const end = this.now();
    const took = end - start;
    this.onRound((end - firstAt) / 1000);
    this.restUntil = took < SHORT_ROUND ? 0 : end + Math.min(took, LONGEST_REST);
  }
}

function areSame(a: readonly Buffer[], b: readonly Buffer[]): boolean {
  return a.length === b.length && a.every((frame, index) => frame === b[index]);
}
