/** Kinto's ETag: the timestamp in ms between double quotes, always strong (kinto-api.md, 4.1). */
export function formatEtag(timestamp: number): string {
  return `"${timestamp}"`;
}

/** No `Date` goes further from the epoch (ECMA-262, 21.4.1.1); clients may suggest timestamps that do. */
const MAX_DATE = 8.64e15;

let latestDate = { second: NaN, text: '' };

/** The HTTP date of a timestamp in ms, cut to the second. The latest one is remembered: writes share their second. */
export function formatHttpDate(timestamp: number): string {
  const second = Math.floor(timestamp / 1000);
  if (second !== latestDate.second) {
    const date = new Date(Math.max(-MAX_DATE, Math.min(timestamp, MAX_DATE)));
    latestDate = { second, text: date.toUTCString() };
  }
  return latestDate.text;
}

/** What an `If-Match` or `If-None-Match` header may say: anything, or one timestamp. */
export type EntityTag = '*' | number;

/**
 * Reads the two conditional headers' value. Absent and empty mean no condition, and so does `"0"`, which Kinto takes
 * for absent (kinto-api.md, 4.3). Everything but `*` and one quoted integer is `'invalid'`.
 */
export function parseEntityTag(header: string | undefined): EntityTag | 'invalid' | undefined {
  if (header === undefined || header === '') return undefined;
  if (header === '*') return '*';
  const match = /^"(\d{1,19})"$/.exec(header);
  if (match === null) return 'invalid';
  const timestamp = Number(match[1]);
  return timestamp === 0 ? undefined : timestamp;
}
