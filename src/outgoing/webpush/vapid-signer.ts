import webPush from 'web-push';

/** Who sends: the key pair in base64url, and whom a push service may write to about it. */
export interface VapidIdentity {
  readonly vapidPublicKey: string;
  readonly vapidPrivateKey: string;
  readonly subject: string;
}

/** The library's tokens last twelve hours; half of that is left for clocks that differ. */
const USED_FOR = 6 * 3_600_000;

/** Subscriptions may have as many origins as their users can think of. */
const MOST_KEPT = 1000;

/**
 * Says who this server is (RFC 8292). One token serves every message to a push service for hours: signing takes longer
 * than all else that is done for a message, and push services keep what they have verified.
 */
export class VapidSigner {
  // A private field, so that no log line or inspector can show the key in it.
  readonly #settings: VapidIdentity;
  readonly #kept = new Map<string, { readonly header: string; readonly signedAt: number }>();

  constructor(settings: VapidIdentity) {
    this.#settings = settings;
  }

  /** The `Authorization` for messages to that push service. */
  headerFor(origin: string, now = Date.now()): string {
    const kept = this.#kept.get(origin);
    // A clock that was set back is as good a reason for a new one.
    if (kept !== undefined && now - kept.signedAt >= 0 && now - kept.signedAt < USED_FOR) return kept.header;
    const { subject, vapidPublicKey, vapidPrivateKey } = this.#settings;
    const signed = webPush.getVapidHeaders(origin, subject, vapidPublicKey, vapidPrivateKey, 'aes128gcm');
    if (this.#kept.size >= MOST_KEPT) this.#kept.clear();
    this.#kept.set(origin, { header: signed.Authorization, signedAt: now });
    return signed.Authorization;
  }

  /** The next message is signed anew. */
  forget(origin: string): void {
    this.#kept.delete(origin);
  }
}
