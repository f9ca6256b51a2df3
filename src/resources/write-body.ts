import { isUtf8 } from 'node:buffer';
import { invalidParameters, type ErrorDetail } from '../wire/api-error.js';
import { isJsonObject, parseJsonText, type JsonObject, type JsonValue } from '../wire/json.js';
import { describeJsonProblem } from './json-problem.js';

/** What a POST, PUT or PATCH body says; a part that was not there is `undefined`. */
export interface WriteBody {
  readonly data: JsonObject | undefined;
  /** Permission name to principals; `null`: the client said null. */
  readonly permissions: Readonly<Record<string, readonly string[] | null>> | undefined;
}

const NOTHING: WriteBody = { data: undefined, permissions: undefined };

/** A body as JSON, or what keeps it from being that. */
export type BodyText = { readonly value: JsonValue } | { readonly problem: string };

/** No body at all is as good as an empty mapping. */
export function parseBody(body: Buffer | undefined): BodyText {
  return body === undefined || body.length === 0 ? { value: {} } : parseJson(body);
}

/** What is to be read of a body. */
export interface BodyReading {
  /** The permissions that such an object can have. */
  readonly permissionNames: readonly string[];
  /** Checks the attributes; is given what there is of them, and returns what counts. */
  readonly checkData?: (data: JsonObject | undefined) => JsonObject | undefined;
}

/**
 * Reads a body of the form `{"data": {...}, "permissions": {...}}` (kinto-api.md, 3.1). Problems are added to those
 * that there are, in Kinto's names.
 *
 * @throws ApiError 400 for what {@link getReadable} refuses
 */
export function readWriteBody(
  text: BodyText,
  { permissionNames, checkData }: BodyReading,
  problems: ErrorDetail[],
): WriteBody {
  const value = getReadable(text, problems);
  if (!isJsonObject(value)) {
    problems.push(notMapping('', value));
    return NOTHING;
  }
  const { data, permissions, ...unknown } = value;
  // As in Kinto: an unknown key hides what is wrong below.
  if (Object.keys(unknown).length > 0) {
    problems.push(bodyProblem('', `Unrecognized keys in mapping: "${pythonText(unknown)}"`));
    return NOTHING;
  }
  const isUsable = data === undefined || isJsonObject(data);
  if (!isUsable) problems.push(notMapping('data', data));
  if (permissions !== undefined && !isJsonObject(permissions)) problems.push(notMapping('permissions', permissions));
  const given = isUsable ? data : undefined;
  return {
    data: isUsable && checkData !== undefined ? checkData(given) : given,
    permissions: isJsonObject(permissions) ? readPermissions(permissions, permissionNames, problems) : undefined,
  };
}

/**
 * The mapping or list that a body is.
 *
 * @param problems what was found wrong already
 * @throws ApiError 400 with those for a body that is neither: as in Kinto, nothing else is looked at then
 */
export function getReadable(text: BodyText, problems: readonly ErrorDetail[]): JsonObject | JsonValue[] {
  const { value } = 'value' in text ? text : { value: undefined };
  if (isJsonObject(value) || Array.isArray(value)) return value;
  const problem = 'problem' in text ? text.problem : 'Should be a JSON object or an array';
  throw invalidParameters([...problems, bodyProblem('', problem), bodyProblem('', 'Required')]);
}

export function readPermissions(
  permissions: JsonObject,
  names: readonly string[],
  problems: ErrorDetail[],
): Record<string, readonly string[] | null> {
  const unknown = Object.keys(permissions).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    // As in Kinto, it hides what is wrong with the others.
    problems.push(bodyProblem('permissions', `"${unknown}" is not one of ${names.join(', ')}`));
    return {};
  }
  const read: Record<string, readonly string[] | null> = {};
  for (const [name, principals] of Object.entries(permissions)) {
    if (principals === null) {
      read[name] = null;
    } else if (!Array.isArray(principals)) {
      problems.push(bodyProblem(`permissions.${name}`, `${quoted(principals)} is not iterable`));
    } else {
      read[name] = readPrincipals(`permissions.${name}`, principals, problems);
    }
  }
  return read;
}

function readPrincipals(path: string, principals: readonly JsonValue[], problems: ErrorDetail[]): string[] {
  const read = new Set<string>();
  for (const [index, principal] of principals.entries()) {
    if (typeof principal === 'string' && principal !== '') read.add(principal);
    else {
      const description =
        principal === '' || principal === null ? 'Required' : `${pythonText(principal)} is not a string: {'': ''}`;
      problems.push(bodyProblem(`${path}.${index}`, description));
    }
  }
  return [...read];
}

/** @returns the value, or what is wrong with the text */
export function parseJson(body: Buffer): BodyText {
  if (!isUtf8(body)) return { problem: 'Invalid JSON: the body is not UTF-8' };
  const text = body.toString('utf8');
  let value: JsonValue;
  try {
    value = parseJsonText(text);
  } catch {
    return { problem: `Invalid JSON: ${describeJsonProblem(text)}` };
  }
  const problem = findUnstorable(value, 0);
  return problem === undefined ? { value } : { problem: `Invalid JSON: ${problem}` };
}

/** How deep values may be nested: beyond it, code that walks them, ours and the clients', runs out of stack. */
const MAX_DEPTH = 500;

/** Half of a surrogate pair: it has no form in UTF-8, so the database would keep another text than it was given. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Numbers that overflow a double, text that no database can keep (PostgreSQL takes no NUL), nesting without end. */
function findUnstorable(value: JsonValue, depth: number): string | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') {
    return Number.isFinite(Number(value)) ? undefined : 'Number too big to be stored in double.';
  }
  if (typeof value === 'string') {
    if (value.includes('\0')) return 'Invalid character 0x00';
    return LONE_SURROGATE.test(value) ? 'The surrogate pair in string is invalid.' : undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > MAX_DEPTH) return `nested deeper than ${MAX_DEPTH}`;
  if (Array.isArray(value)) {
    for (const item of value) {
      const problem = findUnstorable(item, depth + 1);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }
  for (const key of Object.keys(value)) {
    const problem = findUnstorable(key, depth) ?? findUnstorable(value[key]!, depth + 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

export function bodyProblem(name: string, description: string): ErrorDetail {
  return { location: 'body', name, description };
}

export function notMapping(name: string, value: JsonValue): ErrorDetail {
  return bodyProblem(name, `${quoted(value)} is not a mapping type: Does not implement dict-like functionality.`);
}

/** How much of a value an error message repeats. */
const LONGEST_REPEATED = 200;

/** The value as Kinto repeats it where a whole value is wrong. */
export function quoted(value: JsonValue): string {
  return `"${typeof value === 'string' ? value : pythonText(value)}"`;
}

/** A value roughly as Python prints it, which is what Kinto's messages hold and its tests look for. */
export function pythonText(value: JsonValue): string {
  const text = pythonWhole(value, 0);
  return text.length <= LONGEST_REPEATED ? text : `${text.slice(0, LONGEST_REPEATED)}…`;
}

function pythonWhole(value: JsonValue, depth: number): string {
  if (value === null) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (typeof value === 'string') return `'${value.slice(0, LONGEST_REPEATED)}'`;
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (depth > 4) return '…';
  if (Array.isArray(value))
    return `[${value
      .slice(0, 20)
      .map((item) => pythonWhole(item, depth + 1))
      .join(', ')}]`;
  const pairs = Object.keys(value)
    .slice(0, 20)
    .map((key) => `'${key}': ${pythonWhole(value[key]!, depth + 1)}`);
  return `{${pairs.join(', ')}}`;
}
