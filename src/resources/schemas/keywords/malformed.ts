import { isJsonObject, type JsonObject, type JsonValue } from '../../../wire/json.js';
import { UnusableSchema } from '../failure.js';
import { pythonRepr } from '../python-repr.js';

/*
 * A schema was checked against its meta-schema; a reference can lead to a part of it that was not, since it stands
 * where no schema is expected. Nothing there is taken for granted.
 */

/** @throws UnusableSchema */
export function asList(value: JsonValue): readonly JsonValue[] {
  return Array.isArray(value) ? value : malformed(value, 'array');
}

/** @throws UnusableSchema */
export function asMapping(value: JsonValue): JsonObject {
  return isJsonObject(value) ? value : malformed(value, 'object');
}

/** @throws UnusableSchema */
export function asText(value: JsonValue): string {
  return typeof value === 'string' ? value : malformed(value, 'string');
}

/** @throws UnusableSchema */
export function asNumber(value: JsonValue): number | bigint {
  return typeof value === 'number' || typeof value === 'bigint' ? value : malformed(value, 'number');
}

function malformed(value: JsonValue, wanted: string): never {
  throw new UnusableSchema(`${pythonRepr(value)} is not of type '${wanted}'`);
}
