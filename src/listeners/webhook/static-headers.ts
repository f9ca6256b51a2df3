/** RFC 9110, 5.1: a token. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE = /^[\t\x20-\x7e]*$/;

/** What each request has of its own, or its connection. */
const TAKEN = [
  ...['content-type', 'content-length', 'content-encoding', 'host', 'connection', 'keep-alive', 'transfer-encoding'],
  ...['te', 'trailer', 'upgrade', 'expect', 'proxy-connection'],
];

/**
 * Headers that are written one a line, as `Name: value`; names in small letters.
 *
 * @throws RangeError with the line's number and the name; never with a value, which may be a credential
 */
export function parseHeaders(text: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    const where = `line ${index + 1}`;
    if (!NAME.test(name)) throw new RangeError(`${where} is not "Name: value"`);
    if (TAKEN.includes(name) || name.startsWith('webhook-')) throw new RangeError(`${where}: ${name} cannot be chosen`);
    if (!VALUE.test(value)) throw new RangeError(`${where}: the value of ${name} is not made of printable ASCII`);
    if (Object.hasOwn(headers, name)) throw new RangeError(`${where}: ${name} stands there twice`);
    headers[name] = value;
  }
  return headers;
}
