import type { ErrorDetail } from '../api-error.js';
import { FIELD_NAME, type FieldPath, fieldPath, isKnownField } from './field-path.js';

export interface Sort {
  readonly field: string;
  readonly path: FieldPath;
  readonly direction: 'ascending' | 'descending';
}

const PIECE = new RegExp(`^([-+]?)(${FIELD_NAME})$`, 'u');

/**
 * Reads `_sort` (5.7). What is no field is ignored, as in Kinto; a field named twice sorts once, where it stands
 * first. `last_modified`, newest first, is added when it is not there: it decides every tie, as no two objects of a
 * list share it.
 */
export function parseSort(
  values: readonly string[],
  strictFields: readonly string[] | undefined,
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
  if (!keys.has('last_modified')) {
    keys.set('last_modified', { field: 'last_modified', path: ['last_modified'], direction: 'descending' });
  }
  return [...keys.values()];
}
