import { OutgoingClient } from '../../../outgoing/outgoing-client.js';
import { PushSender, type PushMessage, type PushSenderSettings } from '../../../outgoing/webpush/push-sender.js';
import { readSubscription } from '../../../outgoing/webpush/push-target.js';
import { MessageRefused, WebhookReceiver, type WebhookMessage } from '../../../outgoing/webhook/webhook-receiver.js';
import { WebhookSigner } from '../../../outgoing/webhook/webhook-signer.js';
import type { NotificationsSettings } from '../notifications.settings.js';
import { pushMessage, readsPush, readsWebhook, testPush, testWebhook, webhookMessage } from './messages.js';
import type { VisibleChange, VisibleRead } from './owner-sight.js';
import type { Subscription } from './subscription.js';

/** What became of one message. `reason` may be logged, and shown to the owner. */
export type SendOutcome =
  | { readonly kind: 'taken' }
  /** Nobody is there any more. */
  | { readonly kind: 'gone'; readonly reason: string }
  /** Another time it may work; not before `wait` ms have passed. */
  | { readonly kind: 'failed'; readonly reason: string; readonly wait: number }
  /** This very message will never be taken. */
  | { readonly kind: 'refused'; readonly reason: string };

/** What is to be sent: changes of one list, reads of one list, or something to try a receiver with. */
export type Content = ChangesContent | { readonly reads: readonly VisibleRead[] } | { readonly testId: string };

export interface ChangesContent {
  readonly changes: readonly VisibleChange[];
  /** The position of the change that was told last of this list. */
  readonly previous: string | undefined;
  /** Whether others have passed by before. */
  readonly isResumed: boolean;
}

/** How much of an answer is read, in bytes. */
const ANSWER_BYTES = 4096;

/** Connections to one origin; several users may have receivers there. */
const CONNECTIONS = 16;

const AN_HOUR = 3_600_000;

type SenderSettings = Pick<
  NotificationsSettings,
  'allowPrivateAddresses' | 'allowedHosts' | 'timeout' | 'maxBodyBytes'
>;

/** Takes messages to receivers, whatever their kind. */
export class Senders {
  // Private fields, so that no log line or inspector can show the key in them.
  readonly #client: OutgoingClient;
  readonly #push: PushSender | undefined;

  /** @param push absent where the server has no VAPID key, and so no web push */
  constructor(
    private readonly settings: SenderSettings,
    push: PushSenderSettings | undefined,
  ) {
    const { allowPrivateAddresses } = settings;
    this.#client = new OutgoingClient({
      allowPrivateAddresses,
      maxResponseBytes: ANSWER_BYTES,
      connections: CONNECTIONS,
    });
    this.#push = push && new PushSender(push);
  }

  /** @throws Error for a URL that can never be called */
  ensureCallable(url: URL): void {
    this.#client.ensureCallable(url);
  }

  /** @throws whatever `signal` was aborted with; any other failure is an outcome */
  async send(subscription: Subscription, content: Content, signal: AbortSignal): Promise<SendOutcome> {
    try {
      this.ensureAllowed(subscription.address);
      return await (subscription.kind === 'webhook'
        ? this.post(subscription, content, signal)
        : this.push(subscription, content, signal));
    } catch (error) {
      signal.throwIfAborted();
      // The settings have become stricter than they were when it was made.
      return { kind: 'failed', reason: error instanceof Error ? error.message : String(error), wait: 0 };
    }
  }

  private ensureAllowed(address: string): void {
    const { allowedHosts } = this.settings;
    if (allowedHosts.length === 0 || allowedHosts.includes(new URL(address).hostname)) return;
    throw new Error('its host is none that this server may call');
  }

  /** What is under way fails. */
  async close(): Promise<void> {
    await Promise.all([this.#client.close(), this.#push?.close()]);
  }

  private async post(subscription: Subscription, content: Content, signal: AbortSignal): Promise<SendOutcome> {
    const { url, secret } = subscription.value as { url: string; secret: string };
    const { timeout } = this.settings;
    const sending = {
      client: this.#client,
      signer: new WebhookSigner([secret]),
      secrets: [secret],
      headers: {},
      timeout,
    };
    const receiver = new WebhookReceiver(new URL(url), 'it', sending);
    const message = this.webhookOf(subscription, content);
    try {
      await receiver.post(message, signal);
      return receiver.isGone ? { kind: 'gone', reason: 'it answered 410' } : { kind: 'taken' };
    } catch (error) {
      signal.throwIfAborted();
      const reason = tellable(error instanceof Error ? error.message : String(error));
      return error instanceof MessageRefused ? { kind: 'refused', reason } : { kind: 'failed', reason, wait: 0 };
    }
  }

  private webhookOf(subscription: Subscription, content: Content): WebhookMessage {
    const { maxBodyBytes } = this.settings;
    if ('reads' in content) return readsWebhook(subscription, content.reads, maxBodyBytes);
    if ('testId' in content) return testWebhook(content.testId, Date.now());
    return webhookMessage(subscription, content.changes, { maxBodyBytes, ...content });
  }

  private async push(subscription: Subscription, content: Content, signal: AbortSignal): Promise<SendOutcome> {
    if (this.#push === undefined) return { kind: 'failed', reason: 'this server has no web push', wait: AN_HOUR };
    const target = readSubscription(subscription.value.push, this.#push.endpointRules);
    const message = pushOf(subscription, content);
    if (message.texts.length === 0) return { kind: 'refused', reason: "the list's URI is too long" };
    const outcome = await this.#push.send(target, message, signal);
    if (outcome.kind !== 'refused') return outcome;
    // It is this server's key that is wrong, and not the message: others may come to know the key.
    const reason = tellable(outcome.reason);
    return outcome.ofKey ? { kind: 'failed', reason, wait: 60_000 } : { kind: 'refused', reason };
  }
}

function pushOf(subscription: Subscription, content: Content): PushMessage {
  if ('reads' in content) return readsPush(subscription, content.reads);
  return 'testId' in content ? testPush(subscription, Date.now()) : pushMessage(subscription, content.changes);
}

/** What a name inside leads to is for the administrator to know, not for whoever has a subscription. */
function tellable(reason: string): string {
  return reason.includes('only public ones may be called') ? 'its host is no public address' : reason;
}
