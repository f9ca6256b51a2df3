/** How long deliveries wait for a listener, all in ms. A parameter, so that tests need not be as patient. */
export interface Patience {
  /** After the first failure; doubled with each further one. */
  readonly firstWait: number;
  /** The longest wait between two tries: what a repaired listener has to wait for at most. */
  readonly longestWait: number;
  /** How long one try may take. What hangs for longer has failed: nothing else would ever move it on. */
  readonly tryTimeout: number;
  /** How long the end waits for a try under way, and for the listener's own end; containers are killed after 10 s. */
  readonly closeGrace: number;
}

export const PATIENCE: Patience = {
  firstWait: 500,
  longestWait: 60_000,
  tryTimeout: 30_000,
  closeGrace: 5_000,
};

/** Waits that grow with each failure in a row. */
export class Backoff {
  private longest: number;

  constructor(private readonly patience: Pick<Patience, 'firstWait' | 'longestWait'>) {
    this.longest = patience.firstWait;
  }

  /** The next wait in ms: cut by up to a quarter at random, so that what failed together does not return together. */
  next(): number {
    const wait = Math.round(this.longest * (1 - Math.random() / 4));
    this.longest = Math.min(this.longest * 2, this.patience.longestWait);
    return wait;
  }

  /** It worked: the next failure is a first one. */
  reset(): void {
    this.longest = this.patience.firstWait;
  }
}
