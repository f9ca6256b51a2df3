import type { ServerResponse } from 'node:http';
import type { RequestHeaders } from '../auth/auth-policy.js';
import type { Ticket } from '../auth/tickets.js';

/**
 * A request as the API sees it, however it arrived: over HTTP, as one item of a batch, or as a command on a socket.
 */
export interface ApiRequest {
  /** Upper case. */
  readonly method: string;
  /** Percent-encoded, with the version prefix, without the query string. */
  readonly path: string;
  /** Without the question mark; `''` when there is none. */
  readonly queryString: string;
  readonly headers: RequestHeaders;
  /** `undefined` when there was none. */
  readonly body: Buffer | undefined;
  /** Scheme and host that the caller used, e.g. `http://localhost:8888`. */
  readonly origin: string;
  /** Whether the answer may go on as long as its reader listens: not as one of a batch. */
  readonly mayStream?: boolean;
  /** What its URL had in place of the credential that is now in its headers. */
  readonly ticket?: Ticket;
}

export type ResponseHeaders = Record<string, string | string[]>;

export interface ApiResponse {
  readonly status: number;
  readonly headers: ResponseHeaders;
  /** A text in ASCII, or bytes; `''`: none. */
  readonly body: string | Buffer;
  /** Takes over once the status and the headers are written, instead of the body. Only where the request allows it. */
  readonly stream?: (response: ServerResponse) => void;
}

export const JSON_TYPE = 'application/json';

/** The methods that are answered from a snapshot as long as nothing has to be written. */
export const SAFE_METHODS: readonly string[] = ['GET', 'HEAD'];
