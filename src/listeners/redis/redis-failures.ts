import { ErrorReply, MultiErrorReply } from 'redis';
import { UndeliverableChange } from '../../changes/change-listener.js';
import { oneLine } from '../../outgoing/one-line.js';
import { secretsOf } from '../../outgoing/redis-url.js';
import { NoAnswer } from './redis-connection.js';

/**
 * Says what went wrong in words that may be logged. The client's errors are not passed on, not as a cause either: they
 * carry commands and addresses.
 */
export class RedisFailures {
  readonly #secrets: readonly string[];

  /** @param hasOneKey whether every change goes to the same key, which the settings name */
  constructor(
    url: string,
    private readonly timeout: number,
    private readonly hasOneKey: boolean,
  ) {
    this.#secrets = secretsOf(url);
  }

  /**
   * An UndeliverableChange for a message that this server will never take. Memory that is full, a password or a
   * permission that is wrong, a server that is loading, read-only or gone may all be put right, so they are no reason
   * to lose changes.
   */
  of(error: unknown): Error {
    if (error instanceof ErrorReply) return this.ofReply(firstOf(error));
    if (error instanceof NoAnswer) return new Error(`gave no answer within ${this.timeout} ms`);
    return new Error(`could not be reached (${codeOf(error)})`);
  }

  private ofReply({ message }: ErrorReply): Error {
    const sentence = `answered ${this.excerpt(message)}`;
    return this.isForGood(message) ? new UndeliverableChange(sentence) : new Error(sentence);
  }

  private isForGood(reply: string): boolean {
    // A key that a change has named is in use for something else: that is about this change alone. The one key of the
    // settings is wrong for every change, and each of them would be lost until somebody looks.
    return reply.startsWith('WRONGTYPE') && !this.hasOneKey;
  }

  private excerpt(message: string): string {
    // Redis may repeat the beginning of a command, and so of somebody's record.
    return oneLine(this.#secrets.reduce((text, secret) => text.replaceAll(secret, '***'), message));
  }
}

/** Of a transaction, the first command that failed. */
function firstOf(error: ErrorReply): ErrorReply {
  if (!(error instanceof MultiErrorReply)) return error;
  const [first] = error.errors();
  return first ?? error;
}

/** `ECONNREFUSED` and the like; else what the client calls it, without its message. */
function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'unknown error';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.constructor.name;
}
