import { Injectable } from '@nestjs/common';
import type { ChannelApp } from '../channel-app.js';
import { EventCache } from '../event-cache.js';
import { Hub } from '../hub.js';
import { Elsewhere } from '../nodes/elsewhere.js';
import { Presence } from '../presence.js';
import { isCache, isPresence } from './channel-name.js';
import { ChannelsApiError } from './channels-api-error.js';

/** What the HTTP API can tell about a channel when asked with `info` (pusher-protocol.md, 5.2 to 5.5). */
export type Attribute = 'user_count' | 'subscription_count' | 'cache';

/** The last event of a cache channel, with the seconds it will still be kept. */
export interface CacheValue {
  readonly data: string;
  readonly ttl: number;
}

export interface AttributeValues {
  user_count?: number;
  subscription_count?: number;
  cache?: CacheValue | null;
}

/** @throws ChannelsApiError 400 for a name that is not among the allowed. */
export function parseAttributes(info: string | undefined, allowed: readonly Attribute[]): Attribute[] {
  const names = (info ?? '').split(',').filter((name) => name !== '');
  return names.map((name) => {
    const attribute = allowed.find((candidate) => candidate === name);
    if (attribute === undefined) throw new ChannelsApiError(400, `info may be ${allowed.join(', ')} here.`);
    return attribute;
  });
}

/**
 * Presence channels are counted by their members, all others by their connections; both for an app that wants its
 * subscriptions counted (pusher-protocol.md, 12).
 */
export function isApplicable(attribute: Attribute, app: ChannelApp, channel: string): boolean {
  switch (attribute) {
    case 'user_count':
      return isPresence(channel);
    case 'subscription_count':
      return !isPresence(channel) || app.options.subscriptionCount;
    case 'cache':
      return isCache(channel);
  }
}

/** What is known about channels, for the HTTP API. */
@Injectable()
export class ChannelAttributes {
  constructor(
    private readonly hub: Hub,
    private readonly presence: Presence,
    private readonly cache: EventCache,
    private readonly elsewhere: Elsewhere,
  ) {}

  /** The attributes that apply to the channel; the others are left out. */
  describe(app: ChannelApp, channel: string, attributes: readonly Attribute[]): AttributeValues {
    const wanted = (attribute: Attribute) => attributes.includes(attribute) && isApplicable(attribute, app, channel);
    return {
      ...(wanted('user_count') && { user_count: this.presence.countUsers(app.id, channel) }),
      ...(wanted('subscription_count') && { subscription_count: this.countSubscribers(app.id, channel) }),
      ...(wanted('cache') && { cache: this.lastOf(app, channel) }),
    };
  }

  /** On all servers together. */
  countSubscribers(appId: string, channel: string): number {
    return this.hub.countSubscribers(appId, channel) + this.elsewhere.countSubscribers(appId, channel);
  }

  /** The names of the channels of the app that have a subscriber on any server, in no order. */
  occupiedChannels(appId: string): string[] {
    return [...new Set([...this.hub.occupiedChannels(appId), ...this.elsewhere.occupiedChannels(appId)])];
  }

  private lastOf(app: ChannelApp, channel: string): CacheValue | null {
    const last = this.cache.find(app.id, channel);
    return last === undefined ? null : { data: last.data, ttl: last.ttl };
  }
}
