/** How often somebody may do something: at most `limit` times in any second. */
export class Rate {
  /** When the last `limit` times were, in ms; the oldest is at `next`. */
  private readonly times: Float64Array;
  private next = 0;

  constructor(limit: number) {
    this.times = new Float64Array(limit).fill(-Infinity);
  }

  /** Answers whether once more is allowed at this time, in ms, and counts it if so. */
  take(now: number): boolean {
    if (now - (this.times[this.next] ?? 0) < 1000) return false;
    this.times[this.next] = now;
    this.next = (this.next + 1) % this.times.length;
    return true;
  }
}
