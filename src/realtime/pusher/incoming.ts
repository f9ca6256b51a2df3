import { isJsonObject, parseJsonText, stringifyJson, type JsonObject, type JsonValue } from '../../wire/json.js';

/** A message of a client: an object with an `event`. Everything else in it is still unchecked. */
export interface IncomingMessage {
  readonly event: string;
  readonly data: JsonValue | undefined;
  /** Only client events have it here; the others name the channel in `data`. */
  readonly channel: JsonValue | undefined;
}

/** Undefined for anything but a JSON object with a text `event`. */
export function parseMessage(text: string): IncomingMessage | undefined {
  const message = parseObject(text);
  if (typeof message?.event !== 'string') return undefined;
  return { event: message.event, data: message.data, channel: message.channel };
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

/** The object that a text is as JSON; undefined for anything else. */
export function parseObject(text: string): JsonObject | undefined {
  try {
    const value = parseJsonText(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The value as JSON; undefined when it is nested too deep to be written, which the reader of JSON does not mind. */
export function encodeValue(value: JsonValue): string | undefined {
  try {
    return stringifyJson(value);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** A client's text is repeated to it in errors only this far. */
const QUOTED_CHARACTERS = 200;

export function quote(text: string): string {
  return JSON.stringify(text.length > QUOTED_CHARACTERS ? `${text.slice(0, QUOTED_CHARACTERS)}…` : text);
}
