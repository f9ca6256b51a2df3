import type { ChannelApp } from '../channel-app.js';
import type { ChannelEvent, ChannelEvents } from '../channel-events.js';
import { Departures } from './departures.js';
import { EventBatches, type Batch } from './event-batches.js';
import { WebhookCounters } from './webhook-counters.js';
import { WebhookCourier, type CourierLog, type CourierParts, type CourierTurn } from './webhook-courier.js';
import { shownTarget, type WebhookTarget } from './webhook-event.js';
import { WebhookIntake } from './webhook-intake.js';
import type { WebhookTransport } from './webhook-post.js';
import type { NewWebhook, WebhookQueue } from './webhook-queue.js';
import type { WebhookSettings } from './webhooks.settings.js';

/** Where an app's own server wants to be told, and of what. */
export interface AppWebhooks {
  readonly app: ChannelApp;
  readonly urls: readonly string[];
  readonly events: ReadonlySet<ChannelEvent['name']>;
}

/** How long is waited, in ms. A parameter, so that tests need not be as patient. */
export const WEBHOOK_WAITS = { firstWait: 1000, longestWait: 60_000, closeGrace: 3000 };

export interface ChannelWebhooksOptions {
  readonly apps: readonly AppWebhooks[];
  readonly queue: WebhookQueue;
  readonly transport: WebhookTransport;
  readonly settings: WebhookSettings;
  readonly log: CourierLog;
  readonly waits?: typeof WEBHOOK_WAITS;
  /** Whose turn it is to deliver, where several processes share the queue. Without it, it is always this one's. */
  readonly turn?: CourierTurn;
}

/**
 * Tells apps' own servers what happens to their channels (pusher-protocol.md, 6).
 *
 * Promises: what is in the queue is delivered at least once, each URL of each app in the order it happened, until it
 * is too old or one too many; each such drop is logged and counted. Nothing is sent that is not in the queue. What
 * lies in an open batch, or is held back because somebody may come back, is lost when the process dies.
 */
export class ChannelWebhooks {
  readonly counters = new WebhookCounters();
  private readonly wanted: ReadonlyMap<string, AppWebhooks['events']>;
  private readonly waits: typeof WEBHOOK_WAITS;
  private readonly departures: Departures;
  private readonly batches: EventBatches;
  private readonly intake: WebhookIntake;
  private readonly couriers = new Map<string, readonly WebhookCourier[]>();

  constructor(private readonly options: ChannelWebhooksOptions) {
    const { apps, queue, transport, settings, log } = options;
    this.waits = options.waits ?? WEBHOOK_WAITS;
    const { counters, waits } = this;
    const turn = options.turn ?? { isOurs: true };
    const parts: CourierParts = { queue, transport, settings, log, counters, waits, turn };
    this.wanted = new Map(apps.map(({ app, events }) => [app.id, events]));
    for (const { app, urls } of apps) {
      const couriers = [...new Set(urls)].map((url) => new WebhookCourier(app, { appId: app.id, url }, parts));
      if (couriers.length > 0) this.couriers.set(app.id, couriers);
    }
    const targets = this.allCouriers().length;
    this.departures = new Departures(settings.leaveDelay, (appId, event) => this.tell(appId, event));
    this.batches = new EventBatches(settings, (batch) => this.queueBatch(batch));
    this.intake = new WebhookIntake(parts, settings.maxWaiting * targets, (webhooks) => this.deliver(webhooks));
  }

  /** Goes on with what waits in the queue, if it is this process's turn, and watches from now on. */
  async open(events: ChannelEvents): Promise<void> {
    events.webhooks = this.counters;
    if (this.options.turn === undefined) await this.beginTurn();
    if (this.couriers.size === 0) return;
    events.watch((appId, event) => {
      // The channel of a signed-in user is the server's own affair, and its name is somebody's id.
      if (this.couriers.has(appId) && !event.channel.startsWith('#')) this.departures.hear(appId, event);
    });
  }

  /** It is this process's turn: it goes on with what waits in the queue. */
  async beginTurn(): Promise<void> {
    await this.dropUnknown();
    for (const courier of this.allCouriers()) courier.beginTurn();
  }

  private async dropUnknown(): Promise<void> {
    const { queue, log } = this.options;
    try {
      const dropped = await queue.keepOnly(this.allCouriers().map(({ target }) => target));
      this.counters.dropped += dropped;
      if (dropped > 0) log.error(`Webhooks: ${dropped} dropped, their app or URL is not in the settings any more`);
    } catch (error) {
      log.warn(`Webhooks for URLs that are not in the settings any more could not be dropped yet: ${String(error)}`);
    }
  }

  /** It is another process's turn: what is under way ends now. */
  endTurn(): void {
    for (const courier of this.allCouriers()) courier.endTurn();
  }

  /** Another process may have put something into the queue. */
  look(): void {
    for (const courier of this.allCouriers()) courier.wake();
  }

  /** Queues all there is to tell, delivers what can be delivered in a moment, and leaves the rest in the queue. */
  async close(): Promise<void> {
    this.departures.flush();
    this.batches.flush();
    await this.intake.close();
    await Promise.all(this.allCouriers().map((courier) => courier.close(this.waits.closeGrace)));
    await this.options.transport.close();
  }

  /** Chosen only here: somebody's return cancels their leaving also where returns are not told of. */
  private tell(appId: string, event: ChannelEvent): void {
    if (this.wanted.get(appId)?.has(event.name) === true) this.batches.add(appId, event);
  }

  private queueBatch({ appId, body, createdAt }: Batch): void {
    const couriers = this.couriers.get(appId) ?? [];
    this.intake.add(couriers.map(({ target }) => ({ target, body, createdAt })));
  }

  private async deliver(webhooks: readonly NewWebhook[]): Promise<void> {
    const told = new Set(webhooks.map(({ target }) => target));
    for (const courier of this.allCouriers()) {
      if (!told.has(courier.target)) continue;
      courier.wake();
      await this.dropExcess(courier.target);
    }
  }

  private async dropExcess(target: WebhookTarget): Promise<void> {
    const { queue, settings, log } = this.options;
    try {
      const dropped = await queue.dropExcess(target, settings.maxWaiting);
      if (dropped === 0) return;
      this.counters.dropped += dropped;
      log.error(`The ${shownTarget(target)}: ${dropped} dropped, more than ${settings.maxWaiting} waited`);
    } catch (error) {
      log.warn(`The ${shownTarget(target)}: what is too much could not be dropped yet: ${String(error)}`);
    }
  }

  private allCouriers(): WebhookCourier[] {
    return [...this.couriers.values()].flat();
  }
}
