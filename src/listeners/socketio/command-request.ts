import { ApiError, invalidParameters } from '../../wire/api-error.js';
import { isJsonObject, stringifyJson, type JsonObject } from '../../wire/json.js';
import { JSON_TYPE, type ApiRequest } from '../../resources/api-message.js';
import { VERSION_PREFIX } from '../../resources/api-path.js';
import type { Operations } from './operations.js';

/** Of everything that one socket asks for. */
export interface Asker {
  /** What is at and below it may be named without it; `''`: everything is named in full. */
  readonly view: string;
  /** The headers that each request has, and where it came to. */
  readonly base: Pick<ApiRequest, 'headers' | 'origin'>;
}

/** The last part of an id. */
const METHODS: Readonly<Record<string, string>> = {
  get: 'GET',
  head: 'HEAD',
  create: 'POST',
  post: 'POST',
  update: 'PATCH',
  patch: 'PATCH',
  replace: 'PUT',
  put: 'PUT',
  delete: 'DELETE',
};

const WITH_BODY = ['POST', 'PUT', 'PATCH'];

const METHOD = /^[A-Z]{1,16}$/;
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
/** What a header may say (RFC 9110, 5.5). */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * The request that a `command` stands for. Its id is one of the OpenAPI document, or a path with dots and a verb
 * (seed-systems.md, 3.3). Where there is no body, what of the parameters has no underscore is the new object.
 *
 * @throws ApiError 400 for what cannot be understood, 404 for an id that means nothing
 */
export async function commandRequest(given: unknown, asker: Asker, operations: Operations): Promise<ApiRequest> {
  if (!isRecord(given)) throw problem('', 'A command is an object with an id');
  const { id, params = {}, headers, body } = given;
  if (typeof id !== 'string') throw problem('id', 'It is a text');
  if (!isRecord(params)) throw problem('params', 'They are an object');
  const operation = await operations.find(id);
  const named = operation === undefined ? undefined : fillTemplate(operation.template, params as JsonObject);
  const { method, path, rest } =
    named === undefined
      ? { ...readDotted(id, asker.view), rest: params as JsonObject }
      : { ...named, method: operation!.method };
  const isWriting = WITH_BODY.includes(method);
  const query = Object.entries(rest).filter(([name]) => !isWriting || body !== undefined || name.startsWith('_'));
  const left = Object.entries(rest).filter(([name]) => !query.some(([other]) => other === name));
  const takesData = operation?.takesData ?? (await operations.findAt(method, path))?.takesData ?? true;
  const made = left.length === 0 ? undefined : Object.fromEntries(left);
  const seed = made === undefined || !takesData ? made : { data: made };
  return requestOf(asker, { method, path, queryString: queryOf(query), headers, body: body ?? seed });
}

/**
 * The request that a `request` says, in the form of an item of a batch.
 *
 * @throws ApiError 400
 */
export function plainRequest(given: unknown, asker: Asker): ApiRequest {
  if (!isRecord(given)) throw problem('', 'A request is an object with a path');
  const { method = 'GET', path, headers, body } = given;
  if (typeof method !== 'string' || !METHOD.test(method)) throw problem('method', 'It is a method in capitals');
  if (typeof path !== 'string' || !path.startsWith('/')) throw problem('path', 'It is a text that begins with /');
  // What could not stand in a request line is escaped, as any HTTP client would.
  const line = encodeURI(path).replaceAll('%25', '%').replaceAll('#', '%23');
  const bare = line.startsWith(`${VERSION_PREFIX}/`) ? line.slice(VERSION_PREFIX.length) : line;
  const question = bare.indexOf('?');
  const [target, queryString] = question < 0 ? [bare, ''] : [bare.slice(0, question), bare.slice(question + 1)];
  return requestOf(asker, { method, path: target, queryString, headers, body });
}

/** `name=value` pairs; what is no text is written as JSON, a list as its elements with commas. */
export function queryOf(parameters: readonly (readonly [string, unknown])[]): string {
  return parameters
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(wordOf(value))}`)
    .join('&');
}

function wordOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? value.map(wordOf).join(',') : JSON.stringify(value);
}

/** @param path without the version prefix, escaped */
function requestOf(
  { base }: Asker,
  given: { method: string; path: string; queryString: string; headers: unknown; body: unknown },
): ApiRequest {
  const own = readHeaders(given.headers);
  const { body, type } = bodyOf(given.body, own['content-type']);
  return {
    ...base,
    method: given.method,
    path: VERSION_PREFIX + given.path,
    queryString: given.queryString,
    headers: { ...base.headers, ...own, ...(type === undefined ? {} : { 'content-type': type }) },
    body,
    mayStream: false,
  };
}

function readHeaders(given: unknown = {}): Record<string, string> {
  if (!isRecord(given)) throw problem('headers', 'They are an object');
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    const key = name.toLowerCase();
    const isFine = HEADER_NAME.test(key) && typeof value === 'string' && HEADER_VALUE.test(value);
    if (!isFine) throw problem(`headers.${name}`, 'It is no header');
    headers[key] = value;
  }
  return headers;
}

function bodyOf(given: unknown, type: string | undefined): { body: Buffer | undefined; type?: string } {
  if (given === undefined) return { body: undefined };
  if (given instanceof Uint8Array) return { body: Buffer.from(given), type: type ?? 'application/octet-stream' };
  // A text that is said to be something else than JSON is sent as it stands.
  const isText = typeof given === 'string' && type !== undefined && !/[/+]json\b/i.test(type);
  const text = isText ? given : stringifyJson(given);
  return { body: Buffer.from(text), type: type ?? JSON_TYPE };
}

/** @throws ApiError 404 for an id that has no verb at its end */
function readDotted(id: string, view: string): { method: string; path: string } {
  const segments = id.split('.');
  const verb = segments.pop()!;
  const method = Object.hasOwn(METHODS, verb) ? METHODS[verb] : undefined;
  if (method === undefined || segments.length === 0) throw new ApiError('MISSING_RESOURCE');
  if (segments.length === 1 && segments[0] === 'root') return { method, path: '/' };
  const path = `/${segments.map(encodeURIComponent).join('/')}`;
  return { method, path: isRelative(segments[0]!, view) ? escapedUri(view) + path : path };
}

/** In a bucket its collections and groups come next, in a collection its records. */
function isRelative(first: string, view: string): boolean {
  if (view === '') return false;
  return view.includes('/collections/') ? first === 'records' : ['collections', 'groups'].includes(first);
}

/** @throws ApiError 400 for a name that has no value */
function fillTemplate(template: string, params: JsonObject): { path: string; rest: JsonObject } {
  const rest = new Map(Object.entries(params));
  const path = template.replaceAll(/\{([^}]+)\}/g, (_whole, name: string) => {
    const value = rest.get(name);
    if (typeof value !== 'string' && typeof value !== 'number') throw problem(`params.${name}`, 'It is required');
    rest.delete(name);
    return encodeURIComponent(value);
  });
  return { path, rest: Object.fromEntries(rest) };
}

function escapedUri(uri: string): string {
  return uri.split('/').map(encodeURIComponent).join('/');
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return isJsonObject(value) && !(value instanceof Uint8Array);
}

export function problem(name: string, description: string): ApiError {
  return invalidParameters([{ location: 'body', name, description }]);
}
