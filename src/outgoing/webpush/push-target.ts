import { createHash, ECDH } from 'node:crypto';

/** Where push messages for one subscription go. */
export interface PushTarget {
  /** As `URL.href` has it. Whoever knows it may send there (RFC 8030, 8): not for a log. */
  readonly endpoint: string;
  /** Of the push service. */
  readonly origin: string;
  /** In base64url (RFC 8291). */
  readonly keys: { readonly p256dh: string; readonly auth: string };
}

export interface EndpointRules {
  readonly allowHttp: boolean;
  /** @throws Error for a URL that can never be called */
  readonly ensureCallable: (url: URL) => void;
}

/** No push service has longer ones; browsers' are a few hundred characters. */
const LONGEST_ENDPOINT = 2048;

/** RFC 8291, 3.1: an uncompressed point on P-256. */
const PUBLIC_KEY_BYTES = 65;

/** RFC 8291, 3.2. */
const SECRET_BYTES = 16;

/**
 * The endpoint and the keys of what `JSON.stringify` makes of a browser's `PushSubscription`.
 *
 * @throws TypeError saying what is wrong, without repeating any of it
 */
export function readSubscription(value: unknown, rules: EndpointRules): PushTarget {
  const { endpoint, keys } = asFields(value);
  const { p256dh, auth } = asFields(keys, 'keys');
  if (typeof endpoint !== 'string' || !URL.canParse(endpoint)) throw new TypeError('endpoint is no URL');
  if (endpoint.length > LONGEST_ENDPOINT) throw new TypeError(`endpoint is longer than ${LONGEST_ENDPOINT} characters`);
  const url = new URL(endpoint);
  if (url.protocol !== 'https:' && !(rules.allowHttp && url.protocol === 'http:')) {
    throw new TypeError('endpoint is no https: URL');
  }
  if (url.username !== '' || url.password !== '') throw new TypeError('endpoint has a user or a password');
  rules.ensureCallable(url);
  return {
    endpoint: url.href,
    origin: url.origin,
    keys: { p256dh: readPublicKey(p256dh), auth: readSecret(auth) },
  };
}

/** Names an endpoint without giving it away. */
export function shortNameOf(endpoint: string): string {
  return createHash('sha256').update(endpoint).digest('base64url').slice(0, 8);
}

function readPublicKey(value: unknown): string {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'base64url') : Buffer.alloc(0);
  if (bytes.length !== PUBLIC_KEY_BYTES || !isOnCurve(bytes)) throw new TypeError('keys.p256dh is no point on P-256');
  return bytes.toString('base64url');
}

function isOnCurve(point: Buffer): boolean {
  try {
    ECDH.convertKey(point, 'prime256v1');
    return true;
  } catch {
    return false;
  }
}

function readSecret(value: unknown): string {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'base64url') : Buffer.alloc(0);
  if (bytes.length !== SECRET_BYTES) throw new TypeError(`keys.auth is not ${SECRET_BYTES} bytes in base64url`);
  return bytes.toString('base64url');
}

function asFields(value: unknown, name = 'it'): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError(`${name} is no object`);
  return value as Readonly<Record<string, unknown>>;
}
