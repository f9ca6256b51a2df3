/**
 * What the server says, as text. `data` is a JSON string inside the JSON in every message but the two kinds of error,
 * the success of a sign-in and what clients send each other (pusher-protocol.md, 3.1): pusher-js forgives the
 * difference, stricter clients do not.
 */

/** The first message; nothing may precede it. `activityTimeout` in seconds. */
export function connectionEstablished(socketId: string, activityTimeout: number): string {
  const data = JSON.stringify({ socket_id: socketId, activity_timeout: activityTimeout });
  return JSON.stringify({ event: 'pusher:connection_established', data });
}

export const PONG = JSON.stringify({ event: 'pusher:pong', data: '{}' });

/** `data` is JSON: on presence channels who is there, on all others an empty object. */
export function subscriptionSucceeded(channel: string, data = '{}'): string {
  return JSON.stringify({ event: 'pusher_internal:subscription_succeeded', channel, data });
}

/** `info` is JSON, and left out when there is none. */
export function memberAdded(channel: string, userId: string, info: string | undefined): string {
  const id = JSON.stringify(userId);
  const data = info === undefined ? `{"user_id":${id}}` : `{"user_id":${id},"user_info":${info}}`;
  return JSON.stringify({ event: 'pusher_internal:member_added', channel, data });
}

export function memberRemoved(channel: string, userId: string): string {
  const data = JSON.stringify({ user_id: userId });
  return JSON.stringify({ event: 'pusher_internal:member_removed', channel, data });
}

export function subscriptionCount(channel: string, count: number): string {
  const data = JSON.stringify({ subscription_count: count });
  return JSON.stringify({ event: 'pusher_internal:subscription_count', channel, data });
}

/** There is no event to begin with on this cache channel. */
export function cacheMiss(channel: string): string {
  return JSON.stringify({ event: 'pusher:cache_miss', channel, data: '{}' });
}

/** `userData` goes back as the string it came as: pusher-js discards a sign-in confirmed with an object. */
export function signinSuccess(userData: string): string {
  return JSON.stringify({ event: 'pusher:signin_success', data: { user_data: userData } });
}

/** Which of the watched users are there and which are not; undefined when there is nothing to tell. */
export function watchlistEvents(online: readonly string[], offline: readonly string[]): string | undefined {
  const events = [
    { name: 'online', user_ids: online },
    { name: 'offline', user_ids: offline },
  ].filter(({ user_ids: ids }) => ids.length > 0);
  if (events.length === 0) return undefined;
  return JSON.stringify({ event: 'pusher_internal:watchlist_events', data: JSON.stringify({ events }) });
}

/** Why a subscription was refused; `status` reads like an HTTP status. */
export interface SubscriptionRefusal {
  readonly type: 'AuthError' | 'InvalidChannel' | 'InvalidMember' | 'LimitReached' | 'ServerError';
  readonly error: string;
  readonly status: number;
}

export function subscriptionError(channel: string, { type, error, status }: SubscriptionRefusal): string {
  return JSON.stringify({ event: 'pusher:subscription_error', channel, data: { type, error, status } });
}

/** Never before the connection is established: pusher-js would take it for the answer to its handshake and hang. */
export function protocolError(message: string, code: number | null = null): string {
  return JSON.stringify({ event: 'pusher:error', data: { code, message } });
}

export interface ChannelEventText {
  readonly event: string;
  readonly channel: string;
  /** Goes out exactly as it came in. */
  readonly data: string;
  /** Further fields of the message: libraries take no notice of what they do not know. */
  readonly beside?: Readonly<Record<string, string>> | undefined;
}

/** An event on a channel. */
export function channelEvent({ event, channel, data, beside }: ChannelEventText): string {
  return JSON.stringify({ event, channel, data, ...beside });
}

/** What one client has to say to the others, with `data` as JSON of the type the client sent. */
export function clientEvent(event: string, channel: string, data: string, userId: string | undefined): string {
  const from = userId === undefined ? '' : `,"user_id":${JSON.stringify(userId)}`;
  return `{"event":${JSON.stringify(event)},"channel":${JSON.stringify(channel)},"data":${data}${from}}`;
}
