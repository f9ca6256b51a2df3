import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { ChannelEvents } from '../channel-events.js';
import type { ChannelApp } from '../channel-app.js';
import { Hub } from '../hub.js';
import { Elsewhere } from '../nodes/elsewhere.js';
import { RealtimeSettings } from '../realtime.settings.js';
import { isPresence, isUser } from './channel-name.js';
import { subscriptionCount } from './messages.js';

/** Up to so many subscribers every change is told at once; above, a rush of them would cost its square in messages. */
const TOLD_AT_ONCE = 100;

interface Pause {
  readonly timer: NodeJS.Timeout;
  hasChanged: boolean;
}

/**
 * Tells the subscribers of a channel how many they are, for apps that want it (pusher-protocol.md, 3.9). Members of
 * presence channels know already.
 */
@Injectable()
export class SubscriptionCounts implements BeforeApplicationShutdown {
  private readonly pauses = new Map<string, Pause>();

  constructor(
    private readonly hub: Hub,
    private readonly events: ChannelEvents,
    private readonly settings: RealtimeSettings,
    private readonly elsewhere: Elsewhere,
  ) {}

  /** Somebody has subscribed or unsubscribed, on this server or another. */
  noteChange(app: ChannelApp, channel: string): void {
    if (!app.options.subscriptionCount || isPresence(channel) || isUser(channel)) return;
    const pause = this.pauses.get(keyOf(app.id, channel));
    if (pause === undefined) {
      this.tell(app.id, channel);
    } else if (this.count(app.id, channel) > TOLD_AT_ONCE) {
      pause.hasChanged = true;
    } else {
      pause.hasChanged = false;
      this.tell(app.id, channel);
    }
  }

  beforeApplicationShutdown(): void {
    for (const { timer } of this.pauses.values()) clearTimeout(timer);
    this.pauses.clear();
  }

  private tell(appId: string, channel: string): void {
    const count = this.count(appId, channel);
    this.hub.relay(appId, channel, subscriptionCount(channel, count));
    this.events.tell(appId, { name: 'subscription_count', channel, subscription_count: count });
    if (count > TOLD_AT_ONCE) this.startPause(appId, channel);
  }

  private count(appId: string, channel: string): number {
    return this.hub.countSubscribers(appId, channel) + this.elsewhere.countSubscribers(appId, channel);
  }

  private startPause(appId: string, channel: string): void {
    const key = keyOf(appId, channel);
    if (this.pauses.has(key)) return;
    const end = () => {
      const hasChanged = this.pauses.get(key)?.hasChanged === true;
      this.pauses.delete(key);
      if (hasChanged) this.tell(appId, channel);
    };
    const timer = setTimeout(end, this.settings.subscriptionCountInterval * 1000).unref();
    this.pauses.set(key, { timer, hasChanged: false });
  }
}

/** An app's id has no slash. */
function keyOf(appId: string, channel: string): string {
  return `${appId}/${channel}`;
}
