import type { ErrorDetail } from '../api-error.js';
import type { JsonValue } from '../json.js';
import { FIELD_NAME, type FieldPath, fieldPath, isKnownField } from './field-path.js';
import { coerceValue, findFault, findNotText, isBlank, readInteger } from './query-parameters.js';

export const OPERATORS = [
  'lt',
  'min',
  'max',
  'not',
  'eq',
  'gt',
  'in',
  'exclude',
  'like',
  'has',
  'contains_any',
  'contains',
] as const;
export type FilterOperator = (typeof OPERATORS)[number];

/** One condition on the objects of a list (5.2). `id` and `last_modified` are columns, any other path leads into the JSON. */
export type Filter = {
  readonly path: FieldPath;
  /** The parameter as written, prefix included: what an error names. */
  readonly parameter: string;
} & (
  | { readonly operator: 'eq' | 'not' | 'lt' | 'max' | 'gt' | 'min'; readonly value: JsonValue }
  | { readonly operator: 'in' | 'exclude' | 'contains' | 'contains_any'; readonly value: readonly JsonValue[] }
  | { readonly operator: 'like'; readonly value: string }
  | { readonly operator: 'has'; readonly value: boolean }
);

export interface FilterOptions {
  readonly nowMs: number;
  readonly strictFields?: readonly string[];
}

/** What is wrong with the parameters of a list. */
export interface Violations {
  /** That a parameter with a type has none of its values: Kinto tells all of them, and before anything else. */
  readonly typed: ErrorDetail[];
  readonly others: ErrorDetail[];
}

/** A parameter taken apart, its value not read yet. */
interface Condition {
  readonly parameter: string;
  readonly field: string;
  readonly operator: FilterOperator;
  /** As often as it was given: once, nearly always. */
  readonly texts: readonly string[];
}

/** The parameters with an underscore that filter all the same, and what each compares `last_modified` by (5.5). */
export const POLLING: ReadonlyMap<string, 'gt' | 'lt'> = new Map([
  ['_since', 'gt'],
  ['_before', 'lt'],
  ['_to', 'lt'],
]);

const PREFIXED = new RegExp(`^(${OPERATORS.join('|')})_(${FIELD_NAME})$`, 'u');

/** Timestamps this far ahead are refused: no object has them, so it is a wrong unit or a broken clock. */
const DAY_MS = 24 * 60 * 60 * 1000;

const ONE_OF = ['in', 'exclude'];
const IN_AN_ARRAY = ['contains', 'contains_any'];

/** The filters among the parameters of a list, in order; what is wrong with them is added to `violations`. */
export function parseFilters(
  grouped: ReadonlyMap<string, readonly string[]>,
  options: FilterOptions,
  violations: Violations,
): Filter[] {
  return [...grouped].flatMap(([parameter, texts]) => {
    const filter = parseFilter(parameter, texts, options, violations);
    return filter === undefined ? [] : [filter];
  });
}

function parseFilter(
  parameter: string,
  texts: readonly string[],
  options: FilterOptions,
  violations: Violations,
): Filter | undefined {
  const polling = POLLING.get(parameter);
  // `_since=null` is as good as absent, as Kinto's documentation has it; its code would answer an empty list.
  if (polling !== undefined && texts.length === 1 && texts[0]?.trim() === 'null') return undefined;
  if (polling === undefined && parameter.startsWith('_')) return undefined;

  const [, operator = 'eq', field = parameter] = PREFIXED.exec(parameter) ?? [];
  const condition = { parameter, field, operator: operator as FilterOperator, texts };
  if (polling !== undefined || parameter === 'last_modified') {
    return parsePlainTimestamp(parameter, texts, polling ?? 'eq', options.nowMs, violations);
  }
  if (!isKnownField(field, options.strictFields)) {
    return refuse(violations, parameter, `Unknown filter field '${parameter}'`);
  }
  if (parameter.includes('\0')) return refuse(violations, parameter, 'Invalid character 0x00');
  if (field === 'last_modified') return parseTimestampFilter(condition, options.nowMs, violations);
  return field === 'id' ? parseIdFilter(condition, violations) : parseFieldFilter(condition, violations);
}

/** `last_modified`, `_since`, `_before`, `_to` (5.6). */
function parsePlainTimestamp(
  parameter: string,
  texts: readonly string[],
  operator: 'eq' | 'gt' | 'lt',
  nowMs: number,
  violations: Violations,
): Filter | undefined {
  if (isBlank(texts)) return refuse(violations, parameter);
  const value = readInteger(parameter, texts, violations.typed);
  if (value === undefined) return undefined;
  if (value >= nowMs + DAY_MS) return refuse(violations, parameter);
  return { path: ['last_modified'], parameter, operator, value };
}

/** `gt_last_modified` and its like: numbers only, so no lists and no text; Kinto says no more than that it is invalid. */
function parseTimestampFilter(
  { parameter, operator, texts }: Condition,
  nowMs: number,
  violations: Violations,
): Filter | undefined {
  const path: FieldPath = ['last_modified'];
  const value = readInteger(parameter, texts, []);
  if (value === undefined || value >= nowMs + DAY_MS) return refuse(violations, parameter);
  switch (operator) {
    case 'in':
    case 'exclude':
    case 'contains':
    case 'contains_any':
    case 'like':
      return refuse(violations, parameter);
    case 'has':
      return { path, parameter, operator, value: value !== 0 };
    default:
      return { path, parameter, operator, value };
  }
}

/** An id is text: `id=1` asks for quotes, where a comparison such as `gt_id=1` takes the number as it was written. */
function parseIdFilter(condition: Condition, violations: Violations): Filter | undefined {
  const { parameter, operator, texts } = condition;
  const [text = ''] = texts;
  const value = coerceValue(text);
  if (IN_AN_ARRAY.includes(operator)) return refuse(violations, parameter, `Field 'id' is not an array`);
  const notText = parameter === 'id' ? findNotText(parameter, texts) : undefined;
  if (notText !== undefined) {
    violations.typed.push(notText);
    return undefined;
  }
  if (operator === 'like' || operator === 'has' || ONE_OF.includes(operator)) {
    const filter = parseFieldFilter(condition, violations);
    const isText = !Array.isArray(filter?.value) || filter.value.every((one) => typeof one === 'string');
    return isText ? filter : refuse(violations, parameter);
  }
  if (texts.length > 1) {
    // A list of texts (5.1), which no id equals.
    if (operator === 'eq') return { path: ['id'], parameter, operator: 'in', value: [] };
    if (operator === 'not') return { path: ['id'], parameter, operator: 'exclude', value: [] };
    return refuse(violations, parameter);
  }
  const plain = typeof value === 'string' ? condition : { ...condition, texts: [JSON.stringify(text)] };
  return parseFieldFilter(plain, violations);
}

function parseFieldFilter(
  { parameter, field, operator, texts }: Condition,
  violations: Violations,
): Filter | undefined {
  const [text = ''] = texts;
  // Repeated, a parameter is the list of its texts (5.1): nothing in practice equals that.
  const value: JsonValue = texts.length > 1 ? [...texts] : coerceValue(text);
  const path = fieldPath(field);
  const pieces = ONE_OF.includes(operator) ? splitPieces(texts) : undefined;
  const fault = findFault(pieces ?? value) ?? (text.includes('\0') ? 'nul' : undefined);
  if (fault !== undefined) {
    return refuse(violations, parameter, fault === 'nul' ? 'Invalid character 0x00' : undefined);
  }
  switch (operator) {
    case 'in':
    case 'exclude':
      return { path, parameter, operator, value: pieces ?? [] };
    case 'contains':
    case 'contains_any':
      return { path, parameter, operator, value: Array.isArray(value) ? value : [value] };
    case 'like':
      return typeof value === 'string' ? { path, parameter, operator, value } : refuse(violations, parameter);
    case 'has':
      return { path, parameter, operator, value: isTruthy(value) };
    default:
      return { path, parameter, operator, value };
  }
}

/**
 * Plain commas: Kinto knows neither quoting nor JSON lists here, so `[1,2]` is the two texts `[1` and `2]`. Of a
 * parameter that is repeated, each text is one value, commas and all. An empty piece is none.
 */
function splitPieces(texts: readonly string[]): JsonValue[] {
  const pieces = texts.length > 1 ? texts : (texts[0] ?? '').split(',');
  return pieces.filter((piece) => piece !== '').map((piece) => coerceValue(piece));
}

/** As Python has it: empty text, zero, `null`, `false`, and empty lists and objects are false. */
function isTruthy(value: JsonValue): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

function refuse(violations: Violations, parameter: string, description = `Invalid value for ${parameter}`): undefined {
  violations.others.push({ location: 'querystring', name: parameter, description });
  return undefined;
}
