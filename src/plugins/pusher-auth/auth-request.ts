import type { ApiRequest } from '../../resources/api-message.js';
import { parseBody } from '../../resources/write-body.js';
import { invalidParameters, type ErrorDetail } from '../../wire/api-error.js';
import { isJsonObject } from '../../wire/json.js';

/** What a client of Pusher asks an application: to sign for a channel, or several, or for its user. */
export interface AuthRequest {
  readonly socketId: string;
  readonly channels: readonly string[];
  /** Whether the answer is by channel: the batching plug-in of pusher-js wants it so, for a single one as well. */
  readonly isBatch: boolean;
  /** What stands for a header where there can be none. */
  readonly ticket: string | undefined;
  readonly accessToken: string | undefined;
}

/** What server libraries insist on before they sign (pusher-protocol.md, 1.4 and 1.8). */
const SOCKET_ID = /^\d{1,20}\.\d{1,20}$/;
const CHANNEL = /^[-a-zA-Z0-9_=@,.;]{1,200}$/;

/** `channel_name`, or its batch forms `channel_name[]` and `channel_name[3]`. */
const CHANNEL_FIELD = /^channel_name(\[\d{0,4}\])?$/;

/** The fields of a body, a form or JSON, or of a query. */
export type Fields = readonly (readonly [name: string, value: string])[];

/** @throws ApiError 400 for JSON that is no object of texts */
export function fieldsOf({ headers, body }: ApiRequest): Fields {
  const isJson = /^application\/([a-z.-]+\+)?json\b/i.test(headers['content-type'] ?? '');
  if (!isJson) return [...new URLSearchParams(body?.toString('utf8') ?? '')];
  const parsed = parseBody(body);
  const value = 'value' in parsed ? parsed.value : undefined;
  if (!isJsonObject(value)) throw invalidParameters([problem('body', '', 'Should be a JSON object')]);
  return Object.entries(value).flatMap(([name, given]): [string, string][] => {
    if (typeof given === 'string') return [[name, given]];
    if (!Array.isArray(given)) return [];
    return given.flatMap((one): [string, string][] => (typeof one === 'string' ? [[`${name}[]`, one]] : []));
  });
}

/**
 * @param wanted whether it is about channels, and how many there may be
 * @throws ApiError 400 with everything that is wrong
 */
export function readAuthRequest(
  fields: Fields,
  location: 'body' | 'querystring',
  wanted: { readonly maxChannels: number } | 'user',
): AuthRequest {
  const valueOf = (name: string) => fields.find(([given]) => given === name)?.[1];
  const named = fields.filter(([name]) => CHANNEL_FIELD.test(name));
  const channels = [...new Set(named.map(([, value]) => value))];
  const socketId = valueOf('socket_id') ?? '';
  const problems: ErrorDetail[] = [];
  if (!SOCKET_ID.test(socketId)) problems.push(problem(location, 'socket_id', 'the id of a socket is needed'));
  if (wanted !== 'user') {
    if (channels.length === 0) problems.push(problem(location, 'channel_name', 'the name of a channel is needed'));
    if (channels.length > wanted.maxChannels) {
      problems.push(problem(location, 'channel_name', `at most ${wanted.maxChannels} channels`));
    } else if (!channels.every((channel) => CHANNEL.test(channel))) {
      problems.push(problem(location, 'channel_name', 'made of A-Z a-z 0-9 - _ = @ , . ;'));
    }
  }
  if (problems.length > 0) throw invalidParameters(problems);
  const isBatch = named.some(([name]) => name !== 'channel_name');
  return { socketId, channels, isBatch, ticket: valueOf('ticket'), accessToken: valueOf('access_token') };
}

export function problem(location: ErrorDetail['location'], name: string, description: string): ErrorDetail {
  return { location, name, description };
}
