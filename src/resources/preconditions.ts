import { ApiError, invalidParameters, type ErrorDetail } from '../wire/api-error.js';
import { formatEtag, formatHttpDate, parseEntityTag, type EntityTag } from '../wire/etag.js';
import type { StoredObject } from '../wire/stored-object.js';
import type { ApiRequest, ApiResponse, ResponseHeaders } from './api-message.js';
import type { Exchange } from './exchange.js';

/** What the caller says must hold (kinto-api.md, 4.3). */
export interface Preconditions {
  readonly ifMatch: EntityTag | undefined;
  readonly ifNoneMatch: EntityTag | undefined;
}

/**
 * The conditions of a request, once nothing is wrong with it: all that is, is told at once (kinto-api.md, 0.2.8).
 *
 * @param problems what was found wrong already
 * @throws ApiError 400
 */
export function getPreconditions(
  { request, originProblems }: Exchange,
  problems: readonly ErrorDetail[] = originProblems,
): Preconditions {
  const all = [...problems];
  const preconditions = readPreconditions(request, all);
  if (all.length > 0) throw invalidParameters(all);
  return preconditions;
}

export function readPreconditions({ headers }: ApiRequest, problems: ErrorDetail[]): Preconditions {
  return {
    ifMatch: readOne('If-Match', headers['if-match'], problems),
    ifNoneMatch: readOne('If-None-Match', headers['if-none-match'], problems),
  };
}

function readOne(name: string, value: string | undefined, problems: ErrorDetail[]): EntityTag | undefined {
  const tag = parseEntityTag(value);
  if (tag !== 'invalid') return tag;
  const description = 'The value should be integer between double quotes.';
  problems.push({ location: 'header', name, description });
  return undefined;
}

/** `ETag` and `Last-Modified` of one instant. @param timestamp ms */
export function versionHeaders(timestamp: number): ResponseHeaders {
  return { ETag: formatEtag(timestamp), 'Last-Modified': formatHttpDate(timestamp) };
}

/** The 304 for a GET or HEAD of something that the caller has already; exact equality, as Kinto has it. */
export function findNotModified({ ifNoneMatch }: Preconditions, current: number): ApiResponse | undefined {
  if (ifNoneMatch !== current) return undefined;
  return { status: 304, headers: versionHeaders(current), body: '' };
}

/** The target of a conditional request: its timestamp, and the object if there is one. */
export interface ConditionTarget {
  readonly exists: boolean;
  /** The object's, else the list's, in ms. */
  readonly timestamp: number;
  /** Shown in the 412, so that the client can resolve the conflict. */
  readonly object?: StoredObject | undefined;
}

/** @throws ApiError MODIFIED_MEANWHILE */
export function ensurePreconditions({ ifMatch, ifNoneMatch }: Preconditions, target: ConditionTarget): void {
  const { exists, timestamp, object } = target;
  const mustNotExist = ifNoneMatch === '*' && exists;
  const mustMatch = ifMatch !== undefined && (!exists || (ifMatch !== '*' && ifMatch !== timestamp));
  if (!mustNotExist && !mustMatch) return;
  throw new ApiError('MODIFIED_MEANWHILE', {
    headers: versionHeaders(timestamp),
    ...(object === undefined ? {} : { details: { existing: { ...object.value } } }),
  });
}
