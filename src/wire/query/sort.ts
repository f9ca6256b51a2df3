import type { ErrorDetail } from '../api-error.js';
import { FIELD_NAME, type FieldPath, fieldPath, isKnownField } from './field-path.js';

export interface Sort {
  readonly field: string;
  readonly path: FieldPath;
  readonly direction: 'ascending' | 'descending';
}

export interface SortOptions {
  readonly strictFields?: readonly string[];
  readonly uniqueText?: string;
}

const PIECE = new RegExp(`^([-+]?)(${FIELD_NAME})$`, 'u');

/**
 * Reads `_sort` (5.7). What is no field is ignored, as in Kinto; a field named twice sorts once, where it stands
 * first. `last_modified`, newest first, is added when it is not there: it decides every tie, as no two objects of a
 * list share it. Objects without timestamps are not sorted by them, and `uniqueText` decides, the highest first.
 */
export function parseSort(
  values: readonly string[],
  { strictFields, uniqueText }: SortOptions,
  violations: ErrorDetail[],
): Sort[] {
  const keys = new Map<string, Sort>();
  for (const piece of values.flatMap((value) => value.split(','))) {
    const [, sign, field] = PIECE.exec(piece.trim()) ?? [];
    if (field === undefined || keys.has(field)) continue;
    if (!isKnownField(field, strictFields)) {
      violations.push({ location: 'querystring', name: null, description: `Unknown sort field '${field}'` });
    }
    keys.set(field, { field, path: fieldPath(field), direction: sign === '-' ? 'descending' : 'ascending' });
  }
  if (uniqueText !== undefined) keys.delete('last_modified');
  const last = uniqueText ?? 'last_modified';
  if (!keys.has(last)) keys.set(last, { field: last, path: [last], direction: 'descending' });
  return [...keys.values()];
}
