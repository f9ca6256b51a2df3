import { invalidParameters } from '../wire/api-error.js';
import { JSON_TYPE, type ApiRequest } from './api-message.js';

/** What resource endpoints answer with. */
const OFFERED = [JSON_TYPE];

/** @throws ApiError NOT_ACCEPTABLE when the caller accepts no JSON; absent or unparsable means anything (4.4) */
export function ensureAcceptable({ headers }: ApiRequest): void {
  const accept = headers.accept;
  if (accept === undefined || admitsJson(accept)) return;
  const description = `Accept header should be one of ${pythonList(OFFERED)}`;
  throw invalidParameters([{ location: 'header', name: 'Accept', description }], 'NOT_ACCEPTABLE');
}

/**
 * @param supported the media types that the method understands
 * @returns the request's media type; one that sends a body without saying so sends JSON
 * @throws ApiError UNSUPPORTED_MEDIA_TYPE
 */
export function ensureSupportedType({ headers }: ApiRequest, supported: readonly string[]): string {
  const contentType = headers['content-type'];
  if (contentType === undefined) return JSON_TYPE;
  const mediaType = contentType.split(';', 1)[0]!.trim();
  if (supported.includes(mediaType)) return mediaType;
  const description = `Content-Type header should be one of ${pythonList(supported)}`;
  throw invalidParameters([{ location: 'header', name: 'Content-Type', description }], 'UNSUPPORTED_MEDIA_TYPE');
}

const JSON_RANGES = ['*/*', 'application/*', JSON_TYPE];

function admitsJson(accept: string): boolean {
  if (accept === '*/*' || accept === JSON_TYPE) return true;
  if (accept.trim() === '') return false;
  const ranges = accept.split(',').map((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    return { type, quality: quality === undefined ? 1 : Number(quality) };
  });
  if (ranges.some(({ type, quality }) => !/^[^\s/]+\/[^\s/]+$/.test(type) || Number.isNaN(quality))) return true;
  // The most specific range that matches decides, so that `application/json;q=0` refuses whatever else is there.
  const decisive = [...JSON_RANGES].reverse().map((wanted) => ranges.find(({ type }) => type === wanted));
  return (decisive.find((range) => range !== undefined)?.quality ?? 0) > 0;
}

function pythonList(values: readonly string[]): string {
  return `[${values.map((value) => `'${value}'`).join(', ')}]`;
}
