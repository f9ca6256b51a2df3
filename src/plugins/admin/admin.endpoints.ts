import type { ApiRequest, ApiResponse, ResponseHeaders } from '../../resources/api-message.js';
import { VERSION_PREFIX } from '../../resources/api-path.js';
import type { PlainEndpoint } from '../../resources/exchange.js';
import { expiryHeaders } from '../../resources/expiry.js';
import { redirectTo } from '../../resources/redirect.js';
import { ApiError } from '../../wire/api-error.js';
import { formatHttpDate } from '../../wire/etag.js';
import type { Asset, AssetFolder } from './asset-folder.js';

const METHODS = ['GET', 'HEAD', 'OPTIONS'];

export const HOME = 'index.html';

/** Only from this server, except images; Kinto's own words (kinto-api.md, 12.4). */
const PAGE_POLICY =
  "default-src 'self'; img-src data: *; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'";

/** As long as Kinto lets a browser keep them, in seconds. */
const ASSETS_KEPT = 3600;

/** `/admin`, where nothing is, for those who leave out the slash. */
export class AdminRedirectEndpoint implements PlainEndpoint {
  readonly name = 'admin_redirect';
  readonly pattern = '/admin';
  readonly methods = METHODS;
  readonly usesStorage = false as const;

  exposedHeaders(): readonly string[] {
    return [];
  }

  async handle(request: ApiRequest): Promise<ApiResponse> {
    return redirectTo({ ...request, queryString: '' }, `${VERSION_PREFIX}${this.pattern}/`, {});
  }
}

/** The page at `/admin/`, and what it is made of. */
export class AdminEndpoint implements PlainEndpoint {
  readonly name = 'admin';
  readonly pattern = '/admin/{path...}';
  readonly methods = METHODS;
  readonly usesStorage = false as const;

  constructor(private readonly folder: AssetFolder) {}

  exposedHeaders(): readonly string[] {
    return [];
  }

  async handle(request: ApiRequest, { path = '' }: Readonly<Record<string, string>>): Promise<ApiResponse> {
    const asset = await this.folder.find(path === '' ? HOME : path);
    if (asset === undefined) throw new ApiError('MISSING_RESOURCE');
    const headers = headersOf(asset);
    if (isKnown(request, headers)) return { status: 304, headers, body: '' };
    return { status: 200, headers: { 'Content-Type': asset.contentType, ...headers }, body: asset.content };
  }
}

function headersOf({ content, contentType, modified }: Asset): ResponseHeaders {
  const isPage = contentType.startsWith('text/html');
  return {
    // A page that is kept asks for files that are no more, once there is a new build.
    ...(isPage ? { 'Cache-Control': 'no-cache', 'Content-Security-Policy': PAGE_POLICY } : expiryHeaders(ASSETS_KEPT)),
    ETag: `W/"${Math.trunc(modified).toString(36)}-${content.length.toString(36)}"`,
    'Last-Modified': formatHttpDate(modified),
  };
}

/** RFC 9110, 13.2.2: where there is an `If-None-Match`, the date does not count. */
function isKnown({ headers }: ApiRequest, { ETag: etag, 'Last-Modified': modified }: ResponseHeaders): boolean {
  const tags = headers['if-none-match'];
  if (tags !== undefined) return tags.trim() === '*' || tags.split(',').some((tag) => weak(tag) === weak(String(etag)));
  const since = Date.parse(headers['if-modified-since'] ?? '');
  return Date.parse(String(modified)) <= since;
}

function weak(tag: string): string {
  return tag.trim().replace(/^W\//, '');
}
