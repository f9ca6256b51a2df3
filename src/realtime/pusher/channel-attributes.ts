import type { Hub } from '../hub.js';
import { isCache, isPresence } from './channel-name.js';
import { ChannelsApiError } from './channels-api-error.js';

/** What the HTTP API can tell about a channel when asked with `info` (pusher-protocol.md, 5.2 to 5.5). */
export type Attribute = 'user_count' | 'subscription_count' | 'cache';

export type AttributeValues = Partial<Record<Attribute, number | null>>;

/** @throws ChannelsApiError 400 for a name that is not among the allowed. */
export function parseAttributes(info: string | undefined, allowed: readonly Attribute[]): Attribute[] {
  const names = (info ?? '').split(',').filter((name) => name !== '');
  return names.map((name) => {
    const attribute = allowed.find((candidate) => candidate === name);
    if (attribute === undefined) throw new ChannelsApiError(400, `info may be ${allowed.join(', ')} here.`);
    return attribute;
  });
}

/** Presence channels are counted by their members, all others by their connections. */
export function isApplicable(attribute: Attribute, channel: string): boolean {
  switch (attribute) {
    case 'user_count':
      return isPresence(channel);
    case 'subscription_count':
      return !isPresence(channel);
    case 'cache':
      return isCache(channel);
  }
}

/** The attributes that apply to the channel; the others are left out. */
export function describeChannel(
  hub: Hub,
  appId: string,
  channel: string,
  attributes: readonly Attribute[],
): AttributeValues {
  const values: AttributeValues = {};
  for (const attribute of attributes) {
    if (isApplicable(attribute, channel)) values[attribute] = valueOf(attribute, hub, appId, channel);
  }
  return values;
}

function valueOf(attribute: Attribute, hub: Hub, appId: string, channel: string): number | null {
  switch (attribute) {
    case 'subscription_count':
      return hub.countSubscribers(appId, channel);
    case 'user_count':
      // Nobody can be a member yet: subscribes to presence channels are refused.
      return 0;
    case 'cache':
      // Nothing is kept yet.
      return null;
  }
}
