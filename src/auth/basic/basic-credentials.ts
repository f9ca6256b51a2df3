/** What a `Basic` header carries (RFC 7617). */
export interface BasicCredentials {
  readonly username: string;
  readonly password: string;
}

/**
 * Reads a `Basic` header: UTF-8, or latin-1 where the bytes are no UTF-8, as Kinto does. `undefined` for any other
 * scheme, anything malformed, and an empty user name (kinto-api.md, 8.2).
 */
export function parseBasicCredentials(authorization: string | undefined): BasicCredentials | undefined {
  const match = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(authorization ?? '');
  if (match === null) return undefined;
  const bytes = Buffer.from(match[1]!, 'base64');
  const text = decode(bytes);
  const colon = text.indexOf(':');
  if (colon <= 0) return undefined;
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

const STRICT_UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decode(bytes: Buffer): string {
  try {
    return STRICT_UTF8.decode(bytes);
  } catch {
    return bytes.toString('latin1');
  }
}
