import { createECDH } from 'node:crypto';

const PRIVATE_KEY_BYTES = 32;

export interface VapidKeys {
  readonly publicKey: string;
  readonly privateKey: string;
}

/** Whether the two belong together; both in base64url. */
export function areKeyPair({ publicKey, privateKey }: VapidKeys): boolean {
  const ecdh = createECDH('prime256v1');
  try {
    ecdh.setPrivateKey(Buffer.from(privateKey, 'base64url'));
  } catch {
    return false;
  }
  return ecdh.getPublicKey('base64url') === publicKey;
}

/** A new pair in base64url (RFC 8292, 2 and 3.2). */
export function makeVapidKeys(): VapidKeys {
  const ecdh = createECDH('prime256v1');
  const publicKey = ecdh.generateKeys('base64url');
  // Node leaves out leading zeros; push services and browsers count the bytes.
  const hex = ecdh.getPrivateKey('hex').padStart(PRIVATE_KEY_BYTES * 2, '0');
  return { publicKey, privateKey: Buffer.from(hex, 'hex').toString('base64url') };
}
