import type { Cache } from './cache.js';

interface Entry {
  readonly value: string;
  /** ms since the epoch. */
  readonly expiresAt: number;
}

/** A cache inside the process, bounded: when it is full, what was set longest ago goes. */
export class MemoryCache implements Cache {
  private readonly entries = new Map<string, Entry>();
  private size = 0;

  /**
   * @param maxSize in characters of keys and values together
   * @param now the clock, in ms since the epoch
   */
  constructor(
    private readonly maxSize: number,
    private readonly now: () => number = Date.now,
  ) {}

  async get(key: string): Promise<string | undefined> {
    const entry = this.entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.expiresAt > this.now()) return entry.value;
    this.delete(key, entry);
    return undefined;
  }

  async set(key: string, value: string, ttl: number): Promise<void> {
    const known = this.entries.get(key);
    if (known !== undefined) this.delete(key, known);
    this.entries.set(key, { value, expiresAt: this.now() + ttl });
    this.size += key.length + value.length;
    while (this.size > this.maxSize) {
      // A Map keeps the order of insertion: the first key is the oldest.
      const [oldest, entry] = this.entries.entries().next().value!;
      this.delete(oldest, entry);
    }
  }

  async take(key: string): Promise<string | undefined> {
    const value = await this.get(key);
    const entry = this.entries.get(key);
    if (entry !== undefined) this.delete(key, entry);
    return value;
  }

  async flush(): Promise<void> {
    this.entries.clear();
    this.size = 0;
  }

  private delete(key: string, { value }: Entry): void {
    this.entries.delete(key);
    this.size -= key.length + value.length;
  }
}
