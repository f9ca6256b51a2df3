import { isJsonObject, type JsonObject, type JsonValue } from '../../wire/json.js';
import type { RealtimeSettings } from '../realtime.settings.js';
import { parseAttributes, type Attribute } from './channel-attributes.js';
import { isChannelName, isEncrypted, isUser } from './channel-name.js';
import { ChannelsApiError } from './channels-api-error.js';
import { SOCKET_ID } from './socket-id.js';

/** One event to publish, every field checked (pusher-protocol.md, 5.2). */
export interface EventRequest {
  readonly name: string;
  readonly data: string;
  /** Each once. */
  readonly channels: readonly string[];
  readonly socketId: string | undefined;
  /** Undefined when `info` was not given at all. */
  readonly attributes: readonly Attribute[] | undefined;
}

/** `pusher:…`, `pusher_internal:…`, `pusher-…`: the protocol's own. */
const RESERVED_NAME = /^pusher(?![a-zA-Z0-9])/;

/** @throws ChannelsApiError 400 or 413, naming the field. */
export function parseEvent(body: Buffer, settings: RealtimeSettings): EventRequest {
  return readEvent(parseObject(body), settings, channelsOf);
}

/**
 * An event as libraries of before 2012 sent it: its fields in the query, its data the body.
 *
 * @throws ChannelsApiError 400 or 413, naming the field.
 */
export function parseOldEvent(
  channel: string,
  parameters: ReadonlyMap<string, string>,
  body: Buffer,
  settings: RealtimeSettings,
): EventRequest {
  const name = parameters.get('name') ?? null;
  const socketId = parameters.get('socket_id') ?? null;
  return readEvent({ name, socket_id: socketId, data: textOf(body) }, settings, () => [channel]);
}

/** All or nothing: an error in one event refuses the batch. @throws ChannelsApiError 400 or 413. */
export function parseBatch(body: Buffer, settings: RealtimeSettings): EventRequest[] {
  const { batch } = parseObject(body);
  if (!Array.isArray(batch)) throw invalid('batch is a list of events.');
  if (batch.length > settings.maxBatch) throw invalid(`batch may have at most ${settings.maxBatch} events.`);
  return batch.map((item) => {
    if (!isJsonObject(item)) throw invalid('batch is a list of events.');
    return readEvent(item, settings, ({ channel }) => [channel]);
  });
}

/** @throws ChannelsApiError 400 */
export function ensureChannelName(name: JsonValue | undefined, settings: RealtimeSettings): string {
  const isValid = typeof name === 'string' && isChannelName(name, settings.maxChannelName);
  if (isValid) return name;
  throw invalid(
    `A channel name has 1 to ${settings.maxChannelName} of the characters A-Z a-z 0-9 - _ = @ , . ; and no others.`,
  );
}

function readEvent(
  item: JsonObject,
  settings: RealtimeSettings,
  listOf: (item: JsonObject) => readonly (JsonValue | undefined)[],
): EventRequest {
  return {
    name: nameOf(item, settings),
    data: dataOf(item, settings),
    channels: ensureChannels(listOf(item), settings),
    socketId: socketIdOf(item),
    attributes: attributesOf(item),
  };
}

function nameOf({ name }: JsonObject, settings: RealtimeSettings): string {
  if (typeof name !== 'string' || name === '') throw invalid('name, the name of the event, is a text.');
  if (name.length > settings.maxEventName) {
    throw invalid(`name may have at most ${settings.maxEventName} characters.`);
  }
  if (RESERVED_NAME.test(name)) throw invalid('Event names that begin with "pusher" belong to the protocol.');
  return name;
}

function dataOf({ data }: JsonObject, settings: RealtimeSettings): string {
  if (typeof data !== 'string') throw invalid('data is a text; encode other values as JSON first.');
  if (Buffer.byteLength(data) > settings.maxEventBytes) {
    throw new ChannelsApiError(413, `data may have at most ${settings.maxEventBytes} bytes.`);
  }
  return data;
}

function channelsOf({ channels, channel }: JsonObject): readonly (JsonValue | undefined)[] {
  if (channels === undefined) return [channel];
  if (channel !== undefined) throw invalid('Give either channels or channel.');
  if (!Array.isArray(channels)) throw invalid('channels is a list of channel names.');
  return channels;
}

function ensureChannels(given: readonly (JsonValue | undefined)[], settings: RealtimeSettings): string[] {
  const limit = settings.maxChannelsPerEvent;
  if (given.length < 1 || given.length > limit) throw invalid(`An event goes to 1 to ${limit} channels.`);
  const names = [...new Set(given.map((name) => ensureChannelName(name, settings)))];
  if (names.length > 1) {
    if (names.some(isUser)) throw invalid("A user's channel stands alone.");
    // Its payload is encrypted for one channel: on another nobody could read it, or it would be plain on this one.
    if (names.some(isEncrypted)) throw invalid('An encrypted channel stands alone.');
  }
  return names;
}

function socketIdOf({ socket_id: id }: JsonObject): string | undefined {
  if (id === undefined || id === null) return undefined;
  if (typeof id !== 'string' || !SOCKET_ID.test(id)) throw invalid('socket_id is two numbers with a point between.');
  return id;
}

function attributesOf({ info }: JsonObject): Attribute[] | undefined {
  if (info === undefined || info === null) return undefined;
  if (typeof info !== 'string') throw invalid('info is a text, attributes separated by commas.');
  return parseAttributes(info, ['user_count', 'subscription_count']);
}

function parseObject(body: Buffer): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(textOf(body));
  } catch {
    throw invalid('The body is not JSON.');
  }
  if (!isJsonObject(value)) throw invalid('The body is not a JSON object.');
  return value;
}

/** @throws ChannelsApiError 400 */
function textOf(body: Buffer): string {
  try {
    // Fatal: a broken byte would otherwise reach subscribers as a replacement character, signed by nobody.
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw invalid('The body is not UTF-8.');
  }
}

function invalid(message: string): ChannelsApiError {
  return new ChannelsApiError(400, message);
}
