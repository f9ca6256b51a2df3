import { isJsonObject, type JsonObject, type JsonValue } from '../wire/json.js';

/*
 * One text for each JSON value, so that comparing the texts byte by byte compares the values in the order of
 * kinto-api.md, 5.2, which is PostgreSQL's for jsonb:
 *
 *   [] < null < string < number < boolean < array < object < missing
 *
 * The first character is the rank of the type, what follows orders the values within it. Two values have the same key
 * exactly if they are equal: 1 is 1.0, and the keys of an object have no order.
 */
const RANK = {
  emptyArray: '0',
  null: '1',
  string: '2',
  number: '3',
  boolean: '4',
  array: '5',
  object: '6',
  missing: '7',
};

/** Above every other key: a missing field sorts last. */
export const MISSING_KEY = RANK.missing;

/** The key of a value that stands by itself, or of a missing one. */
export function orderKey(value: JsonValue | undefined): string {
  if (value === undefined) return MISSING_KEY;
  if (typeof value === 'string') return RANK.string + value;
  // Only here is the empty array below everything; inside an array it is an array like any other (jsonb again).
  if (Array.isArray(value) && value.length === 0) return RANK.emptyArray;
  return nestedKey(value);
}

/** The key of a value inside another: it says itself where it ends, so that keys can be strung together. */
function nestedKey(value: JsonValue): string {
  if (value === null) return RANK.null;
  if (typeof value === 'string') return RANK.string + delimit(value);
  if (typeof value === 'number') return RANK.number + numberKey(value) + EXACT;
  if (typeof value === 'bigint') return RANK.number + bigIntegerKey(value);
  if (typeof value === 'boolean') return RANK.boolean + (value ? '1' : '0');
  if (Array.isArray(value)) return RANK.array + lengthKey(value.length) + value.map(nestedKey).join('');
  return RANK.object + objectKey(value);
}

/** By the number of pairs, then pair by pair, shorter keys first: jsonb stores them in this order. */
function objectKey(object: JsonObject): string {
  const keys = Object.keys(object)
    .map((key) => ({ key, bytes: Buffer.from(key) }))
    .sort((a, b) => a.bytes.length - b.bytes.length || Buffer.compare(a.bytes, b.bytes));
  return lengthKey(keys.length) + keys.map(({ key }) => delimit(key) + nestedKey(object[key] ?? null)).join('');
}

const END = '\u0001';
/* eslint-disable-next-line no-control-regex -- the end mark and what stands below it are control characters */
const BELOW_OR_AT_ESCAPE = /[\u0000-\u0002]/g;

/** The text and an end mark lower than any character of it, so that a prefix comes before what it begins. */
function delimit(text: string): string {
  const escaped = text.replace(BELOW_OR_AT_ESCAPE, (unit) => '\u0002' + String.fromCharCode(unit.charCodeAt(0) + 1));
  return escaped + END;
}

function lengthKey(length: number): string {
  return length.toString(16).padStart(8, '0');
}

const double = new DataView(new ArrayBuffer(8));

/** The sixteen digits of the double, its bits turned so that unsigned order is numeric order. */
function numberKey(value: number): string {
  double.setFloat64(0, value === 0 ? 0 : value); // -0 equals 0
  const high = double.getUint32(0);
  const low = double.getUint32(4);
  const isNegative = high >= 0x80000000;
  const highBits = isNegative ? ~high >>> 0 : (high | 0x80000000) >>> 0;
  const lowBits = isNegative ? ~low >>> 0 : low;
  return hex32(highBits) + hex32(lowBits);
}

/** Behind the digits of a double: the number is just this, or comes somewhat after it. */
const EXACT = '0';
const BEYOND = '1';

/** The double below it, and how far it is from there. */
function bigIntegerKey(value: bigint): string {
  let below = Number(value);
  if (BigInt(below) > value) below = doubleBelow(below);
  const distance = value - BigInt(below);
  if (distance === 0n) return numberKey(below) + EXACT;
  const digits = distance.toString(16);
  return numberKey(below) + BEYOND + lengthKey(digits.length) + digits;
}

/** The next double towards minus infinity. */
function doubleBelow(value: number): number {
  double.setFloat64(0, value);
  const bits = double.getBigInt64(0);
  double.setBigInt64(0, value > 0 ? bits - 1n : bits + 1n);
  return double.getFloat64(0);
}

function hex32(bits: number): string {
  return bits.toString(16).padStart(8, '0');
}

/** Whether the key belongs to an array or an object, empty or not. */
export function isComposite(value: JsonValue): value is JsonValue[] | JsonObject {
  return Array.isArray(value) || isJsonObject(value);
}
