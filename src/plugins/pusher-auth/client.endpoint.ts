import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { ApiRequest, ApiResponse } from '../../resources/api-message.js';
import { VERSION_PREFIX } from '../../resources/api-path.js';
import type { PlainEndpoint } from '../../resources/exchange.js';
import { WITH_DEFAULTS } from './client-script.js';
import { AUTH_PATH, CLIENT_PATH, USER_AUTH_PATH } from './socket-details.js';

/** Within a release it stays the same; in seconds. */
const MAX_AGE = 3600;

const require = createRequire(import.meta.url);

/**
 * pusher-js with this server for its default: `new Pusher(key)` connects to where the script came from. Options of the
 * page come first, and so do the static settings of pages that were written for version 3 and before.
 */
export class ClientEndpoint implements PlainEndpoint {
  readonly name = 'pusher-client';
  readonly pattern = CLIENT_PATH;
  readonly methods = ['GET', 'HEAD', 'OPTIONS'];
  readonly usesStorage = false as const;
  readonly operations = {
    GET: {
      id: 'get_pusher_client',
      tag: 'Realtime',
      summary: 'The library pusher-js, with this server for its default.',
      responses: { 200: { description: 'The script.', schema: { type: 'string' }, types: ['application/javascript'] } },
    },
  };
  private script: Promise<{ bytes: Buffer; etag: string }> | undefined;

  exposedHeaders(): readonly string[] {
    return [];
  }

  async handle({ headers: { 'if-none-match': known } }: ApiRequest): Promise<ApiResponse> {
    const { bytes, etag } = await (this.script ??= makeScript());
    const headers = {
      'Content-Type': 'application/javascript; charset=utf-8',
      'X-Content-Type-Options': 'nosniff',
      // A page of another origin is what it is for.
      'Cross-Origin-Resource-Policy': 'cross-origin',
      'Cache-Control': `public, max-age=${MAX_AGE}`,
      ETag: etag,
    };
    const isKnown = known?.split(',').some((one) => one.trim().replace(/^W\//, '') === etag) === true;
    return isKnown ? { status: 304, headers, body: '' } : { status: 200, headers, body: bytes };
  }
}

/** @throws Error when the package is not installed */
async function makeScript(): Promise<{ bytes: Buffer; etag: string }> {
  const [stock, license] = await Promise.all([
    readFile(require.resolve('pusher-js/dist/web/pusher-with-encryption.min.js'), 'utf8'),
    readFile(require.resolve('pusher-js/dist/web/pusher-with-encryption.min.js.LICENSE.txt'), 'utf8'),
  ]);
  const bytes = Buffer.from(`${license.trim()}\n${stock.trim()}\n(${WITH_DEFAULTS})(self, ${PATHS});\n`);
  return { bytes, etag: `"${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}"` };
}

const PATHS = JSON.stringify({
  client: VERSION_PREFIX + CLIENT_PATH,
  auth: VERSION_PREFIX + AUTH_PATH,
  userAuth: VERSION_PREFIX + USER_AUTH_PATH,
});
