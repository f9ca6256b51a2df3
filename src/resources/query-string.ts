import { ApiError } from '../wire/api-error.js';

const STRICT_UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Kinto's own words, the missing space included (seen in Kinto 26.5). */
const INCORRECT_ENCODING =
  'A request with an incorrect encoding in the querystring wasreceived. Please make sure your requests are encoded in UTF-8: ';

/** How much of a query string a refusal repeats: in a batch, one can be as long as a body. */
const LONGEST_SHOWN = 2000;

/** @throws ApiError INVALID_URL for a query string that is not UTF-8, whoever would have read it */
export function ensureUtf8(queryString: string): void {
  if (queryString.includes('%')) decode(queryString, queryString);
}

/**
 * The decoded pairs of a query string, in their order; `+` is a space.
 *
 * @throws ApiError INVALID_URL when it is not UTF-8
 */
export function parseQueryString(queryString: string): [string, string][] {
  if (queryString === '') return [];
  return queryString
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const equals = pair.indexOf('=');
      if (equals === -1) return [decode(pair, queryString), ''];
      return [decode(pair.slice(0, equals), queryString), decode(pair.slice(equals + 1), queryString)];
    });
}

/** @param queryString the whole, of which the text is a part */
function decode(text: string, queryString: string): string {
  const spaced = text.replaceAll('+', ' ');
  if (!spaced.includes('%')) return spaced;
  try {
    return STRICT_UTF8.decode(percentDecode(spaced));
  } catch {
    throw new ApiError('INVALID_URL', { message: INCORRECT_ENCODING + queryString.slice(0, LONGEST_SHOWN) });
  }
}

/** Decodes what is an escape and leaves any other `%` as it stands, as servers have always done. */
function percentDecode(text: string): Buffer {
  const bytes: Buffer[] = [];
  let last = 0;
  for (const match of text.matchAll(/%([0-9a-fA-F]{2})/g)) {
    bytes.push(Buffer.from(text.slice(last, match.index)), Buffer.from(match[1]!, 'hex'));
    last = match.index + 3;
  }
  bytes.push(Buffer.from(text.slice(last)));
  return Buffer.concat(bytes);
}

/**
 * The decoded path. @throws ApiError INVALID_URL when it is not UTF-8
 */
export function decodePath(path: string): string {
  if (!path.includes('%')) return path;
  try {
    return STRICT_UTF8.decode(percentDecode(path));
  } catch {
    throw new ApiError('INVALID_URL', { message: 'Invalid URL path.' });
  }
}

/** The decoded path, or the path as it stands when it is not UTF-8. */
export function findDecodedPath(path: string): string {
  try {
    return decodePath(path);
  } catch {
    return path;
  }
}
