import type { ChannelEvent } from '../channel-events.js';
import type { WebhookSettings } from './webhooks.settings.js';

interface OpenBatch {
  readonly events: string[];
  bytes: number;
  readonly timer: NodeJS.Timeout;
}

/** The body of one webhook (pusher-protocol.md, 6). */
export interface Batch {
  readonly appId: string;
  readonly body: string;
  readonly createdAt: number;
}

type Limits = Pick<WebhookSettings, 'batchWindow' | 'maxBatch' | 'maxBatchBytes'>;

/** Gathers each app's events, in their order, into the bodies of webhooks. */
export class EventBatches {
  private readonly open = new Map<string, OpenBatch>();

  /** @param finish takes a batch to which nothing is added any more; an app's batches come in order */
  constructor(
    private readonly limits: Limits,
    private readonly finish: (batch: Batch) => void,
  ) {}

  add(appId: string, event: ChannelEvent): void {
    const text = JSON.stringify(event);
    const bytes = Buffer.byteLength(text) + 1;
    const batch = this.open.get(appId);
    if (batch !== undefined && batch.bytes + bytes > this.limits.maxBatchBytes) this.close(appId);
    const { events } = this.openFor(appId, bytes);
    events.push(text);
    if (events.length >= this.limits.maxBatch || this.limits.batchWindow === 0) this.close(appId);
  }

  /** Finishes every batch. */
  flush(): void {
    for (const appId of [...this.open.keys()]) this.close(appId);
  }

  private openFor(appId: string, bytes: number): OpenBatch {
    let batch = this.open.get(appId);
    if (batch === undefined) {
      const timer = setTimeout(() => this.close(appId), this.limits.batchWindow);
      this.open.set(appId, (batch = { events: [], bytes: ENVELOPE_BYTES, timer }));
    }
    batch.bytes += bytes;
    return batch;
  }

  private close(appId: string): void {
    const batch = this.open.get(appId);
    if (batch === undefined) return;
    this.open.delete(appId);
    clearTimeout(batch.timer);
    const createdAt = Date.now();
    this.finish({ appId, createdAt, body: `{"time_ms":${createdAt},"events":[${batch.events.join(',')}]}` });
  }
}

/** What is around the events. */
const ENVELOPE_BYTES = '{"time_ms":1327078148132,"events":[]}'.length;
