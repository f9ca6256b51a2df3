import { Injectable } from '@nestjs/common';
import type { JsonObject } from '../../wire/json.js';
import type { ChannelApp } from '../channel-app.js';
import { ChannelEvents } from '../channel-events.js';
import { EventCache } from '../event-cache.js';
import { textFrame } from '../frame.js';
import { Hub, type Subscriber } from '../hub.js';
import { Presence, type Member } from '../presence.js';
import { RealtimeSettings } from '../realtime.settings.js';
import { isCache, isPresence } from './channel-name.js';
import {
  cacheMiss,
  channelEvent,
  memberAdded,
  memberRemoved,
  subscriptionSucceeded,
  type SubscriptionRefusal,
} from './messages.js';
import { SubscriptionCounts } from './subscription-counts.js';

/** What coming to a channel and going from it means to the one who does, to the others there, and to those who watch. */
@Injectable()
export class Channels {
  constructor(
    private readonly hub: Hub,
    private readonly presence: Presence,
    private readonly cache: EventCache,
    private readonly counts: SubscriptionCounts,
    private readonly events: ChannelEvents,
    private readonly settings: RealtimeSettings,
  ) {}

  /**
   * Subscribes a connection that was admitted and is not subscribed yet. It is told of its success first, then of the
   * channel's last event, then of the number of subscribers (pusher-protocol.md, 2.3); others of a new member.
   *
   * @param member who it is; given on presence channels
   * @param data what goes out with the success; on presence channels that is who is there
   * @returns why there is no room for it, and then nothing has changed
   */
  join(
    app: ChannelApp,
    channel: string,
    connection: Subscriber,
    member?: Member,
    data: JsonObject = {},
  ): SubscriptionRefusal | undefined {
    const refusal = this.whyNoRoom(app, channel, connection, member);
    if (refusal !== undefined) return refusal;
    this.hub.subscribe(app.id, channel, connection);
    if (member !== undefined && isPresence(channel)) {
      const isNew = this.presence.join(app.id, channel, connection, member);
      // First the others: too slow a reader ends at its own success, and others must not hear of its end before.
      if (isNew) this.announce(app.id, channel, connection, member);
      this.say(connection, subscriptionSucceeded(channel, this.presence.describe(app.id, channel)));
    } else {
      this.say(connection, subscriptionSucceeded(channel, JSON.stringify(data)));
    }
    if (isCache(channel)) this.serveLast(app.id, channel, connection);
    this.counts.noteChange(app, channel);
    return undefined;
  }

  /** Ends a subscription without a word to the one who had it. Answers false when there was none. */
  part(app: ChannelApp, channel: string, connection: Subscriber): boolean {
    if (!this.hub.isSubscribed(channel, connection)) return false;
    if (isPresence(channel)) this.endMembership(app.id, channel, connection);
    this.hub.unsubscribe(channel, connection);
    this.counts.noteChange(app, channel);
    return true;
  }

  /**
   * Ends all subscriptions of a connection that is gone. On presence channels its user may come back unnoticed for a while
   * (pusher-protocol.md, 3.4): pages are loaded again, and networks are changed.
   */
  leave(app: ChannelApp, connection: Subscriber): void {
    const delay = this.settings.memberRemovedDelay * 1000;
    for (const channel of this.hub.channelsOf(connection)) {
      if (delay > 0 && isPresence(channel)) this.keepPlace(app, channel, connection, delay);
      else this.part(app, channel, connection);
    }
  }

  private keepPlace(app: ChannelApp, channel: string, connection: Subscriber, delay: number): void {
    this.hub.unsubscribe(channel, connection);
    const end = () => this.endMembership(app.id, channel, connection);
    // Where nobody is left there is nobody to keep it from.
    if (this.hub.countSubscribers(app.id, channel) === 0) end();
    else setTimeout(end, delay).unref();
  }

  private endMembership(appId: string, channel: string, connection: Subscriber): void {
    const goneUser = this.presence.leave(appId, channel, connection);
    if (goneUser === undefined) return;
    this.hub.relay(appId, channel, memberRemoved(channel, goneUser), connection.id);
    this.events.tell(appId, { name: 'member_removed', channel, user_id: goneUser });
  }

  private whyNoRoom(
    app: ChannelApp,
    channel: string,
    connection: Subscriber,
    member: Member | undefined,
  ): SubscriptionRefusal | undefined {
    const { maxSubscriptionsPerConnection, maxPresenceMembers } = this.settings;
    if (this.hub.countChannelsOf(connection) >= maxSubscriptionsPerConnection) {
      const error = `A connection may subscribe to ${maxSubscriptionsPerConnection} channels.`;
      return { type: 'LimitReached', error, status: 4100 };
    }
    if (member === undefined || this.presence.hasRoomFor(app.id, channel, member.userId, maxPresenceMembers)) {
      return undefined;
    }
    return {
      type: 'LimitReached',
      error: `A presence channel has room for ${maxPresenceMembers} users.`,
      status: 4100,
    };
  }

  private announce(appId: string, channel: string, connection: Subscriber, { userId, info }: Member): void {
    this.hub.relay(appId, channel, memberAdded(channel, userId, info), connection.id);
    this.events.tell(appId, { name: 'member_added', channel, user_id: userId });
  }

  private serveLast(appId: string, channel: string, connection: Subscriber): void {
    const last = this.cache.find(appId, channel);
    if (last !== undefined) {
      this.say(connection, channelEvent({ event: last.event, channel, data: last.data }));
    } else {
      this.say(connection, cacheMiss(channel));
      this.events.tell(appId, { name: 'cache_miss', channel });
    }
  }

  private say(connection: Subscriber, text: string): void {
    connection.send(textFrame(text));
  }
}
