/**
 * How long a `Retry-After` asks to wait, in ms: seconds, or a date (RFC 9110, 10.2.3). `undefined`: it is not there or
 * makes no sense.
 */
export function retryAfter(header: string | string[] | undefined, now: number): number | undefined {
  if (typeof header !== 'string') return undefined;
  const text = header.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  // `Date.parse` reads much that is no HTTP date, such as `-5`.
  const date = /^[A-Z][a-z]+, .* GMT$/.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
