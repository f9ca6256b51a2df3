/** Server-made ids: eight characters, or a UUID. */
const MADE_ID = /^(?:[A-Za-z0-9][\w-]{7}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** ms; a number this near to the scenario's beginning comes from a clock, not from the request. */
const CLOCK_WINDOW = 300_000;

/**
 * What stands for what, in one scenario: the ids and timestamps that each server has made. A pair is made when both
 * appear in the same place for the first time; from then on, one must never appear without the other.
 */
export class Pairs {
  private readonly ids = new Map<string, string>();
  private readonly stamps = new Map<string, { kinto: number; kumocast: number }[]>();

  /**
   * @param name begins the names of the scenario's buckets
   * @param now ms; when it began
   */
  constructor(
    readonly name: string,
    private readonly now: number,
  ) {}

  /** Kinto's text, as kumocast should have said it. */
  translate(text: string): string {
    let translated = text;
    for (const [kinto, kumocast] of this.ids) translated = translated.replaceAll(kinto, kumocast);
    return translated;
  }

  /** @returns whether these two may be one object's ids */
  joinIds(kinto: string, kumocast: string): boolean {
    const known = this.ids.get(kinto);
    if (known !== undefined) return known === kumocast;
    if (!MADE_ID.test(kinto) || !MADE_ID.test(kumocast)) return false;
    if ([...this.ids.values()].includes(kumocast)) return false;
    this.ids.set(kinto, kumocast);
    return true;
  }

  /**
   * @param list the timestamps of different lists are not related, and may be equal on one server alone
   * @returns whether these two may be one moment, in one order with all others of the list
   */
  joinStamps(list: string, kinto: number, kumocast: number): boolean {
    if (!this.isFromClock(kinto) || !this.isFromClock(kumocast)) return kinto === kumocast;
    const known = this.stamps.get(list) ?? [];
    for (const pair of known) {
      if (Math.sign(pair.kinto - kinto) !== Math.sign(pair.kumocast - kumocast)) return false;
    }
    if (!known.some((pair) => pair.kinto === kinto)) known.push({ kinto, kumocast });
    this.stamps.set(list, known);
    return true;
  }

  isFromClock(value: number): boolean {
    return Number.isInteger(value) && Math.abs(value - this.now) < CLOCK_WINDOW;
  }
}
