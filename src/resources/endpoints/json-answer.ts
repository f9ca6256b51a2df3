import { encodeJson, type JsonValue } from '../../wire/json.js';
import type { ApiResponse } from '../api-message.js';

export function jsonAnswer(status: number, value: JsonValue): ApiResponse {
  return { status, headers: {}, body: encodeJson(value) };
}
