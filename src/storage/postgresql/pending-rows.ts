interface PendingRow {
  readonly key: string;
  readonly json: string;
}

/**
 * Rows of one table that wait to be sent, in order. Places count from the beginning of the transaction, so that they stay
 * what they are when rows before them are sent.
 */
export class PendingRows {
  private rows: PendingRow[] = [];
  private readonly keys = new Map<string, number>();
  private sent = 0;
  private characters = 0;

  /**
   * @param key what others ask for when they ask for the row
   * @param json the row, or several with commas between them
   */
  add(key: string, json: string): void {
    this.rows.push({ key, json });
    this.characters += json.length;
    this.keys.set(key, (this.keys.get(key) ?? 0) + 1);
  }

  get count(): number {
    return this.rows.length;
  }

  /** In characters. */
  get length(): number {
    return this.characters;
  }

  /** Behind the last of them. */
  get end(): number {
    return this.sent + this.rows.length;
  }

  /** Up to which place they have been sent. */
  get sentTo(): number {
    return this.sent;
  }

  has(key: string): boolean {
    return this.keys.has(key);
  }

  /** Takes those before the place out, to send them. */
  take(place: number): string[] {
    const taken = this.rows.splice(0, Math.max(0, place - this.sent));
    this.sent += taken.length;
    this.forget(taken);
    return taken.map(({ json }) => json);
  }

  /** Drops those from the place on. */
  drop(place: number): void {
    this.forget(this.rows.splice(Math.max(0, place - this.sent)));
  }

  private forget(rows: readonly PendingRow[]): void {
    for (const { key, json } of rows) {
      this.characters -= json.length;
      const others = (this.keys.get(key) ?? 0) - 1;
      if (others > 0) this.keys.set(key, others);
      else this.keys.delete(key);
    }
  }
}
