import { ApiError } from '../wire/api-error.js';
import type { ApiRequest, ApiResponse } from './api-message.js';
import { expiryHeaders } from './expiry.js';
import type { ApiSettings } from './http.settings.js';
import { decodePath } from './query-string.js';
import { redirectTo } from './redirect.js';
import { segmentsOf } from './routes.js';

/** The prefix of every path: the major version of Kinto's HTTP API. */
export const VERSION_PREFIX = '/v1';

type RedirectSettings = Pick<
  ApiSettings,
  'versionPrefixRedirect' | 'versionPrefixTtl' | 'trailingSlashRedirect' | 'trailingSlashTtl'
>;

/** What stands behind the prefix, decoded; or the answer that sends the caller to where it is (kinto-api.md, 1.2). */
export type ResolvedPath = { readonly segments: readonly string[] } | { readonly redirect: ApiResponse };

/** One in a Location header is an attack (kinto-api.md, 1.2). */
const LINE_BREAK = /[\r\n\u2028\u2029]/;

/** @throws ApiError when the path is no UTF-8, or of another version */
export function resolvePath(request: ApiRequest, settings: RedirectSettings): ResolvedPath {
  const path = decodePath(request.path);
  if (path.startsWith(`${VERSION_PREFIX}/`)) return { segments: segmentsOf(path.slice(VERSION_PREFIX.length)) };
  if (/^\/v\d/.test(path)) {
    const redirect = findRedirect(request, path, settings);
    if (redirect !== undefined) return { redirect };
    // Whatever begins with the prefix is of this version to Kinto, `/v1x` and `/v10` too.
    throw new ApiError(path.startsWith(VERSION_PREFIX) ? 'MISSING_RESOURCE' : 'VERSION_NOT_AVAILABLE');
  }
  if (LINE_BREAK.test(path)) throw new ApiError('VERSION_NOT_AVAILABLE');
  if (!settings.versionPrefixRedirect) throw new ApiError('VERSION_NOT_AVAILABLE');
  if (request.method === 'OPTIONS') return { redirect: { status: 200, headers: HTML, body: '' } };
  const headers = expiryHeaders(settings.versionPrefixTtl);
  return { redirect: redirectTo(request, VERSION_PREFIX + path, headers) };
}

/** The redirect for an unknown path that ends with a slash. */
export function findTrailingSlashRedirect(request: ApiRequest, settings: RedirectSettings): ApiResponse | undefined {
  const path = decodePath(request.path);
  const stripped = path.replace(/\/+$/, '');
  if (stripped === path || !settings.trailingSlashRedirect || LINE_BREAK.test(stripped)) return undefined;
  return redirectTo(request, stripped, expiryHeaders(settings.trailingSlashTtl));
}

const HTML = { 'Content-Type': 'text/html; charset=UTF-8' };

/** For a path that begins with the prefix, or a part of it, and goes on otherwise. */
function findRedirect(request: ApiRequest, path: string, settings: RedirectSettings): ApiResponse | undefined {
  if (!path.startsWith(VERSION_PREFIX)) return undefined;
  if (path !== VERSION_PREFIX) return findTrailingSlashRedirect(request, settings);
  if (!settings.trailingSlashRedirect) return undefined;
  return redirectTo(request, `${VERSION_PREFIX}/`, expiryHeaders(settings.trailingSlashTtl));
}
