import { createDecipheriv, createECDH, hkdfSync, randomBytes, type ECDH } from 'node:crypto';

/** A browser with a push subscription: it has the keys that nobody else can read its messages without. */
export class PushSubscriber {
  private readonly ecdh: ECDH = createECDH('prime256v1');
  private readonly publicKey = this.ecdh.generateKeys();
  private readonly secret = randomBytes(16);

  constructor(readonly endpoint: string) {}

  /** What `JSON.stringify` makes of a `PushSubscription`. */
  toJSON(): { endpoint: string; expirationTime: null; keys: { p256dh: string; auth: string } } {
    const keys = { p256dh: this.publicKey.toString('base64url'), auth: this.secret.toString('base64url') };
    return { endpoint: this.endpoint, expirationTime: null, keys };
  }

  /**
   * The text of a message of one record in `aes128gcm`: RFC 8188, 2 for the form, RFC 8291, 3.4 for the keys.
   *
   * @throws Error when it was not encrypted for this subscriber
   */
  decrypt(body: Buffer): string {
    const salt = body.subarray(0, 16);
    const recordSize = body.readUInt32BE(16);
    const senderKey = body.subarray(21, 21 + body.readUInt8(20));
    const record = body.subarray(21 + senderKey.length);
    if (record.length > recordSize) throw new Error('The message has more than one record');

    const shared = this.ecdh.computeSecret(senderKey);
    const keyInfo = Buffer.concat([Buffer.from('WebPush: info\0'), this.publicKey, senderKey]);
    const material = Buffer.from(hkdfSync('sha256', shared, this.secret, keyInfo, 32));
    const derive = (label: string, length: number) =>
      Buffer.from(hkdfSync('sha256', material, salt, Buffer.from(`Content-Encoding: ${label}\0`), length));

    const decipher = createDecipheriv('aes-128-gcm', derive('aes128gcm', 16), derive('nonce', 12));
    decipher.setAuthTag(record.subarray(-16));
    const padded = Buffer.concat([decipher.update(record.subarray(0, -16)), decipher.final()]);
    // The last record's text ends with a 2, then zeros.
    const end = padded.lastIndexOf(2);
    if (end < 0 || padded.subarray(end + 1).some((byte) => byte !== 0)) throw new Error('The padding is wrong');
    return padded.subarray(0, end).toString();
  }
}
