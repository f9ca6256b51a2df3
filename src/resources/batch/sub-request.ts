import { encodeJson, escapeNonAscii, stringifyJson } from '../../wire/json.js';
import { JSON_TYPE, type ApiRequest, type ApiResponse } from '../api-message.js';
import { VERSION_PREFIX } from '../api-path.js';
import { MERGE_PATCH_TYPE } from '../merge-patch.js';
import { findDecodedPath } from '../query-string.js';
import type { BatchItem } from './batch-body.js';

/**
 * The request that an item of a batch stands for (kinto-api.md, 10.2): the headers of the batch unless the item has
 * its own. A body is JSON whatever the headers say, but Kinto then forgets what a merge patch is, and here it stays one.
 */
export function subRequestOf(outer: ApiRequest, item: BatchItem): ApiRequest {
  const own = Object.fromEntries(Object.entries(item.headers).map(([name, value]) => [name.toLowerCase(), value]));
  const headers: Record<string, string | undefined> = { ...outer.headers, ...own, 'content-length': undefined };
  // As in Kinto, an empty mapping is no body.
  const body = item.body === undefined || Object.keys(item.body).length === 0 ? undefined : item.body;
  if (body !== undefined) headers['content-type'] = typeOfBody(own['content-type']);
  const target = item.path.startsWith(VERSION_PREFIX) ? item.path : VERSION_PREFIX + item.path;
  const question = target.indexOf('?');
  return {
    ...outer,
    mayStream: false,
    method: item.method,
    path: question === -1 ? target : target.slice(0, question),
    queryString: question === -1 ? '' : target.slice(question + 1),
    headers,
    body: body === undefined ? undefined : Buffer.from(stringifyJson(body)),
  };
}

/** Where a redirect leads, with the same method, headers and body. `undefined`: it is none. */
export function findRedirected(request: ApiRequest, { status, headers }: ApiResponse): ApiRequest | undefined {
  const { Location: location } = headers;
  if (status !== 307 || typeof location !== 'string' || !location.startsWith(request.origin)) return undefined;
  const target = location.slice(request.origin.length);
  const question = target.indexOf('?');
  return { ...request, path: question === -1 ? target : target.slice(0, question) };
}

/** One element of `responses`. The body is put in as the text it is, JSON or not. */
export function embed(request: ApiRequest, { status, headers, body }: ApiResponse): string {
  const isBodiless = request.method === 'HEAD' || status === 304;
  const shown: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) shown[name] = Array.isArray(value) ? value.join(', ') : value;
  if (!isBodiless) shown['Content-Length'] = String(body.length);
  const isJson = shown['Content-Type'] === JSON_TYPE && body !== '';
  const text = String(body);
  const embedded = isBodiless ? '""' : isJson ? text : encodeJson(text);
  const path = escapeNonAscii(JSON.stringify(findDecodedPath(request.path)));
  return `{"status":${status},"path":${path},"headers":${encodeJson(shown)},"body":${embedded}}`;
}

function typeOfBody(given: string | undefined): string {
  const isMergePatch = given?.split(';', 1)[0]!.trim().toLowerCase() === MERGE_PATCH_TYPE;
  return isMergePatch ? MERGE_PATCH_TYPE : `${JSON_TYPE}; charset=utf-8`;
}
