import { isJsonObject, type JsonObject, type JsonValue } from '../../wire/json.js';

/** A message of a client: an object with an `event`. Everything else in it is still unchecked. */
export interface IncomingMessage {
  readonly event: string;
  readonly data: JsonValue | undefined;
}

/** Undefined for anything but a JSON object with a text `event`. */
export function parseMessage(text: string): IncomingMessage | undefined {
  const message = parseObject(text);
  if (typeof message?.event !== 'string') return undefined;
  return { event: message.event, data: message.data };
}

/**
 * The fields in a message's `data`. Clients send an object, the same as a JSON string, or nothing at all
 * (pusher-protocol.md, 2.1). Undefined for anything else.
 */
export function fieldsOf({ data }: IncomingMessage): JsonObject | undefined {
  if (data === undefined || data === null || data === '') return {};
  if (typeof data === 'string') return parseObject(data);
  return isJsonObject(data) ? data : undefined;
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
