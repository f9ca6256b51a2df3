/**
 * The values JSON can carry. A whole number that a double cannot hold exactly is a `bigint`, and no other is, so that
 * it comes out again as it went in.
 */
export type JsonValue = null | boolean | number | bigint | string | JsonValue[] | JsonObject;
export interface JsonObject {
  [key: string]: JsonValue;
}

/**
 * Compact JSON as Kinto writes it: no spaces, every character outside ASCII as `\uXXXX` with upper-case digits
 * (kinto-api.md, 0.1), so that the length in characters is the length in bytes.
 */
export function encodeJson(value: unknown): string {
  return escapeNonAscii(stringifyJson(value));
}

/** Where a big integer stands in a text for a moment. Nobody outside this process can know it. */
const MARK = `integer-${globalThis.crypto.randomUUID()}:`;
const EVERY_MARK = new RegExp(`"${MARK}(-?\\d+)"`, 'g');

/** As `JSON.stringify`, and big integers as the digits they are. */
export function stringifyJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    // `JSON.stringify` knows no bigint; looking for one beforehand would cost every object a walk.
    if (!(error instanceof TypeError) || !/BigInt/i.test(error.message)) throw error;
    return JSON.stringify(value, (_key, inner: unknown) => {
      return typeof inner === 'bigint' ? MARK + inner.toString() : inner;
    }).replace(EVERY_MARK, '$1');
  }
}

/** As many digits as the first whole number that a double does not hold has: 2^53 is 9007199254740992. */
const MANY_DIGITS = /\d{16}/;

/** As `JSON.parse`, but no digit of a whole number is lost. @throws SyntaxError */
export function parseJsonText(text: string): JsonValue {
  if (!MANY_DIGITS.test(text)) return JSON.parse(text) as JsonValue;
  const marked = markBigIntegers(text);
  if (marked === text) return JSON.parse(text) as JsonValue;
  return JSON.parse(marked, (_key, value: JsonValue) => {
    return typeof value === 'string' && value.startsWith(MARK) ? BigInt(value.slice(MARK.length)) : value;
  }) as JsonValue;
}

const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const BIG_INTEGER = /^-?[1-9]\d{15,}$/;

/** Puts each big integer between quotes, behind the mark; a text that is no JSON stays none. */
function markBigIntegers(text: string): string {
  let marked = '';
  let copied = 0;
  for (let index = 0; index < text.length; index++) {
    const character = text[index]!;
    if (character === '"') {
      index = endOfString(text, index);
    } else if (character === '-' || (character >= '0' && character <= '9')) {
      NUMBER.lastIndex = index;
      const number = NUMBER.exec(text)?.[0];
      if (number === undefined) continue;
      const end = index + number.length;
      // In front of a colon it would turn something that is no JSON into a key.
      if (isBigInteger(number) && nextVisible(text, end) !== ':') {
        marked += `${text.slice(copied, index)}"${MARK}${number}"`;
        copied = end;
      }
      index = end - 1;
    }
  }
  return marked + text.slice(copied);
}

function isBigInteger(number: string): boolean {
  return BIG_INTEGER.test(number) && !Number.isSafeInteger(Number(number));
}

function nextVisible(text: string, start: number): string | undefined {
  let index = start;
  while (index < text.length && ' \t\r\n'.includes(text[index]!)) index += 1;
  return text[index];
}

/** The index of the closing quote, or of the text's end. */
function endOfString(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index++) {
    if (text[index] === '\\') index += 1;
    else if (text[index] === '"') return index;
  }
  return text.length;
}

/** The same value with doubles for big integers, for code that knows only numbers. The value itself is not changed. */
export function withoutBigIntegers(value: JsonValue): JsonValue {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(withoutBigIntegers);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutBigIntegers(inner)]));
}

/** Applies the escaping of {@link encodeJson} to text that is JSON already. */
export function escapeNonAscii(json: string): string {
  return NON_ASCII.test(json) ? json.replace(EVERY_NON_ASCII, escapeUnit) : json;
}

/* eslint-disable-next-line no-control-regex -- the whole of ASCII is meant, control characters included */
const NON_ASCII = /[^\x00-\x7f]/;
/* eslint-disable-next-line no-control-regex -- as above */
const EVERY_NON_ASCII = /[^\x00-\x7f]/g;

function escapeUnit(character: string): string {
  return '\\u' + character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
