import { createHash } from 'node:crypto';
import type { ChannelApp } from '../channel-app.js';
import { decode, parseQuery } from './query.js';

/** An HTTP request as far as its signature goes. */
export interface SignedRequest {
  readonly method: string;
  /** The path and query exactly as they arrived. */
  readonly url: string;
  /** The body exactly as it arrived: MD5 over parsed and rewritten JSON would differ. */
  readonly body: Buffer;
}

export interface Clock {
  /** Seconds since 1970. */
  readonly now: number;
  /** Seconds the request's timestamp may be off, either way. */
  readonly tolerance: number;
}

/** The parameters of a request that is signed by the app; or why it is not, in words for its sender. */
export type Verdict = { readonly parameters: ReadonlyMap<string, string> } | { readonly refused: string };

/**
 * Verifies the signature of a request to the HTTP API (pusher-protocol.md, 5.1). There is no memory of signatures
 * seen: libraries repeat a request that got no answer.
 */
export function verifySignature(request: SignedRequest, app: ChannelApp, clock: Clock): Verdict {
  const [path, query] = splitUrl(request.url);
  const parameters = parseQuery(query);
  if (parameters === undefined) return { refused: 'A query parameter is given twice.' };
  const refused =
    whyNotCurrent(parameters, app, clock) ??
    whyNotThisBody(parameters, request.body) ??
    whyNotSigned(parameters, path, request.method, app);
  return refused === undefined ? { parameters } : { refused };
}

/** The text under the signature: method, path, and the parameters sorted by name with their plain values. */
export function stringToSign(method: string, path: string, parameters: ReadonlyMap<string, string>): string {
  const query = [...parameters]
    .filter(([name]) => name !== 'auth_signature')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  return `${method.toUpperCase()}\n${path}\n${query}`;
}

function splitUrl(url: string): [path: string, query: string] {
  const mark = url.indexOf('?');
  return mark < 0 ? [url, ''] : [url.slice(0, mark), url.slice(mark + 1)];
}

function whyNotCurrent(parameters: ReadonlyMap<string, string>, app: ChannelApp, clock: Clock): string | undefined {
  if (parameters.get('auth_key') !== app.key) return `auth_key is not a key of app ${app.id}.`;
  if (parameters.get('auth_version') !== '1.0') return 'auth_version must be 1.0.';
  const timestamp = parameters.get('auth_timestamp') ?? '';
  if (!/^\d{1,15}$/.test(timestamp)) return 'auth_timestamp must be a time in whole seconds.';
  if (Math.abs(clock.now - Number(timestamp)) > clock.tolerance) {
    return `auth_timestamp ${timestamp} is more than ${clock.tolerance} seconds away from this server's time, ${Math.floor(clock.now)}.`;
  }
  return undefined;
}

function whyNotThisBody(parameters: ReadonlyMap<string, string>, body: Buffer): string | undefined {
  const given = parameters.get('body_md5');
  // Without a body it may be left out; Python's library sends the MD5 of nothing, and signs it.
  if (given === undefined) return body.length === 0 ? undefined : 'body_md5 is missing.';
  const isRight = given.toLowerCase() === createHash('md5').update(body).digest('hex');
  return isRight ? undefined : 'body_md5 is not the MD5 of the body that arrived.';
}

function whyNotSigned(
  parameters: ReadonlyMap<string, string>,
  rawPath: string,
  method: string,
  app: ChannelApp,
): string | undefined {
  const signature = parameters.get('auth_signature') ?? '';
  if (signature === '') return 'auth_signature is missing.';
  const expected = stringToSign(method, decode(rawPath), parameters);
  const accepted = [
    expected,
    // Libraries that encode before they sign, and forms in which a plus stands for a space.
    stringToSign(method, rawPath, parameters),
    stringToSign(method, decode(rawPath), plusesAsSpaces(parameters)),
  ];
  if (accepted.some((text) => app.isSigned(text, signature.toLowerCase()))) return undefined;
  return `auth_signature is wrong: expected the HMAC-SHA256, in hex, of ${JSON.stringify(expected)}.`;
}

function plusesAsSpaces(parameters: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...parameters].map(([name, value]) => [name, value.replaceAll('+', ' ')]));
}
