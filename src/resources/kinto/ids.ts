import { randomBytes, randomUUID } from 'node:crypto';

/** Ids of buckets, groups, collections and records; unlike Kinto's, it takes no line break at the end (2.1). */
export const ID_PATTERN = /^[a-zA-Z0-9][a-zA-Z0-9_-]*$/;

const FIRST = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const REST = `${FIRST}_-`;

/** Eight characters, as Kinto names buckets, groups and collections. */
export function makeShortId(): string {
  let id = '';
  while (id.length < 8) {
    const alphabet = id === '' ? FIRST : REST;
    for (const byte of randomBytes(16)) {
      const index = byte & 63;
      // Throwing away what is over keeps every character as likely as the others.
      if (index < alphabet.length && id.length < 8) {
        id += alphabet[index];
        if (id.length === 1) break;
      }
    }
  }
  return id;
}

export function makeUuid(): string {
  return randomUUID();
}
