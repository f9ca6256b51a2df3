import type { ResponseHeaders } from './api-message.js';

/**
 * How long an answer may be kept, as Kinto says it.
 *
 * @param seconds 0: not at all; below zero: nothing is said
 */
export function expiryHeaders(seconds: number): ResponseHeaders {
  if (seconds < 0) return {};
  const expires = new Date(Date.now() + seconds * 1000).toUTCString();
  if (seconds > 0) return { 'Cache-Control': `max-age=${seconds}`, Expires: expires };
  const never = 'max-age=0, must-revalidate, no-cache, no-store';
  return { 'Cache-Control': never, Expires: expires, 'Last-Modified': expires, Pragma: 'no-cache' };
}
