import { tooMany } from './refused.js';

/** How much one socket may ask for: a bucket of tokens that fills by the clock. */
export class Allowance {
  private readonly most: number;
  private tokens: number;
  private filledAt = performance.now();
  private inFlight = 0;

  constructor(
    private readonly perSecond: number,
    private readonly mostInFlight: number,
  ) {
    this.most = perSecond * 2;
    this.tokens = this.most;
  }

  /** @throws Refused 429 without having begun */
  begin(): void {
    const now = performance.now();
    this.tokens = Math.min(this.most, this.tokens + ((now - this.filledAt) / 1000) * this.perSecond);
    this.filledAt = now;
    if (this.tokens < 1) throw tooMany(`At most ${this.perSecond} commands a second are carried out.`);
    if (this.inFlight >= this.mostInFlight) {
      throw tooMany(`At most ${this.mostInFlight} commands are carried out at a time.`);
    }
    this.tokens -= 1;
    this.inFlight += 1;
  }

  end(): void {
    this.inFlight -= 1;
  }
}
