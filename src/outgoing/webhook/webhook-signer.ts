import { createHmac } from 'node:crypto';

/** Standard Webhooks, "Signature scheme": a secret is 24 to 64 random bytes, as Base64 behind this prefix. */
const PREFIX = 'whsec_';
const SECRET_BYTES = { least: 24, most: 64 };
/** Of a plain one: what somebody types is guessed more easily than what is random. */
const LEAST_PLAIN = 16;

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
/** Not a space, which separates secrets, and nothing that two encodings would write differently. */
const PRINTABLE = /^[\x21-\x7e]+$/;

/**
 * Signs messages as Standard Webhooks says: HMAC-SHA256 over `id.timestamp.body`. With several secrets each signs, so
 * that receivers may go from one to the next at their leisure.
 */
export class WebhookSigner {
  // A private field, so that no log line or inspector can show it.
  readonly #keys: readonly Buffer[];

  /** @throws RangeError for a secret that is too short or no Base64; it does not repeat the secret */
  constructor(secrets: readonly string[]) {
    if (secrets.length === 0) throw new RangeError('it is needed');
    this.#keys = secrets.map(keyOf);
  }

  /**
   * The three headers of one try.
   *
   * @param id the same at each try
   * @param now ms; receivers refuse what is some minutes old, so each try has its own
   */
  headersOf(id: string, body: string, now: number): Record<string, string> {
    const timestamp = String(Math.floor(now / 1000));
    const signed = `${id}.${timestamp}.${body}`;
    const signatures = this.#keys.map((key) => `v1,${createHmac('sha256', key).update(signed).digest('base64')}`);
    return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
  }
}

function keyOf(secret: string): Buffer {
  if (!secret.startsWith(PREFIX)) {
    if (!PRINTABLE.test(secret)) throw new RangeError('a plain secret is made of printable ASCII');
    if (secret.length < LEAST_PLAIN) throw new RangeError(`a plain secret has at least ${LEAST_PLAIN} characters`);
    return Buffer.from(secret);
  }
  const text = secret.slice(PREFIX.length);
  const key = Buffer.from(text, 'base64');
  if (!BASE64.test(text) || key.length < SECRET_BYTES.least || key.length > SECRET_BYTES.most) {
    throw new RangeError(`behind ${PREFIX} there are ${SECRET_BYTES.least} to ${SECRET_BYTES.most} bytes as Base64`);
  }
  return key;
}
