import type { ErrorDetail } from '../api-error.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../json.js';
import { fieldPath, isKnownField } from './field-path.js';

/** What to keep below each key; `whole` when all of it. */
type Selection = Map<string, Selection | 'whole'>;

/** Reads `_fields` (5.9): pieces are not trimmed; without any, everything is shown. */
export function parseFields(
  values: readonly string[],
  strictFields?: readonly string[],
  violations: ErrorDetail[] = [],
): string[] | undefined {
  const fields = values.flatMap((value) => value.split(',')).filter((field) => field !== '');
  const unknown = fields
    .filter((field) => !isKnownField(field, strictFields))
    .map((field) => fieldPath(field)[0] ?? '');
  if (unknown.length > 0) {
    // Kinto's own wording and place, odd as they are: clients see them.
    const description = `Fields ${[...new Set(unknown)].sort().join(',')} do not exist`;
    violations.push({ location: 'body', name: 'Invalid _fields parameter', description });
  }
  return fields.length === 0 ? undefined : fields;
}

/**
 * The object with the given fields only; `id` and `last_modified` are always among them. A path into something that is
 * no object shows that value whole, a path into an object without the key shows `{}` (5.9). The object is not changed.
 */
export function projectFields(object: JsonObject, fields: readonly string[]): JsonObject {
  const selection: Selection = new Map();
  for (const field of [...fields, 'id', 'last_modified']) select(selection, fieldPath(field));
  return pick(object, selection);
}

function select(selection: Selection, path: readonly string[]): void {
  const [key = '', ...rest] = path;
  const current = selection.get(key);
  if (rest.length === 0) selection.set(key, 'whole');
  if (rest.length === 0 || current === 'whole') return;
  const below: Selection = current ?? new Map<string, Selection | 'whole'>();
  selection.set(key, below);
  select(below, rest);
}

function pick(object: JsonObject, selection: Selection): JsonObject {
  // fromEntries defines own keys: assigning to a key named __proto__ would not.
  return Object.fromEntries(
    Object.entries(object).flatMap(([key, value]): [string, JsonValue][] => {
      const wanted = selection.get(key);
      if (wanted === undefined) return [];
      return [[key, wanted !== 'whole' && isJsonObject(value) ? pick(value, wanted) : value]];
    }),
  );
}
