/**
 * What the server says, as text. `data` is a JSON string inside the JSON in every message but the two kinds of error
 * (pusher-protocol.md, 3.1): pusher-js forgives the difference, stricter clients do not.
 */

/** The first message; nothing may precede it. `activityTimeout` in seconds. */
export function connectionEstablished(socketId: string, activityTimeout: number): string {
  const data = JSON.stringify({ socket_id: socketId, activity_timeout: activityTimeout });
  return JSON.stringify({ event: 'pusher:connection_established', data });
}

export const PONG = JSON.stringify({ event: 'pusher:pong', data: '{}' });

export function subscriptionSucceeded(channel: string): string {
  return JSON.stringify({ event: 'pusher_internal:subscription_succeeded', channel, data: '{}' });
}

/** Why a subscription was refused; `status` reads like an HTTP status. */
export interface SubscriptionRefusal {
  readonly type: 'AuthError' | 'InvalidChannel' | 'LimitReached' | 'ServerError';
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

/** An event on a channel; `data` goes out exactly as it came in. */
export function channelEvent({ event, channel, data }: { event: string; channel: string; data: string }): string {
  return JSON.stringify({ event, channel, data });
}
