import type { ErrorDetail } from '../api-error.js';
import { isJsonObject, parseJsonText, type JsonValue } from '../json.js';

/** Kinto's highest number in a querystring. */
const MAX_INTEGER = 2n ** 63n;

/** Deeper values compare with nothing anyone stores, and would only exhaust the stack of whoever walks them. */
const MAX_VALUE_DEPTH = 100;

/** The values of each parameter by its trimmed name, names in order of first appearance. */
export function groupParameters(params: readonly (readonly [name: string, value: string])[]): Map<string, string[]> {
  const grouped = new Map<string, string[]>();
  for (const [name, value] of params) {
    const trimmed = name.trim();
    const values = grouped.get(trimmed);
    if (values === undefined) grouped.set(trimmed, [value]);
    else values.push(value);
  }
  return grouped;
}

/** A parameter without a value, in any of the ways Kinto takes for one: nothing, `null`, `""`, `{}`. */
export function isBlank(values: readonly string[]): boolean {
  const [only = ''] = values;
  return values.length <= 1 && ['', 'null', '""', '{}'].includes(only.trim());
}

/**
 * The value a filter compares with: JSON where the text is JSON, else the text itself (5.1). A number beyond the
 * range of a double is not JSON here: it would compare as infinity.
 */
export function coerceValue(text: string): JsonValue {
  try {
    const value = parseJsonText(text);
    return hasOnlyFiniteNumbers(value) ? value : text;
  } catch {
    return text;
  }
}

/** Without recursion: nobody has limited the depth of the value yet. */
function hasOnlyFiniteNumbers(value: JsonValue): boolean {
  const pending = [value];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if ((typeof next === 'number' || typeof next === 'bigint') && !Number.isFinite(Number(next))) return false;
    if (typeof next === 'object' && next !== null) {
      for (const inner of Object.values<JsonValue>(next)) pending.push(inner);
    }
  }
  return true;
}

/** What no backend can store, so no filter may compare with it; `undefined` when there is nothing to say. */
export function findFault(value: JsonValue, depth = 0): 'nul' | 'depth' | undefined {
  if (typeof value === 'string') return value.includes('\0') ? 'nul' : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth === MAX_VALUE_DEPTH) return 'depth';
  const inner = isJsonObject(value) ? [...Object.keys(value), ...Object.values(value)] : value;
  for (const item of inner) {
    const fault = findFault(item, depth + 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/**
 * An integer of zero or more, as `_limit`, `_since` and the like take it: plain or in double quotes (as in an ETag),
 * or a fraction, which is truncated. Adds to `violations` and returns `undefined` when it is anything else.
 */
export function readInteger(name: string, values: readonly string[], violations: ErrorDetail[]): number | undefined {
  const refuse = (description: string): undefined => {
    violations.push({ location: 'querystring', name, description });
    return undefined;
  };
  const [text = ''] = values;
  if (values.length > 1) return refuse(`"${pythonList(values)}" is not a number`);
  const integer = integerFrom(text);
  if (integer === undefined) return refuse(`"${unquote(text)}" is not a number`);
  if (integer < 0n) return refuse(`${String(integer)} is less than minimum value 0`);
  if (integer > MAX_INTEGER) return refuse(`${String(integer)} is greater than maximum value ${String(MAX_INTEGER)}`);
  return Number(integer);
}

/** What is to be said of a parameter that must be a text, and is a number or was repeated. */
export function findNotText(name: string, values: readonly string[]): ErrorDetail | undefined {
  const [text = ''] = values;
  const isNumber = ['number', 'bigint'].includes(typeof coerceValue(text));
  if (values.length <= 1 && !isNumber) return undefined;
  const shown = values.length > 1 ? pythonList(values) : text;
  return { location: 'querystring', name, description: `${shown} is not a string: {'${name}': ''}` };
}

function pythonList(values: readonly string[]): string {
  return `[${values.map((value) => `'${value}'`).join(', ')}]`;
}

function integerFrom(text: string): bigint | undefined {
  const digits = unquote(text).trim();
  if (/^[-+]?\d+$/.test(digits)) return BigInt(digits.replace(/^\+/, ''));
  const value = coerceValue(text);
  return typeof value === 'number' ? BigInt(Math.trunc(value)) : undefined;
}

function unquote(text: string): string {
  const value = coerceValue(text);
  return typeof value === 'string' ? value : text;
}
