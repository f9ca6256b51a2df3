import { Logger } from '@nestjs/common';
import {
  UndeliverableChange,
  type ChangeListener,
  type ListenerContext,
  type ListenerDefinition,
} from '../../changes/change-listener.js';
import type { CommittedChange } from '../../changes/resource-change.js';
import { OutgoingClient } from '../../outgoing/outgoing-client.js';
import { MessageRefused, WebhookReceiver, type Sending } from '../../outgoing/webhook/webhook-receiver.js';
import { WebhookSigner } from '../../outgoing/webhook/webhook-signer.js';
import { parseHeaders } from './static-headers.js';
import { groupsOf, messageOf, type MessageShape } from './webhook-message.js';
import { WebhookListenerSettings } from './webhook.settings.js';

/** Posts changes to URLs, signed as Standard Webhooks says. */
export const webhookListener: ListenerDefinition<WebhookListenerSettings> = {
  kind: 'webhook',
  settings: WebhookListenerSettings,
  create: (settings, context) => new WebhookListener(settings, context),
};

/** How many changes that failed are remembered at once; of one that is forgotten, everything is sent again. */
const MOST_UNFINISHED = 1000;

/** How far one receiver has come with a change. */
interface Share {
  /** Messages that it has taken or refused for good. */
  done: number;
  refusal: UndeliverableChange | undefined;
}

class WebhookListener implements ChangeListener {
  readonly delivery = 'once-per-cluster';
  private readonly log = new Logger('listeners');
  private readonly client: OutgoingClient;
  private readonly receivers: readonly WebhookReceiver[];
  private readonly shape: MessageShape;
  /** By the change's id: what a second try need not send again. */
  private readonly unfinished = new Map<string, ReadonlyMap<WebhookReceiver, Share>>();

  constructor(settings: Readonly<WebhookListenerSettings>, { name, payload }: ListenerContext) {
    const { allowPrivateAddresses, maxResponseBytes, maxConnections, maxBodyBytes, secrets, timeout } = settings;
    this.client = new OutgoingClient({ allowPrivateAddresses, maxResponseBytes, connections: maxConnections });
    this.shape = { listenerName: name, payload, maxBodyBytes };
    const headers = parseHeaders(settings.headers);
    const sending = { client: this.client, signer: new WebhookSigner(secrets), secrets, headers, timeout };
    this.receivers = receiversOf(settings.urls, sending);
  }

  /**
   * Every receiver gets every message, each in order. One that fails keeps nothing from the others, and a further try
   * goes on where each of them stopped.
   */
  async afterCommit(change: CommittedChange, cutOff?: AbortSignal): Promise<void> {
    const shares = this.sharesOf(change);
    const settled = await Promise.allSettled(
      this.receivers.map((receiver) => this.tell(receiver, shares.get(receiver)!, change, cutOff)),
    );
    cutOff?.throwIfAborted();
    const failures = settled.flatMap((result) => (result.status === 'rejected' ? [result.reason as Error] : []));
    if (failures.length > 0) throw oneOf(failures, Error);
    this.unfinished.delete(change.id);
    const refusals = [...shares.values()].flatMap(({ refusal }) => refusal ?? []);
    if (refusals.length > 0) throw oneOf(refusals, UndeliverableChange);
    if (this.receivers.every(({ isGone }) => isGone)) throw new UndeliverableChange('every url has answered 410, Gone');
  }

  progressOf({ id }: CommittedChange): number {
    return [...(this.unfinished.get(id)?.values() ?? [])].reduce((sum, { done }) => sum + done, 0);
  }

  async close(): Promise<void> {
    await this.client.close();
  }

  private async tell(receiver: WebhookReceiver, share: Share, change: CommittedChange, cutOff?: AbortSignal) {
    const groups = groupsOf(this.shape.payload, change);
    while (share.done < groups.length && !receiver.isGone) {
      try {
        await receiver.post(messageOf(this.shape, change, groups[share.done]!), cutOff);
        if (receiver.isGone) this.sayGone(receiver);
      } catch (error) {
        // One message that is refused is no reason to withhold the others.
        if (!(error instanceof MessageRefused)) throw error;
        share.refusal ??= new UndeliverableChange(error.message);
      }
      share.done++;
      cutOff?.throwIfAborted();
    }
  }

  private sayGone({ label }: WebhookReceiver): void {
    const { listenerName } = this.shape;
    this.log.error(`Listener ${listenerName}: ${label} answered 410, Gone: nothing is sent there until the next start`);
  }

  private sharesOf({ id }: CommittedChange): ReadonlyMap<WebhookReceiver, Share> {
    const known = this.unfinished.get(id);
    if (known !== undefined) return known;
    const shares = new Map(this.receivers.map((receiver) => [receiver, { done: 0, refusal: undefined }]));
    this.unfinished.set(id, shares);
    if (this.unfinished.size > MOST_UNFINISHED) this.unfinished.delete(this.unfinished.keys().next().value!);
    return shares;
  }
}

/**
 * What can never work is told at the start. The log calls a receiver by its origin: its path may be a secret.
 *
 * @throws PrivateAddressRefused
 */
function receiversOf(urls: readonly string[], sending: Sending): WebhookReceiver[] {
  const unique = [...new Set(urls.map((url) => new URL(url).href))].map((href) => new URL(href));
  return unique.map((url, index) => {
    sending.client.ensureCallable(url);
    const label = unique.length === 1 ? url.origin : `url ${index + 1} (${url.origin})`;
    return new WebhookReceiver(url, label, sending);
  });
}

/** One error for all: itself when there is one, else one with every sentence. */
function oneOf<E extends Error>(errors: readonly E[], type: new (message: string) => E): E {
  const [first] = errors;
  if (errors.length === 1) return first!;
  return new type(errors.map(({ message }) => message).join('; '));
}
