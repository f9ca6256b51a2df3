/** The longest that anybody is left alone, in ms. */
const LONGEST_REST = 3_600_000;

interface Rest {
  readonly until: number;
  readonly length: number;
  /** How many messages were not sent meanwhile. */
  skipped: number;
}

/** Who is left alone, and until when. When the time is over one message is tried; should it fail, the rest doubles. */
export class Rests {
  private readonly rests = new Map<string, Rest>();

  /** Whether it rests, or nothing has succeeded there since it did. */
  has(key: string): boolean {
    return this.rests.has(key);
  }

  /** Whether it rests now; if so, one more message is counted that it does not get. */
  skips(key: string, now = Date.now()): boolean {
    const rest = this.rests.get(key);
    if (rest === undefined || now >= rest.until) return false;
    rest.skipped += 1;
    return true;
  }

  /**
   * @param length of a first rest, in ms; one that follows another is twice as long as that, up to an hour
   * @param least it is never shorter, in ms
   * @returns how long it will be, in ms; 0: it rests already
   */
  begin(key: string, length: number, least = 0, now = Date.now()): number {
    const before = this.rests.get(key);
    if (before !== undefined && now < before.until) return 0;
    const doubled = Math.min((before?.length ?? length / 2) * 2, Math.max(LONGEST_REST, length));
    const whole = Math.max(doubled, least);
    this.rests.set(key, { until: now + whole, length: doubled, skipped: before?.skipped ?? 0 });
    return whole;
  }

  /** It is well again. @returns how many messages it did not get; `undefined`: it did not rest */
  end(key: string): number | undefined {
    const skipped = this.rests.get(key)?.skipped;
    this.rests.delete(key);
    return skipped;
  }

  /** Forgets all others, so that what is remembered does not grow for ever. */
  keepOnly(keys: ReadonlySet<string>): void {
    for (const key of this.rests.keys()) if (!keys.has(key)) this.rests.delete(key);
  }
}
