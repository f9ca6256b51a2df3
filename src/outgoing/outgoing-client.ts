import { lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Agent, buildConnector, request, type Dispatcher } from 'undici';
import { ensurePublicLiteral, guardedConnect } from './guarded-connect.js';
import { OpenSockets } from './open-sockets.js';
import { OutgoingFailure, PrivateAddressRefused } from './outgoing-failure.js';

export interface OutgoingOptions {
  /** Whether addresses of this machine and of private networks may be called. */
  readonly allowPrivateAddresses: boolean;
  /** How much of an answer's body is read, in bytes; what is beyond is cut off, with its connection. */
  readonly maxResponseBytes: number;
  /** How many connections at most stand open to one origin. They are kept alive. */
  readonly connections: number;
  /** For tests; like `dns.lookup`. */
  readonly lookup?: LookupFunction;
}

export interface OutgoingRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** `http:` or `https:`; a user and a password in it are not sent. */
  readonly url: string | URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** How long all of it may take, from the connection to the last byte of the answer, in ms. */
  readonly timeout: number;
  /** Gives the request up when it is aborted. */
  readonly signal?: AbortSignal | undefined;
}

export interface OutgoingAnswer {
  readonly status: number;
  /** Names in small letters. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** As much of the body as was allowed and came; empty when none did. */
  readonly text: string;
}

/**
 * Requests to servers whose addresses come from settings or from users. It follows no redirect, sends nothing to an
 * address that is not public unless that is allowed, and waits and reads only so long.
 */
export class OutgoingClient {
  // Private fields: what is under way holds URLs and headers, and no log or inspector is to show them.
  readonly #agent: Agent;
  /** Ends connections that are only being made, of which undici lets go by itself after ten seconds. */
  readonly #sockets = new OpenSockets();
  private readonly allowPrivateAddresses: boolean;
  private readonly maxResponseBytes: number;

  constructor({ allowPrivateAddresses, maxResponseBytes, connections, lookup }: OutgoingOptions) {
    this.allowPrivateAddresses = allowPrivateAddresses;
    this.maxResponseBytes = maxResponseBytes;
    // Only the caller's timeout counts: two clocks would tell two stories.
    const clocks = { headersTimeout: 0, bodyTimeout: 0 };
    const dialling = { lookup: lookup ?? systemLookup };
    const connect = allowPrivateAddresses ? buildConnector(dialling) : guardedConnect(dialling);
    this.#agent = new Agent({ connections, ...clocks, connect: this.#sockets.of(connect) });
  }

  /**
   * Says before anything is sent whether a URL can never be called. A host's name may still lead to a private address:
   * that shows only when it is connected to.
   *
   * @throws PrivateAddressRefused when its host is an address that is not public, or `localhost`
   */
  ensureCallable(url: string | URL): void {
    if (this.allowPrivateAddresses) return;
    const { hostname } = new URL(url);
    // Names of this machine by definition, whatever a resolver says (RFC 6761, 6.3).
    if (/(^|\.)localhost\.?$/.test(hostname)) throw new PrivateAddressRefused(hostname, '127.0.0.1', 'loopback');
    ensurePublicLiteral(hostname);
  }

  /**
   * The answer, whatever its status. Once its status is here, nothing fails any more: of a body that breaks off or
   * takes too long, what has come counts.
   *
   * @throws PrivateAddressRefused when the address is not public; nothing was sent then
   * @throws OutgoingFailure when no answer came
   * @throws whatever `signal` was aborted with
   */
  async send({ method, url, headers, body, timeout, signal }: OutgoingRequest): Promise<OutgoingAnswer> {
    signal?.throwIfAborted();
    const ending = new AbortController();
    const giveUp = () => ending.abort();
    // Not AbortSignal.any: it would tie each request to a signal that may live as long as the process.
    signal?.addEventListener('abort', giveUp, { once: true });
    const timer = setTimeout(giveUp, timeout);
    try {
      this.ensureCallable(url);
      const asking = request(url, {
        ...{ dispatcher: this.#agent, method, signal: ending.signal },
        headers: { ...headers },
        ...(body === undefined ? {} : { body }),
      });
      // undici notices only when it has a connection; then it sends nothing any more.
      const answer = await Promise.race([asking, abortionOf(ending.signal)]);
      return { status: answer.statusCode, headers: answer.headers, text: await this.textOf(answer.body) };
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      if (ending.signal.aborted) throw new OutgoingFailure(`no answer within ${timeout} ms`);
      throw failureOf(error);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
    }
  }

  /** What is under way fails, and the connections are closed. A second call does nothing. */
  async close(): Promise<void> {
    this.#sockets.destroyAll();
    if (!this.#agent.destroyed) await this.#agent.destroy();
  }

  /** Read to its end where it is short, so that the connection is free for the next request. */
  private async textOf(body: Dispatcher.ResponseData['body']): Promise<string> {
    const chunks: Uint8Array[] = [];
    let left = this.maxResponseBytes;
    try {
      for await (const chunk of body as AsyncIterable<Uint8Array>) {
        chunks.push(chunk.subarray(0, left));
        left -= chunk.length;
        if (left < 0) break;
      }
    } catch {
      // The status has been said; see `send`.
    }
    return Buffer.concat(chunks).toString();
  }
}

/** Fails as soon as the signal is aborted. */
function abortionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
  });
}

/** undici's errors are not passed on, not even as a cause: what they hold of the request is nobody's business. */
function failureOf(error: unknown): Error {
  if (error instanceof PrivateAddressRefused) return error;
  return new OutgoingFailure(`could not be reached (${codeOf(error)})`);
}

/** `ECONNREFUSED` and the like; a message could repeat the URL. */
function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'unknown error';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return 'name' in error && typeof error.name === 'string' ? error.name : 'unknown error';
}
