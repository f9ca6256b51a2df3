import { setTimeout as pause } from 'node:timers/promises';
import type { OutgoingAnswer, OutgoingClient } from '../outgoing-client.js';
import type { OutgoingFailure } from '../outgoing-failure.js';
import { retryAfter } from '../retry-after.js';
import { AnswerExcerpt } from './answer-excerpt.js';
import type { WebhookSigner } from './webhook-signer.js';

/** The longest `Retry-After` that is waited for within a try, in ms; the try has 30 s, and two requests to make. */
const LONGEST_PAUSE = 5000;

/**
 * Statuses of the 4xx that another try may cure: a timeout, a conflict, too early, too many; and those of a receiver
 * that is not what it should be at the moment, a wrong credential, a wrong path, which is nothing wrong with a message.
 */
const CURABLE = [401, 403, 404, 408, 409, 425, 429];
const GONE = 410;
const MAY_SAY_WHEN = [429, 503];

export interface WebhookMessage {
  /** The same at each try, and at each receiver; of no other message. */
  readonly id: string;
  readonly body: string;
}

/** This very message will never be taken; the next one may be. */
export class MessageRefused extends Error {
  override readonly name = 'MessageRefused';
}

/** What all receivers of one sender share. */
export interface Sending {
  readonly client: OutgoingClient;
  readonly signer: WebhookSigner;
  readonly secrets: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  /** ms */
  readonly timeout: number;
}

/** One URL, and what its answers mean. */
export class WebhookReceiver {
  // Private fields, so that no log line or inspector can show the secrets in them.
  readonly #url: URL;
  readonly #sending: Sending;
  private readonly excerpt: AnswerExcerpt;
  private gone = false;

  /** @param label what it is called in the log */
  constructor(
    url: URL,
    readonly label: string,
    sending: Sending,
  ) {
    this.#url = url;
    this.#sending = sending;
    this.excerpt = new AnswerExcerpt(url, sending.secrets, sending.headers);
  }

  /** Whether it has said that nothing more is to be sent to it; until the next start. */
  get isGone(): boolean {
    return this.gone;
  }

  /**
   * Returns when the message was taken, or when the receiver has said that it is gone.
   *
   * @throws MessageRefused when it will never take this message
   * @throws Error when another try may help
   */
  async post(message: WebhookMessage, cutOff: AbortSignal | undefined): Promise<void> {
    let answer = await this.send(message, cutOff);
    const wait = MAY_SAY_WHEN.includes(answer.status)
      ? retryAfter(answer.headers['retry-after'], Date.now())
      : undefined;
    if (wait !== undefined && wait <= LONGEST_PAUSE) {
      await pauseUnless(wait, cutOff);
      answer = await this.send(message, cutOff);
    }
    const { status } = answer;
    if (status >= 200 && status < 300) return;
    if (status === GONE) {
      this.gone = true;
      return;
    }
    const sentence = this.sentenceOf(answer);
    throw status >= 400 && status < 500 && !CURABLE.includes(status)
      ? new MessageRefused(sentence)
      : new Error(sentence);
  }

  private async send({ id, body }: WebhookMessage, signal: AbortSignal | undefined): Promise<OutgoingAnswer> {
    const { client, signer, headers, timeout } = this.#sending;
    const own = { 'content-type': 'application/json', ...signer.headersOf(id, body, Date.now()) };
    try {
      const all = { 'user-agent': 'kumocast', ...headers, ...own };
      return await client.send({ method: 'POST', url: this.#url, headers: all, body, timeout, signal });
    } catch (cause) {
      signal?.throwIfAborted();
      // The client's sentences are for the log: they hold no path and no header.
      throw new Error(`${this.label}: ${(cause as OutgoingFailure).message}`, { cause });
    }
  }

  private sentenceOf({ status, headers, text }: OutgoingAnswer): string {
    if (status >= 300 && status < 400) return `${this.label} answered ${status}, a redirect, which is not followed`;
    const wait = retryAfter(headers['retry-after'], Date.now());
    const when =
      wait === undefined || !MAY_SAY_WHEN.includes(status) ? '' : ` (not before ${Math.ceil(wait / 1000)} s)`;
    const excerpt = this.excerpt.of(text);
    return `${this.label} answered ${status}${when}${excerpt === '' ? '' : `: ${excerpt}`}`;
  }
}

/** @throws whatever the signal was aborted with */
async function pauseUnless(wait: number, signal: AbortSignal | undefined): Promise<void> {
  await pause(wait, undefined, { signal }).catch(() => undefined);
  signal?.throwIfAborted();
}
