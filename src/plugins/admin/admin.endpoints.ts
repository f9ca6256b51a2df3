import type { ApiRequest, ApiResponse, ResponseHeaders } from '../../resources/api-message.js';
import { VERSION_PREFIX } from '../../resources/api-path.js';
import type { PlainEndpoint } from '../../resources/exchange.js';
import { expiryHeaders } from '../../resources/expiry.js';
import { headersOf } from '../../resources/openapi/headers.js';
import { ifNoneMatch } from '../../resources/openapi/parameters.js';
import { REDIRECT_TYPES, redirectTo } from '../../resources/redirect.js';
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

const ASSET_TAG = { type: 'string', pattern: '^W/"[0-9a-z-]+"$' };

const SHOWN_VERSION = {
  ETag: { description: 'The version of the file.', schema: ASSET_TAG },
  ...headersOf(['Last-Modified', 'Cache-Control']),
};

/** `/admin`, where nothing is, for those who leave out the slash. */
export class AdminRedirectEndpoint implements PlainEndpoint {
  readonly name = 'admin_redirect';
  readonly pattern = '/admin';
  readonly methods = METHODS;
  readonly usesStorage = false as const;
  readonly operations = {
    GET: {
      id: 'admin_redirect',
      tag: 'Utilities',
      summary: 'Where Kinto Admin is.',
      responses: {
        307: {
          description: 'At the same URL with a slash at its end.',
          headers: headersOf(['Location']),
          types: REDIRECT_TYPES,
          schema: {},
        },
      },
    },
  };

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
  readonly pathParameters = {
    path: { description: `The file, with the folders that it is in; without one, it is \`${HOME}\`.` },
  };
  readonly operations = {
    GET: {
      id: 'admin',
      tag: 'Utilities',
      summary: 'Kinto Admin, a page that runs in the browser, and what it is made of.',
      parameters: [ifNoneMatch(ASSET_TAG)],
      responses: {
        200: { description: 'The file.', headers: SHOWN_VERSION, types: ['*/*'], schema: {} },
        304: { description: 'It is as the caller has it.', headers: SHOWN_VERSION },
      },
    },
  };

  constructor(private readonly folder: AssetFolder) {}

  exposedHeaders(): readonly string[] {
    return [];
  }

  async handle(request: ApiRequest, { path = '' }: Readonly<Record<string, string>>): Promise<ApiResponse> {
    const asset = await this.folder.find(path === '' ? HOME : path);
    if (asset === undefined) throw new ApiError('MISSING_RESOURCE');
    const headers = assetHeaders(asset);
    if (isKnown(request, headers)) return { status: 304, headers, body: '' };
    return { status: 200, headers: { 'Content-Type': asset.contentType, ...headers }, body: asset.content };
  }
}

function assetHeaders({ content, contentType, modified }: Asset): ResponseHeaders {
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
