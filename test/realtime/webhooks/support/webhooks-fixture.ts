import { OutgoingClient } from '../../../../src/outgoing/outgoing-client.js';
import { ChannelApp } from '../../../../src/realtime/channel-app.js';
import { ChannelEvents, type ChannelEvent } from '../../../../src/realtime/channel-events.js';
import { ChannelWebhooks, type AppWebhooks } from '../../../../src/realtime/webhooks/channel-webhooks.js';
import { MemoryWebhookQueue } from '../../../../src/realtime/webhooks/memory-webhook-queue.js';
import type { CourierTurn } from '../../../../src/realtime/webhooks/webhook-courier.js';
import { WEBHOOK_EVENTS } from '../../../../src/realtime/webhooks/webhook-event.js';
import type { WebhookQueue } from '../../../../src/realtime/webhooks/webhook-queue.js';
import { WebhookSettings } from '../../../../src/realtime/webhooks/webhooks.settings.js';
import { readSettings, SettingSource } from '../../../../src/settings/settings.js';
import { RecordingLog } from '../../../support/recording-log.js';

export const APP = new ChannelApp({ id: '1', key: 'one-key', secret: 'one-secret' });
export const OTHER_APP = new ChannelApp({ id: '2', key: 'two-key', secret: 'two-secret' });

export function webhookSettings(changes: Partial<WebhookSettings> = {}): WebhookSettings {
  const defaults = readSettings(WebhookSettings, SettingSource.fromText('[app:main]'));
  return Object.assign(new WebhookSettings(), defaults, { batchWindow: 5, leaveDelay: 30, timeout: 1000 }, changes);
}

export function appWebhooks(
  app: ChannelApp,
  urls: readonly string[],
  events: readonly ChannelEvent['name'][] = WEBHOOK_EVENTS,
): AppWebhooks {
  return { app, urls, events: new Set(events) };
}

export interface Fixture {
  readonly events: ChannelEvents;
  readonly webhooks: ChannelWebhooks;
  readonly log: RecordingLog;
}

/** Webhooks in a hurry: real requests, short waits. */
export async function openWebhooks(
  apps: readonly AppWebhooks[],
  {
    queue = new MemoryWebhookQueue(),
    turn,
    ...changes
  }: Partial<WebhookSettings> & { queue?: WebhookQueue; turn?: CourierTurn } = {},
): Promise<Fixture> {
  const log = new RecordingLog();
  const events = new ChannelEvents();
  const webhooks = new ChannelWebhooks({
    ...{ apps, queue, log },
    ...(turn === undefined ? {} : { turn }),
    settings: webhookSettings(changes),
    transport: new OutgoingClient({ allowPrivateAddresses: true, maxResponseBytes: 1024, connections: 4 }),
    waits: { firstWait: 10, longestWait: 40, closeGrace: 500 },
  });
  await webhooks.open(events);
  return { events, webhooks, log };
}
