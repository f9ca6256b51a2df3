import { RealtimeCounters } from './counters.js';
import { textFrame } from './frame.js';
import { channelEvent } from './pusher/messages.js';

/** Where messages go: a connection, as far as the hub is concerned. */
export interface Subscriber {
  /** The socket id, unique in the process. */
  readonly id: string;
  /** Queues a complete frame; answers whether it was queued. Never throws. */
  send(frame: Buffer): boolean;
}

export interface ChannelMessage {
  readonly channel: string;
  readonly event: string;
  /** Exactly what subscribers get as `data`: text, usually JSON. */
  readonly data: string;
  /** The socket id of a connection that is left out: the one that caused the message. */
  readonly exceptSocketId?: string | undefined;
}

interface Membership {
  readonly appId: string;
  readonly channels: Set<string>;
}

/**
 * Who is subscribed to which channel of which app, and the way of a message to them.
 *
 * Order: a connection gets the messages of this process in the order they were published, whatever the channels.
 * Nothing is kept: who is not subscribed at that moment does not get the message.
 */
export class Hub {
  private readonly apps = new Map<string, Map<string, Set<Subscriber>>>();
  private readonly memberships = new Map<Subscriber, Membership>();

  constructor(readonly counters: RealtimeCounters) {}

  /** Answers false, and changes nothing, when it is subscribed already. A subscriber belongs to one app. */
  subscribe(appId: string, channel: string, subscriber: Subscriber): boolean {
    const membership = this.membershipOf(appId, subscriber);
    if (membership.channels.has(channel)) return false;
    membership.channels.add(channel);
    this.subscribersOf(appId, channel).add(subscriber);
    return true;
  }

  /** Answers false when it was not subscribed. */
  unsubscribe(channel: string, subscriber: Subscriber): boolean {
    const membership = this.memberships.get(subscriber);
    if (membership?.channels.delete(channel) !== true) return false;
    if (membership.channels.size === 0) this.memberships.delete(subscriber);
    this.forget(membership.appId, channel, subscriber);
    return true;
  }

  /** Ends all subscriptions of the connection. */
  leave(subscriber: Subscriber): void {
    const membership = this.memberships.get(subscriber);
    if (membership === undefined) return;
    this.memberships.delete(subscriber);
    for (const channel of membership.channels) this.forget(membership.appId, channel, subscriber);
  }

  isSubscribed(channel: string, subscriber: Subscriber): boolean {
    return this.memberships.get(subscriber)?.channels.has(channel) === true;
  }

  /** To how many channels the connection is subscribed. */
  countChannelsOf(subscriber: Subscriber): number {
    return this.memberships.get(subscriber)?.channels.size ?? 0;
  }

  /** How many connections are subscribed to the channel; 0 means that it is vacant. */
  countSubscribers(appId: string, channel: string): number {
    return this.apps.get(appId)?.get(channel)?.size ?? 0;
  }

  /** Whether any channel of the app has a subscriber. */
  isOccupied(appId: string): boolean {
    return (this.apps.get(appId)?.size ?? 0) > 0;
  }

  /** The names of the channels of the app that have a subscriber, in no order. */
  occupiedChannels(appId: string): string[] {
    return [...(this.apps.get(appId)?.keys() ?? [])];
  }

  /**
   * Sends the message to every subscriber of the channel. It is encoded and framed once, and only if there is
   * somebody to send it to. Answers how many connections it was queued for.
   */
  publish(appId: string, message: ChannelMessage): number {
    const subscribers = this.apps.get(appId)?.get(message.channel);
    if (subscribers === undefined) return 0;
    let frame: Buffer | undefined;
    let queued = 0;
    // A slow reader leaves the set while it is walked; a Set allows for that.
    for (const subscriber of subscribers) {
      if (subscriber.id === message.exceptSocketId) continue;
      frame ??= textFrame(channelEvent(message));
      if (subscriber.send(frame)) queued += 1;
    }
    return queued;
  }

  private membershipOf(appId: string, subscriber: Subscriber): Membership {
    let membership = this.memberships.get(subscriber);
    if (membership === undefined) {
      membership = { appId, channels: new Set() };
      this.memberships.set(subscriber, membership);
    } else if (membership.appId !== appId) {
      throw new Error('A connection belongs to one app');
    }
    return membership;
  }

  private subscribersOf(appId: string, channel: string): Set<Subscriber> {
    let channels = this.apps.get(appId);
    if (channels === undefined) this.apps.set(appId, (channels = new Map<string, Set<Subscriber>>()));
    let subscribers = channels.get(channel);
    if (subscribers === undefined) {
      channels.set(channel, (subscribers = new Set()));
      this.counters.channels += 1;
    }
    return subscribers;
  }

  private forget(appId: string, channel: string, subscriber: Subscriber): void {
    const channels = this.apps.get(appId);
    const subscribers = channels?.get(channel);
    if (channels === undefined || subscribers === undefined) return;
    subscribers.delete(subscriber);
    if (subscribers.size > 0) return;
    channels.delete(channel);
    this.counters.channels -= 1;
    if (channels.size === 0) this.apps.delete(appId);
  }
}
