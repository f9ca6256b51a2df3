import { encodeJson, escapeNonAscii, type JsonObject } from '../../wire/json.js';
import type { StoredObject } from '../../wire/stored-object.js';
import type { ApiResponse } from '../api-message.js';
import type { ShownObject } from '../object-writer.js';
import { versionHeaders } from '../preconditions.js';

/** The answer of the object endpoint and of POST: entries and object, put together from texts that exist already. */
export function objectAnswer(status: number, { object, permissions }: ShownObject): ApiResponse {
  const body = `{"permissions":${JSON.stringify(permissions)},"data":${object.text}}`;
  return { status, headers: versionHeaders(object.lastModified), body: escapeNonAscii(body) };
}

/** The answer of a DELETE: the tombstone alone. */
export function tombstoneAnswer(tombstone: StoredObject): ApiResponse {
  return {
    status: 200,
    headers: versionHeaders(tombstone.lastModified),
    body: escapeNonAscii(`{"data":${tombstone.text}}`),
  };
}

/** The answer of a PATCH that asked for less than the whole object: no permissions either. */
export function partialAnswer({ lastModified }: StoredObject, part: JsonObject): ApiResponse {
  return { status: 200, headers: versionHeaders(lastModified), body: encodeJson({ data: part }) };
}
