import type { ErrorDetail } from '../../wire/api-error.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../wire/json.js';
import { bodyProblem, notMapping, parseJson, pythonText, quoted } from '../write-body.js';

/** What an item of a batch may ask for; OPTIONS is not among them (kinto-api.md, 10.1). */
export const BATCH_METHODS = ['GET', 'HEAD', 'DELETE', 'TRACE', 'POST', 'PUT', 'PATCH'];

const ITEM_KEYS = ['method', 'path', 'headers', 'body'];

/** One request of a batch, defaults included. */
export interface BatchItem {
  readonly method: string;
  /** As the client wrote it: with or without the version prefix, maybe with a query string. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonObject | undefined;
}

export interface ParsedBatch {
  readonly items: readonly BatchItem[];
  /** Without any, every item can be used. */
  readonly problems: readonly ErrorDetail[];
}

/** Reads the body of a batch; what is wrong has Kinto's names and words. */
export function parseBatchBody(body: Buffer | undefined): ParsedBatch {
  const parsed = body === undefined ? { value: {} } : parseJson(body);
  if ('problem' in parsed) return refused(bodyProblem('', parsed.problem), bodyProblem('', 'Required'));
  const { value } = parsed;
  if (!isJsonObject(value)) {
    return Array.isArray(value)
      ? refused(notMapping('', value))
      : refused(bodyProblem('', 'Should be a JSON object or an array'), bodyProblem('', 'Required'));
  }
  const { requests, defaults, ...unknown } = value;
  if (Object.keys(unknown).length > 0) return refused(unknownKeys('', unknown));
  const problems = defaults === undefined ? [] : itemProblems('defaults', defaults, { needsPath: false });
  if (requests === undefined) return refused(...problems, bodyProblem('requests', 'Required'));
  if (!Array.isArray(requests)) {
    return refused(...problems, bodyProblem('requests', `${quoted(requests)} is not iterable`));
  }
  const filled = requests.map((item) =>
    isJsonObject(item) && isJsonObject(defaults) ? withDefaults(item, defaults) : item,
  );
  problems.push(...filled.flatMap((item, index) => itemProblems(`requests.${index}`, item, { needsPath: true })));
  return problems.length > 0 ? refused(...problems) : { items: filled.map((item) => asItem(item)), problems };
}

function refused(...problems: readonly ErrorDetail[]): ParsedBatch {
  return { items: [], problems };
}

function unknownKeys(name: string, unknown: JsonObject): ErrorDetail {
  return bodyProblem(name, `Unrecognized keys in mapping: "${pythonText(unknown)}"`);
}

function itemProblems(name: string, item: JsonValue, { needsPath }: { needsPath: boolean }): ErrorDetail[] {
  if (!isJsonObject(item)) return [notMapping(name, item)];
  const unknown = Object.entries(item).filter(([key]) => !ITEM_KEYS.includes(key));
  if (unknown.length > 0) return [unknownKeys(name, Object.fromEntries(unknown))];
  const problems: ErrorDetail[] = [];
  const refuse = (key: string, description: string) => problems.push(bodyProblem(`${name}.${key}`, description));
  const { method, path, headers, body } = item;
  // Null is as good as absent to Kinto wherever a text is expected.
  if (method !== undefined && method !== null && !BATCH_METHODS.includes(method as string)) {
    refuse('method', `${quoted(method)} is not one of ${BATCH_METHODS.join(', ')}`);
  }
  if (path === undefined || path === null || path === '') {
    if (needsPath) refuse('path', 'Required');
  } else if (typeof path !== 'string') refuse('path', `${pythonText(path)} is not a string: {'path': ''}`);
  else if (!path.startsWith('/')) refuse('path', 'String does not match expected pattern');
  if (headers !== undefined && !isJsonObject(headers)) problems.push(notMapping(`${name}.headers`, headers));
  else if (headers !== undefined && !Object.values(headers).every((value) => typeof value === 'string')) {
    refuse('headers', `${pythonText(headers)} contains non string value`);
  }
  if (body !== undefined && !isJsonObject(body)) problems.push(notMapping(`${name}.body`, body));
  return problems;
}

/** The item's own values count, at every depth. */
function withDefaults(item: JsonObject, defaults: JsonObject): JsonObject {
  // A Map, since `__proto__` is a key like any other.
  const merged = new Map(Object.entries(item));
  for (const [key, value] of Object.entries(defaults)) {
    const own = merged.get(key);
    if (own === undefined) merged.set(key, value);
    else if (isJsonObject(own) && isJsonObject(value)) merged.set(key, withDefaults(own, value));
  }
  return Object.fromEntries(merged);
}

/** @param item without problems */
function asItem(item: JsonValue): BatchItem {
  const { method, path, headers, body } = item as JsonObject;
  return {
    method: (method ?? 'GET') as string,
    path: path as string,
    headers: (headers ?? {}) as Record<string, string>,
    body: body as JsonObject | undefined,
  };
}
