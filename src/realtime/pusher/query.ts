/**
 * The parameters of a query, names in lower case, names and values decoded. A `+` stays a plus sign: the libraries
 * sign what they have, and write a space as `%20` (pusher-protocol.md, 5.1).
 *
 * @returns undefined when a name is given twice: one value would be signed and the other used.
 */
export function parseQuery(query: string): Map<string, string> | undefined {
  const parameters = new Map<string, string>();
  for (const part of query.split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = decode(equals < 0 ? part : part.slice(0, equals)).toLowerCase();
    if (parameters.has(name)) return undefined;
    parameters.set(name, equals < 0 ? '' : decode(part.slice(equals + 1)));
  }
  return parameters;
}

/** Percent-decoding that leaves alone what is not valid: then the signature does not fit, which is the better error. */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
