import { createHash, randomBytes } from 'node:crypto';
import nacl from 'tweetnacl';
import { Matches } from 'class-validator';
import { Setting } from '../../settings/setting.js';

export class EncryptionSettings {
  @Setting({
    key: 'channels.encryption_master_key',
    type: 'string',
    default: undefined,
    sentence:
      'The master key of encrypted channels, 32 bytes in base64; with it, changes are announced on private-encrypted-*.',
    secret: true,
  })
  @Matches(/^[A-Za-z0-9+/]{43}=$/, { message: 'must be 32 bytes in base64' })
  masterKey!: string | undefined;
}

/**
 * The application's side of encrypted channels, as server libraries have it (pusher-protocol.md, 4.2): whoever may
 * subscribe gets the channel's key with the signature, and who relays a message cannot read it.
 */
export class ChannelEncryption {
  // A private field, so that neither JSON, the inspector nor a log line can show it.
  readonly #masterKey: Buffer;

  constructor(masterKey: string) {
    this.#masterKey = Buffer.from(masterKey, 'base64');
  }

  /** What subscribers decrypt with, in base64. */
  sharedSecret(channel: string): string {
    return this.keyOf(channel).toString('base64');
  }

  /** The data of an event, in place of the text. */
  seal(channel: string, text: string): string {
    const nonce = randomBytes(nacl.secretbox.nonceLength);
    const box = nacl.secretbox(Buffer.from(text), nonce, this.keyOf(channel));
    return JSON.stringify({ nonce: nonce.toString('base64'), ciphertext: Buffer.from(box).toString('base64') });
  }

  private keyOf(channel: string): Buffer {
    return createHash('sha256').update(channel).update(this.#masterKey).digest();
  }
}
