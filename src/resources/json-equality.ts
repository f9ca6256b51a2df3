import { isJsonObject, type JsonValue } from '../wire/json.js';

/** @param spend called with how many elements are about to be looked at */
export function isJsonEqual(a: JsonValue, b: JsonValue, spend: (elements: number) => void = () => undefined): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    if (a.length !== b.length) return false;
    spend(a.length);
    return a.every((item, index) => isJsonEqual(item, b[index]!, spend));
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return false;
  const keys = Object.keys(a);
  const others = Object.keys(b);
  spend(keys.length + others.length);
  return (
    keys.length === others.length && keys.every((key) => Object.hasOwn(b, key) && isJsonEqual(a[key]!, b[key]!, spend))
  );
}

/** A text that two values have in common exactly if they are equal, whatever the order of their keys. */
export function canonicalText(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (isJsonObject(value)) {
    const pairs = Object.keys(value)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${canonicalText(value[key]!)}`);
    return `{${pairs.join(',')}}`;
  }
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
