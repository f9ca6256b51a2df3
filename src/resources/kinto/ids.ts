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

/**
 * A UUID in the form of version 4, as Kinto gives records, whose first 48 bits are the time in ms: ids made one after
 * another lie side by side in the database's indexes, where wholly random ones would each touch a page of their own
 * (a third of the cost of a create). 74 bits stay random, so no id can be guessed.
 */
export function makeUuid(now: number = Date.now()): string {
  const time = now.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}${randomUUID().slice(13)}`;
}
