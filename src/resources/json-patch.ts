import { invalidParameters, type ErrorDetail } from '../wire/api-error.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../wire/json.js';
import { OPERATIONS, PatchedDocument, PatchFailure, tokensOf, type PatchOperation } from './patched-document.js';
import { bodyProblem, getReadable, pythonText, type BodyText } from './write-body.js';

export const JSON_PATCH_TYPE = 'application/json-patch+json';

const KEYS = ['op', 'path', 'from', 'value'];

/**
 * Reads the body of a JSON Patch. Problems are added to those that there are, in Kinto's names (kinto-api.md, 3.4).
 *
 * @throws ApiError 400 for what {@link getReadable} refuses
 */
export function readJsonPatch(text: BodyText, problems: ErrorDetail[]): PatchOperation[] {
  const value = getReadable(text, problems);
  if (Array.isArray(value)) return value.flatMap((item, index) => readOperation(item, String(index), problems));
  problems.push(bodyProblem('', `"${pythonText(value)}" is not iterable`));
  return [];
}

function readOperation(item: JsonValue, index: string, problems: ErrorDetail[]): PatchOperation[] {
  if (!isJsonObject(item)) {
    const shown = typeof item === 'string' ? item : pythonText(item);
    const description = `"${shown}" is not a mapping type: Does not implement dict-like functionality.`;
    problems.push(bodyProblem(index, description));
    return [];
  }
  const unknown = Object.entries(item).filter(([key]) => !KEYS.includes(key));
  if (unknown.length > 0) {
    const shown = pythonText(Object.fromEntries(unknown));
    problems.push(bodyProblem(index, `Unrecognized keys in mapping: "${shown}"`));
    return [];
  }
  const op = readText(item.op, `${index}.op`, problems);
  const known = OPERATIONS.find((name) => name === op);
  if (op !== undefined && known === undefined) {
    problems.push(bodyProblem(`${index}.op`, `"${op}" is not one of ${OPERATIONS.join(', ')}`));
  }
  const path = readPointer(item.path, `${index}.path`, problems);
  const from = item.from === undefined ? undefined : readPointer(item.from, `${index}.from`, problems);
  return known === undefined || path === undefined ? [] : [{ op: known, path, from, value: item.value }];
}

function readPointer(value: JsonValue | undefined, name: string, problems: ErrorDetail[]): string | undefined {
  const text = readText(value, name, problems);
  if (text === undefined || text.startsWith('/')) return text;
  problems.push(bodyProblem(name, 'String does not match expected pattern'));
  return undefined;
}

function readText(value: JsonValue | undefined, name: string, problems: ErrorDetail[]): string | undefined {
  if (typeof value === 'string' && value !== '') return value;
  const isMissing = value === undefined || value === null || value === '';
  const node = name.slice(name.indexOf('.') + 1);
  problems.push(bodyProblem(name, isMissing ? 'Required' : `${pythonText(value)} is not a string: {'${node}': ''}`));
  return undefined;
}

/** A path whose value is known already: a principal stands for itself. */
const PRINCIPAL_PATH = /^\/permissions\/(?:read|write)\/[^/]*$/;

/**
 * Applies the operations one after another, all or none.
 *
 * @param target stays as it is
 * @param maxCharacters how large the result may become by copying, about in characters
 * @throws ApiError 400 for the first that fails
 */
export function applyJsonPatch(
  target: JsonObject,
  operations: readonly PatchOperation[],
  maxCharacters: number,
): JsonObject {
  const document = new PatchedDocument(target, maxCharacters);
  try {
    for (const operation of operations) {
      const principal = PRINCIPAL_PATH.test(operation.path) ? tokensOf(operation.path).at(-1) : undefined;
      document.apply(principal === undefined ? operation : { ...operation, value: principal });
    }
    return document.result;
  } catch (error) {
    if (!(error instanceof PatchFailure)) throw error;
    const description = `JSON Patch operation failed: ${error.message}`;
    throw invalidParameters([{ location: 'body', name: null, description }]);
  }
}
