import { randomBytes } from 'node:crypto';

/** What no other will be called: 48 bits in base 36. */
export function randomName(): string {
  return randomBytes(6).readUIntBE(0, 6).toString(36);
}
