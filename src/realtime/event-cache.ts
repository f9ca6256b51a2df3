/** The last event of a channel. */
export interface CachedEvent {
  readonly event: string;
  readonly data: string;
}

interface Entry extends CachedEvent {
  readonly bytes: number;
  /** In ms of the cache's clock. */
  readonly expiresAt: number;
}

export interface EventCacheLimits {
  /** Seconds for which an event is kept. */
  readonly ttl: number;
  /** What all events together may take, names included. */
  readonly bytes: number;
}

/** What an entry costs beside its texts, roughly. */
const ENTRY_BYTES = 200;

/**
 * The last event of each cache channel of this process, whether somebody is subscribed or not. It may forget: after
 * `ttl`, and earlier the oldest events when there are too many.
 */
export class EventCache {
  // Each new event goes to the end and all live equally long, so the order of the map is the order of expiry.
  private readonly entries = new Map<string, Entry>();
  private bytes = 0;

  /** @param now the time in ms; by default a clock that no change of the system's time moves */
  constructor(
    private readonly limits: EventCacheLimits,
    private readonly now: () => number = () => performance.now(),
  ) {}

  get size(): number {
    return this.entries.size;
  }

  keep(appId: string, channel: string, { event, data }: CachedEvent): void {
    const key = keyOf(appId, channel);
    this.forget(key);
    const bytes = ENTRY_BYTES + Buffer.byteLength(key) + Buffer.byteLength(event) + Buffer.byteLength(data);
    if (bytes > this.limits.bytes) return;
    this.entries.set(key, { event, data, bytes, expiresAt: this.now() + this.limits.ttl * 1000 });
    this.bytes += bytes;
    this.makeRoom();
  }

  /** With `ttl`, the seconds it will still be kept, at least 1. */
  find(appId: string, channel: string): (CachedEvent & { readonly ttl: number }) | undefined {
    const key = keyOf(appId, channel);
    const entry = this.entries.get(key);
    if (entry === undefined) return undefined;
    const left = entry.expiresAt - this.now();
    if (left > 0) return { event: entry.event, data: entry.data, ttl: Math.ceil(left / 1000) };
    this.forget(key);
    return undefined;
  }

  private makeRoom(): void {
    const now = this.now();
    for (const [key, { expiresAt }] of this.entries) {
      if (expiresAt > now && this.bytes <= this.limits.bytes) return;
      this.forget(key);
    }
  }

  private forget(key: string): void {
    const entry = this.entries.get(key);
    if (entry === undefined) return;
    this.entries.delete(key);
    this.bytes -= entry.bytes;
  }
}

/** An app's id has no slash. */
function keyOf(appId: string, channel: string): string {
  return `${appId}/${channel}`;
}
