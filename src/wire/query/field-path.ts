import { isJsonObject, type JsonObject, type JsonValue } from '../json.js';

/** A field as a path into nested objects: `address.street`. A key that itself contains a dot cannot be reached (5.4). */
export type FieldPath = readonly string[];

/** Kinto's word characters and dots, in any script: what a field may be made of behind an operator or in `_sort`. */
export const FIELD_NAME = '[\\p{L}\\p{N}_.]+';

/** Fields every resource has, whatever its schema. */
const COMMON_FIELDS: readonly string[] = ['id', 'last_modified', 'deleted'];

export function fieldPath(field: string): FieldPath {
  return field.split('.');
}

/** Whether a resource of these fields has this one. Only the top level is known: what lies below is free. */
export function isKnownField(field: string, strictFields: readonly string[] | undefined): boolean {
  const [root = ''] = fieldPath(field);
  return strictFields === undefined || COMMON_FIELDS.includes(root) || strictFields.includes(root);
}

/** The value at `path`, `undefined` where it is missing; a path through anything but an object is missing. */
export function valueAt(object: JsonObject, path: FieldPath): JsonValue | undefined {
  let value: JsonValue | undefined = object;
  for (const key of path) {
    if (!isJsonObject(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}
