import webPush from 'web-push';
import { OutgoingClient, type OutgoingAnswer } from '../outgoing-client.js';
import { oneLine } from '../one-line.js';
import { PrivateAddressRefused } from '../outgoing-failure.js';
import { retryAfter } from '../retry-after.js';
import type { EndpointRules, PushTarget } from './push-target.js';
import { VapidSigner, type VapidIdentity } from './vapid-signer.js';

/** RFC 8030, 5.3. */
export const URGENCIES = ['very-low', 'low', 'normal', 'high'] as const;

export type Urgency = (typeof URGENCIES)[number];

/** A message before it is encrypted. */
export interface PushMessage {
  /** A message that still waits at the push service is replaced by a newer one of the same topic. */
  readonly topic: string;
  /** The texts to try, one after another, where one is too large for the push service; never empty. */
  readonly texts: readonly string[];
  /** Of this message; absent: what the sender's settings say. */
  readonly ttl?: number;
  readonly urgency?: Urgency;
}

export interface PushSenderSettings extends VapidIdentity {
  readonly allowPrivateAddresses: boolean;
  /** How many messages are on their way to one push service at once. */
  readonly parallel: number;
  /** Milliseconds a push service has to answer. */
  readonly timeout: number;
  /** Seconds a push service keeps a message for a device that sleeps. */
  readonly ttl: number;
  readonly urgency: Urgency;
}

/** What became of one message to one subscription. `reason` may be logged. */
export type Outcome =
  | { readonly kind: 'taken' }
  /** The subscription is no more. */
  | { readonly kind: 'gone'; readonly reason: string }
  /** Another time it may work; not before `wait` ms have passed. */
  | { readonly kind: 'failed'; readonly reason: string; readonly wait: number }
  /** It will not work. `ofKey`: what is wrong may be this server's key rather than the subscription. */
  | { readonly kind: 'refused'; readonly reason: string; readonly ofKey: boolean };

/** Push services answer with a word or a line; nobody needs more. */
const ANSWER_BYTES = 4096;

/** A longer wait than this is not believed, in ms. */
const LONGEST_WAIT = 3_600_000;

/** The signed token, should an answer repeat it: whoever has it may send in this server's name for half a day. */
const TOKENS = /eyJ[\w-]+\.[\w-]+\.[\w-]+/g;

/** Encrypts messages and takes them to push services (RFC 8030, 8291, 8292). */
export class PushSender {
  // Private fields, so that no log line or inspector can show the key in them.
  readonly #client: OutgoingClient;
  readonly #settings: Pick<PushSenderSettings, 'allowPrivateAddresses' | 'timeout' | 'ttl' | 'urgency'>;
  readonly #signer: VapidSigner;

  constructor(settings: PushSenderSettings) {
    const { allowPrivateAddresses, parallel } = settings;
    this.#settings = settings;
    this.#signer = new VapidSigner(settings);
    this.#client = new OutgoingClient({
      allowPrivateAddresses,
      maxResponseBytes: ANSWER_BYTES,
      connections: parallel,
    });
  }

  get endpointRules(): EndpointRules {
    return {
      allowHttp: this.#settings.allowPrivateAddresses,
      ensureCallable: (url) => this.#client.ensureCallable(url),
    };
  }

  /** @throws whatever `signal` was aborted with; any other failure is an outcome */
  async send(subscription: PushTarget, message: PushMessage, signal: AbortSignal | undefined): Promise<Outcome> {
    let answer: OutgoingAnswer | undefined;
    for (const text of message.texts) {
      try {
        answer = await this.post(subscription, message, text, signal);
      } catch (error) {
        signal?.throwIfAborted();
        return outcomeOfFailure(error);
      }
      if (answer.status !== 413) break;
    }
    const outcome = outcomeOf(answer!, subscription.endpoint);
    if (outcome.kind === 'refused') this.#signer.forget(subscription.origin);
    return outcome;
  }

  /** What is under way fails. */
  close(): Promise<void> {
    return this.#client.close();
  }

  private post(
    { endpoint, origin, keys }: PushTarget,
    { topic, ...own }: PushMessage,
    text: string,
    signal: AbortSignal | undefined,
  ): Promise<OutgoingAnswer> {
    const { timeout } = this.#settings;
    const { ttl = this.#settings.ttl, urgency = this.#settings.urgency } = own;
    const details = webPush.generateRequestDetails({ endpoint, keys: { ...keys } }, text, {
      headers: { Authorization: this.#signer.headerFor(origin) },
      ...{ TTL: ttl, urgency, topic, contentEncoding: 'aes128gcm' },
    });
    // The library has numbers among them, whatever its types say.
    const headers = Object.fromEntries(Object.entries(details.headers).map(([name, value]) => [name, String(value)]));
    return this.#client.send({ method: 'POST', url: endpoint, headers, body: details.body, timeout, signal });
  }
}

function outcomeOfFailure(error: unknown): Outcome {
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof PrivateAddressRefused) return { kind: 'refused', reason, ofKey: false };
  return { kind: 'failed', reason, wait: 0 };
}

/** seed-systems.md, 6.3. A redirect is not followed: an endpoint is where it is. */
function outcomeOf({ status, headers, text }: OutgoingAnswer, endpoint: string): Outcome {
  if (status >= 200 && status < 300) return { kind: 'taken' };
  const excerpt = excerptOf(text, endpoint);
  const reason = `answered ${status}${excerpt === '' ? '' : `: ${excerpt}`}`;
  if (status === 404 || status === 410) return { kind: 'gone', reason };
  if (status === 408 || status === 429 || status >= 500) {
    const wait = Math.min(retryAfter(headers['retry-after'], Date.now()) ?? 0, LONGEST_WAIT);
    return { kind: 'failed', reason, wait };
  }
  return { kind: 'refused', reason, ofKey: status === 400 || status === 401 || status === 403 };
}

function excerptOf(text: string, endpoint: string): string {
  // A path of a few characters gives nothing away, and would be found everywhere.
  const secrets = new URL(endpoint).pathname.split('/').filter(({ length }) => length > 8);
  const safe = secrets.reduce((left, secret) => left.replaceAll(secret, '***'), text.replace(TOKENS, '***'));
  return oneLine(safe);
}
