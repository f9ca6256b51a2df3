/** The values JSON can carry. */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;
export interface JsonObject {
  [key: string]: JsonValue;
}

/**
 * Compact JSON as Kinto writes it: no spaces, every character outside ASCII as `\uXXXX` with upper-case digits
 * (kinto-api.md, 0.1), so that the length in characters is the length in bytes.
 */
export function encodeJson(value: unknown): string {
  return escapeNonAscii(JSON.stringify(value));
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
