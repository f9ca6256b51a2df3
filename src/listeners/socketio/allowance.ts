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

/** In ms. */
const MINUTE = 60_000;

/** How many are remembered: a forgotten one may try again. */
const MOST_KNOWN = 10_000;

/** Those who are refused again and again: a page that was forgotten in some tab tries for ever. */
export class FailedTries {
  private readonly known = new Map<string, { count: number; readonly until: number }>();

  /** @param most 0: any number */
  constructor(private readonly most: number) {}

  /** @throws Refused 429 */
  ensureFew(key: string): void {
    const found = this.known.get(key);
    if (this.most === 0 || found === undefined || found.count < this.most) return;
    if (found.until > Date.now()) throw tooMany('This was refused too often; try again in a minute.');
    this.known.delete(key);
  }

  note(key: string): void {
    const found = this.known.get(key);
    if (found !== undefined && found.until > Date.now()) {
      found.count += 1;
      return;
    }
    this.known.delete(key);
    const [oldest] = this.known.keys();
    if (this.known.size >= MOST_KNOWN && oldest !== undefined) this.known.delete(oldest);
    this.known.set(key, { count: 1, until: Date.now() + MINUTE });
  }
}
