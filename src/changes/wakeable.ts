/** A loop that sleeps until it is woken, works until there is nothing left, and never runs twice at once. */
export class Wakeable {
  private running: Promise<void> | undefined;
  private wokenAgain = false;
  private endPause: (() => void) | undefined;
  private closed = false;

  /** @param work one step; answers whether another one should follow at once. Must not throw */
  constructor(private readonly work: () => Promise<boolean>) {}

  get isClosed(): boolean {
    return this.closed;
  }

  wake(): void {
    if (this.closed) return;
    this.wokenAgain = true;
    this.running ??= this.run();
  }

  /** Waits inside the work; the end cuts it short. @param ms milliseconds */
  async pause(ms: number): Promise<void> {
    if (this.closed) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.endPause = undefined;
  }

  /** Ends the pause under way, if there is one. */
  interrupt(): void {
    this.endPause?.();
  }

  /** Resolves when the loop sleeps. */
  async settled(): Promise<void> {
    while (this.running !== undefined) await this.running;
  }

  /** No step begins any more; resolves when the running one has ended. */
  async close(): Promise<void> {
    this.closed = true;
    this.endPause?.();
    await this.settled();
  }

  private async run(): Promise<void> {
    // A turn later, so that waking is cheap for whoever commits and several wakings make one round.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.wokenAgain && !this.closed) {
      this.wokenAgain = false;
      while (!this.closed && (await this.work())) {
        // Other work gets its turn between two steps.
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    this.running = undefined;
  }
}
