import Pusher from 'pusher';
import { UndeliverableChange } from '../../changes/change-listener.js';
import { oneLine } from '../../outgoing/one-line.js';
import type { PusherSettings } from './pusher.settings.js';

/** HMAC-SHA256 in hex. Hosted Pusher repeats a wrong signature in its answer. */
const SIGNATURES = /[0-9a-f]{64}/gi;

/**
 * Says what went wrong in words that may be logged. The library's errors may not: their URL, and at times their
 * message, holds the key and a signature (pusher-protocol.md, 8.2). So nothing of them is passed on, not as a cause either.
 */
export class PusherFailures {
  readonly #secret: string;
  private readonly timeout: number;
  /** Where it is, as a log may have it. */
  private readonly target: string;

  constructor(settings: Pick<PusherSettings, 'secret' | 'timeout' | 'host' | 'port' | 'cluster'>) {
    const { secret, timeout, host, port, cluster } = settings;
    this.#secret = secret;
    this.timeout = timeout;
    // Without either, the library asks for the first cluster that there was.
    const name = host || (cluster === '' ? 'api.pusherapp.com' : `api-${cluster}.pusher.com`);
    this.target = port === undefined ? name : `${name}:${port}`;
  }

  /**
   * An UndeliverableChange for an event that this server will never accept. A credential or a path that is wrong now
   * may be put right, so that is no reason to lose events.
   */
  ofRequest(error: unknown): Error {
    if (error instanceof UndeliverableChange) return error;
    if (!(error instanceof Pusher.RequestError)) return new Error(`broke off its answer (${codeOf(error)})`);
    const { status, body = '' } = error;
    if (status === undefined) return new Error(this.unreachable(error.error));
    const sentence = `answered ${status}: ${this.excerpt(body)}`;
    return isForGood(status, body) ? new UndeliverableChange(sentence) : new Error(sentence);
  }

  private unreachable(error: unknown): string {
    return error instanceof Error && error.name === 'AbortError'
      ? `${this.target} gave no answer within ${this.timeout} ms`
      : `${this.target} could not be reached (${codeOf(error)})`;
  }

  private excerpt(body: string): string {
    return oneLine(body.replaceAll(this.#secret, '***').replace(SIGNATURES, '***'));
  }
}

function isForGood(status: number, body: string): boolean {
  // Hosted Pusher answers 400 to an unknown key as well (pusher-protocol.md, 5.1).
  return status === 413 || (status === 400 && !body.includes('auth_key'));
}

/** `ECONNREFUSED` and the like; a message could repeat the URL. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
