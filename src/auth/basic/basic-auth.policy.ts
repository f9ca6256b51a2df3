import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import type { AuthPolicy, KnownUser, RequestHeaders } from '../auth-policy.js';
import { parseBasicCredentials } from './basic-credentials.js';

/**
 * Kinto's own: whatever credentials are given, they are somebody, always the same one. The id is
 * `hex(HMAC-SHA256(secret, "user:password"))` (kinto-api.md, 8.2), so an existing database keeps its users.
 */
export class BasicAuthPolicy implements AuthPolicy {
  private readonly key: KeyObject;
  /** By the whole header: an HMAC is a twentieth of what a create costs. */
  private readonly known = new Map<string, KnownUser>();
  readonly challenge = 'Basic realm="Realm"';

  /**
   * @param prefix the policy's configured name
   * @param secret `userid_hmac_secret`
   */
  constructor(
    readonly prefix: string,
    secret: string,
  ) {
    // Prepared once: that is a third of the cost of an HMAC of so few bytes, and every request has one.
    this.key = createSecretKey(Buffer.from(secret, 'utf8'));
  }

  async authenticate({ authorization }: RequestHeaders): Promise<KnownUser | undefined> {
    if (authorization === undefined) return undefined;
    const known = this.known.get(authorization);
    if (known !== undefined) return known;
    const credentials = parseBasicCredentials(authorization);
    if (credentials === undefined) return undefined;
    const { username, password } = credentials;
    const id = createHmac('sha256', this.key).update(`${username}:${password}`, 'utf8').digest('hex');
    if (this.known.size >= MAX_KNOWN) this.known.clear();
    if (authorization.length <= LONGEST_KNOWN) this.known.set(authorization, { id });
    return { id };
  }
}

/** How many callers are remembered, and how long a header, in characters: about 1 MB in all. */
const MAX_KNOWN = 2_000;
const LONGEST_KNOWN = 512;
