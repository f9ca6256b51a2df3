import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import type { AuthPolicy, RequestHeaders } from '../auth-policy.js';
import { parseBasicCredentials } from './basic-credentials.js';

/**
 * Kinto's own: whatever credentials are given, they are somebody, always the same one. The id is
 * `hex(HMAC-SHA256(secret, "user:password"))` (kinto-api.md, 8.2), so an existing database keeps its users.
 */
export class BasicAuthPolicy implements AuthPolicy {
  private readonly key: KeyObject;
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

  async authenticate(headers: RequestHeaders): Promise<string | undefined> {
    const credentials = parseBasicCredentials(headers.authorization);
    if (credentials === undefined) return undefined;
    const { username, password } = credentials;
    return createHmac('sha256', this.key).update(`${username}:${password}`, 'utf8').digest('hex');
  }
}
