import type { ClosableCache } from './cache.js';

interface Entry {
  readonly value: string;
  /** ms since the epoch. */
  readonly expiresAt: number;
}

/** A cache inside the process, bounded: when it is full, what was set longest ago goes. */
export class MemoryCache implements ClosableCache {
  private readonly entries = new Map<string, Entry>();
  private size = 0;

  /**
   * @param maxSize in bytes of keys and values together, unless `weigh` says otherwise
   * @param now the clock, in ms since the epoch
   * @param weigh how much of that size an entry takes
   */
  constructor(
    private readonly maxSize: number,
    private readonly now: () => number = Date.now,
    private readonly weigh: (key: string, value: string) => number = bytesOf,
  ) {}

  async get(key: string): Promise<string | undefined> {
    return this.find(key)?.value;
  }

  async set(key: string, value: string, ttl: number): Promise<void> {
    const known = this.entries.get(key);
    if (known !== undefined) this.delete(key, known);
    // Otherwise everything else would make room for what then has none itself.
    if (this.weigh(key, value) > this.maxSize) return;
    this.entries.set(key, { value, expiresAt: this.now() + ttl });
    this.size += this.weigh(key, value);
    while (this.size > this.maxSize) {
      // A Map keeps the order of insertion: the first key is the oldest.
      const [oldest, entry] = this.entries.entries().next().value!;
      this.delete(oldest, entry);
    }
  }

  /** Nothing is awaited between finding and deleting, or two callers could both get the value. */
  async take(key: string): Promise<string | undefined> {
    const entry = this.find(key);
    if (entry !== undefined) this.delete(key, entry);
    return entry?.value;
  }

  async flush(): Promise<void> {
    this.entries.clear();
    this.size = 0;
  }

  async close(): Promise<void> {
    await this.flush();
  }

  private find(key: string): Entry | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined || entry.expiresAt > this.now()) return entry;
    this.delete(key, entry);
    return undefined;
  }

  private delete(key: string, { value }: Entry): void {
    this.entries.delete(key);
    this.size -= this.weigh(key, value);
  }
}

function bytesOf(key: string, value: string): number {
  return Buffer.byteLength(key) + Buffer.byteLength(value);
}
