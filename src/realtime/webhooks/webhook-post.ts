import type { ChannelApp } from '../channel-app.js';
import type { QueuedWebhook } from './webhook-queue.js';

/** How a request leaves the house. It follows no redirects: what an app's server is told is for nobody else. */
export interface WebhookTransport {
  /**
   * The answer's status, whatever it is.
   *
   * @throws Error when there was no answer within `timeout` ms; its message may be logged
   */
  send(request: WebhookRequest): Promise<{ readonly status: number }>;
  close(): Promise<void>;
}

export interface WebhookRequest {
  readonly method: 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/** What is posted: signed by its app, so that the receiver knows who speaks (pusher-protocol.md, 6). */
export function requestOf(
  { target, body }: QueuedWebhook,
  app: ChannelApp,
  patience: Pick<WebhookRequest, 'timeout' | 'signal'>,
): WebhookRequest {
  return {
    method: 'POST',
    url: target.url,
    headers: {
      // Without a charset: pusher-http-node compares the whole of it.
      'content-type': 'application/json',
      'x-pusher-key': app.key,
      'x-pusher-signature': app.sign(body),
    },
    body,
    ...patience,
  };
}
