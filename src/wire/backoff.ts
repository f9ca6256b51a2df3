/** Waits between tries, in ms. */
export interface Waits {
  /** After the first failure; doubled with each further one. */
  readonly firstWait: number;
  /** The longest wait between two tries: what a repaired receiver has to wait for at most. */
  readonly longestWait: number;
}

/** Waits that grow with each failure in a row. */
export class Backoff {
  private longest: number;

  constructor(private readonly waits: Waits) {
    this.longest = waits.firstWait;
  }

  /** The next wait in ms: cut by up to a quarter at random, so that what failed together does not return together. */
  next(): number {
    const wait = Math.round(this.longest * (1 - Math.random() / 4));
    this.longest = Math.min(this.longest * 2, this.waits.longestWait);
    return wait;
  }

  /** It worked: the next failure is a first one. */
  reset(): void {
    this.longest = this.waits.firstWait;
  }
}
