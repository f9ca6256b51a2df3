import type { ClosableCache } from './cache.js';

interface Entry {
  readonly value: string;
  /** ms since the epoch. */
  readonly expiresAt: number;
}

/** A cache inside the process, bounded: when it is full, what was set, or counted, longest ago goes. */
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
    this.put(key, { value, expiresAt: this.now() + ttl });
  }

  /** Nothing is awaited between finding and deleting, or two callers could both get the value. */
  async take(key: string): Promise<string | undefined> {
    const entry = this.find(key);
    if (entry !== undefined) this.delete(key, entry);
    return entry?.value;
  }

  /** Nothing is awaited here either, or two callers could get the same number. */
  async count(key: string, ttl: number): Promise<number> {
    const window = this.find(key);
    const count = Number(window?.value ?? 0) + 1;
    this.put(key, { value: String(count), expiresAt: window?.expiresAt ?? this.now() + ttl });
    return count;
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

  private put(key: string, entry: Entry): void {
    const known = this.entries.get(key);
    if (known !== undefined) this.delete(key, known);
    const weight = this.weigh(key, entry.value);
    // Otherwise everything else would make room for what then has none itself.
    if (weight > this.maxSize) return;
    this.entries.set(key, entry);
    this.size += weight;
    while (this.size > this.maxSize) {
      // A Map keeps the order of insertion: the first key is the oldest.
      const [oldest, its] = this.entries.entries().next().value!;
      this.delete(oldest, its);
    }
  }

  private delete(key: string, { value }: Entry): void {
    this.entries.delete(key);
    this.size -= this.weigh(key, value);
  }
}

function bytesOf(key: string, value: string): number {
  return Buffer.byteLength(key) + Buffer.byteLength(value);
}
