import type { ChannelEvents } from './channel-events.js';
import { RealtimeCounters } from './counters.js';
import type { EventCache } from './event-cache.js';
import { textFrame } from './frame.js';
import { isCache, isUser } from './pusher/channel-name.js';
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

/** Who else is told by the hub. */
export interface HubCompanions {
  /** Hears of channels that become occupied and vacant. */
  readonly events?: Pick<ChannelEvents, 'isWatched' | 'tell'>;
  /** Keeps the last message of each cache channel. */
  readonly cache?: EventCache;
  /** Hears of each channel whose number of subscribers is another one. */
  readonly onCount?: (appId: string, channel: string) => void;
}

interface Membership {
  readonly appId: string;
  readonly channels: Set<string>;
}

/**
 * Who is subscribed to which channel of which app, and the way of a message to them.
 *
 * Order: a connection gets the messages of this process in the order they were published, whatever the channels.
 * Who is not subscribed at that moment does not get the message; only cache channels keep their last one for later.
 *
 * It knows the connections of this process only. What crosses processes is what goes through `publish` and `relay`.
 */
export class Hub {
  private readonly apps = new Map<string, Map<string, Set<Subscriber>>>();
  private readonly memberships = new Map<Subscriber, Membership>();

  constructor(
    readonly counters: RealtimeCounters,
    private readonly companions: HubCompanions = {},
  ) {}

  /** Answers false, and changes nothing, when it is subscribed already. A subscriber belongs to one app. */
  subscribe(appId: string, channel: string, subscriber: Subscriber): boolean {
    const membership = this.membershipOf(appId, subscriber);
    if (membership.channels.has(channel)) return false;
    membership.channels.add(channel);
    const subscribers = this.subscribersOf(appId, channel);
    subscribers.add(subscriber);
    this.companions.onCount?.(appId, channel);
    if (subscribers.size === 1) this.tell(appId, 'channel_occupied', channel);
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

  /** The channels the connection is subscribed to, in the order of subscribing. */
  channelsOf(subscriber: Subscriber): string[] {
    return [...(this.memberships.get(subscriber)?.channels ?? [])];
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

  /** The apps that have a channel with a subscriber, in no order. */
  appIds(): string[] {
    return [...this.apps.keys()];
  }

  /** The names of the channels of the app that have a subscriber, in no order. */
  occupiedChannels(appId: string): string[] {
    return [...(this.apps.get(appId)?.keys() ?? [])];
  }

  /**
   * Sends the message to every subscriber of the channel. It is encoded and framed once, and only if there is
   * somebody to send it to. Answers how many connections it was queued for.
   *
   * On a cache channel it is also kept for those who subscribe later, whether somebody is subscribed now or not.
   */
  publish(appId: string, message: ChannelMessage): number {
    const { channel, exceptSocketId } = message;
    if (this.companions.cache !== undefined && isCache(channel)) this.companions.cache.keep(appId, channel, message);
    return this.deliver(appId, channel, () => channelEvent(message), exceptSocketId);
  }

  /**
   * Sends each subscriber of the channel what is for it: any number of messages, in their order. A message that is for
   * several of them, the very same object, is encoded and framed once. Nothing of it is kept for those who come later,
   * on cache channels neither: who they will be is not known. Answers how many messages were queued.
   */
  publishEach(
    appId: string,
    channel: string,
    messagesFor: (socketId: string) => readonly Omit<ChannelMessage, 'channel'>[],
  ): number {
    const frames = new Map<object, Buffer>();
    let queued = 0;
    for (const subscriber of this.apps.get(appId)?.get(channel) ?? []) {
      for (const message of messagesFor(subscriber.id)) {
        let frame = frames.get(message);
        if (frame === undefined) {
          frames.set(message, (frame = textFrame(channelEvent({ ...message, channel }))));
        }
        if (subscriber.send(frame)) queued += 1;
      }
    }
    return queued;
  }

  /** The socket ids of those who are subscribed to the channel. */
  subscribersTo(appId: string, channel: string): string[] {
    return Array.from(this.apps.get(appId)?.get(channel) ?? [], ({ id }) => id);
  }

  /** The one of that socket id, if it is subscribed to the channel. */
  findSubscriber(appId: string, channel: string, socketId: string): Subscriber | undefined {
    for (const subscriber of this.apps.get(appId)?.get(channel) ?? [])
      if (subscriber.id === socketId) return subscriber;
    return undefined;
  }

  /**
   * Sends what the protocol itself or another client has to say to every subscriber of the channel, as the text it is.
   * It is never kept: only what a server published is (pusher-protocol.md, 3.5).
   */
  relay(appId: string, channel: string, text: string, exceptSocketId?: string): number {
    return this.deliver(appId, channel, () => text, exceptSocketId);
  }

  private deliver(appId: string, channel: string, encode: () => string, exceptSocketId: string | undefined): number {
    const subscribers = this.apps.get(appId)?.get(channel);
    if (subscribers === undefined) return 0;
    let frame: Buffer | undefined;
    let queued = 0;
    // A slow reader leaves the set while it is walked; a Set allows for that.
    for (const subscriber of subscribers) {
      if (subscriber.id === exceptSocketId) continue;
      frame ??= textFrame(encode());
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
    this.companions.onCount?.(appId, channel);
    if (subscribers.size > 0) return;
    channels.delete(channel);
    this.counters.channels -= 1;
    if (channels.size === 0) this.apps.delete(appId);
    this.tell(appId, 'channel_vacated', channel);
  }

  /** A user's channel is nobody's to hear of: it is occupied by signing in. */
  private tell(appId: string, name: 'channel_occupied' | 'channel_vacated', channel: string): void {
    const { events } = this.companions;
    if (events?.isWatched === true && !isUser(channel)) events.tell(appId, { name, channel });
  }
}
