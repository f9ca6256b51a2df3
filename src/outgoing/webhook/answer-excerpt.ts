import { oneLine } from '../one-line.js';

/** What is shorter is a word that may stand in any answer, not a secret. */
const SHORTEST_SECRET = 4;
/** Of a path's segment: `hooks` is none. */
const SHORTEST_SEGMENT = 16;

/** HMAC-SHA256 as Base64: an answer may repeat the signature it found wrong. */
const SIGNATURES = /[A-Za-z0-9+/]{43}=/g;

/** Shortens the answers of one receiver for the log, and hides in them what it was sent in confidence. */
export class AnswerExcerpt {
  readonly #hidden: readonly string[];

  constructor(url: URL, secrets: readonly string[], headers: Readonly<Record<string, string>>) {
    const words = [...secrets, ...secrets.map((secret) => secret.replace(/^whsec_/, ''))];
    for (const value of Object.values(headers)) words.push(value, ...value.split(/[\s,;=]+/));
    words.push(...url.searchParams.values(), ...url.search.split(/[?&=]/));
    const segments = url.pathname.split('/').filter((segment) => segment.length >= SHORTEST_SEGMENT);
    // The longest first, or a part of it would be gone already.
    this.#hidden = [...new Set([...words, ...segments])]
      .filter((word) => word.length >= SHORTEST_SECRET)
      .sort((left, right) => right.length - left.length);
  }

  of(text: string): string {
    const safe = this.#hidden.reduce((shown, word) => shown.replaceAll(word, '***'), text);
    return oneLine(safe.replace(SIGNATURES, '***'));
  }
}
