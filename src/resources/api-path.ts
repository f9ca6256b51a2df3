import { ApiError } from '../wire/api-error.js';
import type { ApiRequest, ApiResponse, ResponseHeaders } from './api-message.js';
import type { ApiSettings } from './http.settings.js';
import { decodePath } from './query-string.js';
import { segmentsOf } from './routes.js';

/** The prefix of every path: the major version of Kinto's HTTP API. */
export const VERSION_PREFIX = '/v1';

type RedirectSettings = Pick<ApiSettings, 'versionPrefixRedirect' | 'trailingSlashRedirect' | 'trailingSlashTtl'>;

/** What stands behind the prefix, decoded; or the answer that sends the caller to where it is (kinto-api.md, 1.2). */
export type ResolvedPath = { readonly segments: readonly string[] } | { readonly redirect: ApiResponse };

/** @throws ApiError when the path is no UTF-8, or of another version */
export function resolvePath(request: ApiRequest, settings: RedirectSettings): ResolvedPath {
  const path = decodePath(request.path);
  if (/^\/v\d/.test(path)) {
    if (path.startsWith(`${VERSION_PREFIX}/`)) return { segments: segmentsOf(path.slice(VERSION_PREFIX.length)) };
    if (path === VERSION_PREFIX && settings.trailingSlashRedirect) {
      return { redirect: redirectTo(request, `${VERSION_PREFIX}/`, ttlHeaders(settings.trailingSlashTtl)) };
    }
    throw new ApiError(path === VERSION_PREFIX ? 'MISSING_RESOURCE' : 'VERSION_NOT_AVAILABLE');
  }
  // A line break in a Location header is an attack (kinto-api.md, 1.2).
  if (/[\r\n\u2028\u2029]/.test(path)) throw new ApiError('VERSION_NOT_AVAILABLE');
  if (!settings.versionPrefixRedirect) throw new ApiError('VERSION_NOT_AVAILABLE');
  if (request.method === 'OPTIONS') return { redirect: { status: 200, headers: HTML, body: '' } };
  return { redirect: redirectTo(request, VERSION_PREFIX + request.path, {}) };
}

/** The redirect for an unknown path that ends with a slash. */
export function findTrailingSlashRedirect(request: ApiRequest, settings: RedirectSettings): ApiResponse | undefined {
  const stripped = request.path.replace(/\/+$/, '');
  if (stripped === request.path || !settings.trailingSlashRedirect || /%0[ad]/i.test(stripped)) return undefined;
  return redirectTo(request, stripped, ttlHeaders(settings.trailingSlashTtl));
}

const HTML = { 'Content-Type': 'text/html; charset=UTF-8' };

function redirectTo({ origin, queryString }: ApiRequest, path: string, headers: ResponseHeaders): ApiResponse {
  const location = `${origin}${path}${queryString === '' ? '' : `?${queryString}`}`;
  return {
    status: 307,
    headers: { Location: location, 'Content-Type': 'text/plain; charset=UTF-8', ...headers },
    body: '',
  };
}

/** @param ttl seconds; below zero: nothing is said */
function ttlHeaders(ttl: number): ResponseHeaders {
  if (ttl < 0) return {};
  const expires = new Date(Date.now() + ttl * 1000).toUTCString();
  if (ttl > 0) return { 'Cache-Control': `max-age=${ttl}`, Expires: expires };
  return { 'Cache-Control': 'max-age=0, must-revalidate, no-cache, no-store', Expires: expires, Pragma: 'no-cache' };
}
