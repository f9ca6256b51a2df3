import { Logger } from '@nestjs/common';
import { ApiError } from '../../wire/api-error.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../wire/json.js';

const log = new Logger('socketio');

/** An answer of the API that is an error, on its way to a callback. */
export class Refused extends Error {
  override readonly name = 'Refused';

  constructor(readonly body: JsonObject) {
    super(typeof body.message === 'string' ? body.message : 'Refused');
  }

  /** @param body of an answer with a status from 400 on; one that is no object, such as a page, is put in words */
  static answer(status: number, body: JsonValue): Refused {
    return new Refused(isJsonObject(body) ? body : { code: status, errno: 999, error: 'Error' });
  }
}

/** Too many of something: commands, connections, failed tries (seed-systems.md, 1.6). */
export function tooMany(message: string): Refused {
  return new Refused({ code: 429, errno: 117, error: 'Too Many Requests', message });
}

/** A plain object, since an `Error` would arrive as `{}`. What is no refusal is none of the client's business. */
export function refusalBody(error: unknown): JsonObject {
  if (error instanceof Refused) return error.body;
  if (error instanceof ApiError) return error.body;
  // Half of a surrogate pair, which no URL can have.
  if (error instanceof URIError) return new ApiError('INVALID_URL', { message: 'Invalid URL path.' }).body;
  log.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return new ApiError('UNDEFINED').body;
}
