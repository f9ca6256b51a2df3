import type { ApiRequest, ApiResponse, ResponseHeaders } from '../../resources/api-message.js';
import type { PlainEndpoint } from '../../resources/exchange.js';
import { ApiError } from '../../wire/api-error.js';
import { fileOperations } from './attachment-operations.js';
import { BadFileName, type AttachmentStore, type StoredFile } from './attachment-store.js';

/** What a browser may show by itself: it runs nothing of it. Everything else is a download. */
const SHOWN: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpe: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  bmp: 'image/bmp',
  txt: 'text/plain; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  json: 'application/json',
  mp3: 'audio/mpeg',
  ogg: 'audio/ogg',
  wav: 'audio/wav',
  mp4: 'video/mp4',
  webm: 'video/webm',
};

/** The files themselves, for whoever knows their names; a web server in front may do the same. */
export class FileEndpoint implements PlainEndpoint {
  readonly name = 'attachment-file';
  readonly pattern = '/attachments/{path...}';
  readonly methods = ['GET', 'HEAD', 'OPTIONS'];
  readonly usesStorage = false as const;
  readonly operations = fileOperations();
  readonly pathParameters = { path: { description: 'What `location` has after `base_url`, folders included.' } };

  constructor(private readonly store: AttachmentStore) {}

  exposedHeaders(): readonly string[] {
    return ['ETag', 'Content-Disposition'];
  }

  /** @throws ApiError MISSING_RESOURCE, also for a path that no file can have */
  async handle({ headers }: ApiRequest, { path = '' }: Readonly<Record<string, string>>): Promise<ApiResponse> {
    const file = await this.find(path);
    if (file === undefined) throw new ApiError('MISSING_RESOURCE');
    const etag = `"${file.version}"`;
    const common = { ETag: etag, 'Cache-Control': 'no-cache' };
    const known = (headers['if-none-match'] ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
    if (known.includes(etag) || known.includes('*')) return { status: 304, headers: common, body: '' };
    // Bodies are sent as latin1: one character is one byte of the file.
    return { status: 200, headers: { ...common, ...typeHeaders(path) }, body: file.content.toString('latin1') };
  }

  private async find(path: string): Promise<StoredFile | undefined> {
    try {
      return await this.store.find(path);
    } catch (error) {
      if (error instanceof BadFileName) return undefined;
      throw error;
    }
  }
}

/**
 * Uploads are strangers' files on our origin: whatever is not known to be harmless is not shown but saved, and what is
 * shown is in a sandbox.
 */
function typeHeaders(path: string): ResponseHeaders {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const extension = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? '';
  const shown = Object.hasOwn(SHOWN, extension) ? SHOWN[extension] : undefined;
  return {
    'Content-Type': shown ?? 'application/octet-stream',
    'Content-Disposition': `${shown === undefined ? 'attachment' : 'inline'}; filename*=UTF-8''${encodeURIComponent(name)}`,
    'Content-Security-Policy':
      "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox",
    'X-Content-Type-Options': 'nosniff',
  };
}
