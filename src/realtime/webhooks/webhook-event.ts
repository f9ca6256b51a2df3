import type { ChannelEvent } from '../channel-events.js';

/** What webhooks can tell of (pusher-protocol.md, 6). */
export const WEBHOOK_EVENTS = [
  'channel_occupied',
  'channel_vacated',
  'member_added',
  'member_removed',
  'client_event',
  'cache_miss',
  'subscription_count',
] as const satisfies readonly ChannelEvent['name'][];

/** Where an app's server listens; the order of what is told is kept for each of them. */
export interface WebhookTarget {
  readonly appId: string;
  /** May hold a secret of the receiver's: not for a log. */
  readonly url: string;
}

/** The receiver as a log may name it: without path and query, where receivers like to have their tokens. */
export function shownTarget({ appId, url }: WebhookTarget): string {
  return `webhook of app ${appId} to ${new URL(url).origin}`;
}
