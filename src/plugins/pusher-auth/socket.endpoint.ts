import type { Authenticator } from '../../auth/authenticator.js';
import type { ApiRequest, ApiResponse } from '../../resources/api-message.js';
import { jsonAnswer } from '../../resources/endpoints/json-answer.js';
import type { PlainEndpoint } from '../../resources/exchange.js';
import { parseQueryString } from '../../resources/query-string.js';
import type { Storage } from '../../storage/storage.js';
import { ApiError, invalidParameters } from '../../wire/api-error.js';
import type { JsonObject } from '../../wire/json.js';
import { problem } from './auth-request.js';
import type { DataChannels } from './data-channels.js';
import type { SocketDetails } from './socket-details.js';

const TEXT = { type: 'string' };

/** Of the `socket` that is told wherever somebody asks who they are. */
export const SOCKET_SCHEMA: JsonObject = {
  type: 'object',
  description: 'How to hear of changes as they happen, with any library for Pusher.',
  required: [
    'auth_url',
    'api_key',
    'app_id',
    'channels',
    'host',
    'port',
    'tls',
    'path',
    'protocol',
    'client_url',
    'jsonp',
  ],
  properties: {
    auth_url: TEXT,
    api_key: TEXT,
    app_id: TEXT,
    channels: { type: 'object', additionalProperties: TEXT },
    host: TEXT,
    port: { type: 'integer' },
    tls: { type: 'boolean' },
    path: TEXT,
    protocol: { type: 'array', items: { type: 'integer' } },
    client_url: TEXT,
    jsonp: { type: 'boolean' },
  },
};

export interface SocketEndpointParts {
  readonly storage: Storage;
  readonly authenticator: Authenticator;
  readonly details: SocketDetails;
  /** They are there once the server has started. */
  readonly channels: () => DataChannels;
  readonly maxChannels: number;
}

/** A collection as `?channels=` names it: `{bucket}/{collection}`. */
interface Wanted {
  readonly name: string;
  readonly bucketId: string;
  readonly collectionId: string;
}

/** The `socket` of whoever asks, alone, and with the channels of the collections they name. */
export class SocketEndpoint implements PlainEndpoint {
  readonly name = 'realtime';
  readonly pattern = '/realtime';
  readonly methods = ['GET', 'OPTIONS'];
  readonly usesStorage = false as const;
  readonly operations = {
    GET: {
      id: 'get_socket',
      tag: 'Realtime',
      summary: 'How the caller can hear of changes as they happen.',
      isProtected: true,
      errors: [400],
      parameters: [
        {
          name: 'channels',
          in: 'query',
          description:
            'Collections as bucket/collection, with commas; those that the caller may not read are left out.',
          schema: TEXT,
        },
      ],
      responses: {
        200: {
          description: 'The details of the socket.',
          schema: { type: 'object', required: ['socket'], properties: { socket: SOCKET_SCHEMA } },
        },
      },
    },
  };

  constructor(private readonly parts: SocketEndpointParts) {}

  exposedHeaders(): readonly string[] {
    return [];
  }

  async handle(request: ApiRequest): Promise<ApiResponse> {
    const { userId } = await this.parts.authenticator.identify(request.headers);
    if (userId === undefined) throw new ApiError('MISSING_AUTH_TOKEN');
    const more = await this.channelsOf(userId, this.wantedIn(request));
    const answer = jsonAnswer(200, { socket: this.parts.details.of(userId, request, more) });
    // It may say how to be let in.
    return { ...answer, headers: { 'Cache-Control': 'no-store' } };
  }

  /** @throws ApiError 400 */
  private wantedIn({ queryString }: ApiRequest): Wanted[] {
    const given = parseQueryString(queryString).filter(([name]) => name === 'channels');
    const names = [...new Set(given.flatMap(([, value]) => value.split(',')))].filter((name) => name !== '');
    const { maxChannels } = this.parts;
    if (names.length > maxChannels) {
      throw invalidParameters([problem('querystring', 'channels', `at most ${maxChannels} channels`)]);
    }
    return names.map((name) => {
      const [, bucketId, collectionId] = /^([\w-]+)\/([\w-]+)$/.exec(name) ?? [];
      if (bucketId !== undefined && collectionId !== undefined) return { name, bucketId, collectionId };
      throw invalidParameters([problem('querystring', 'channels', 'collections as bucket/collection, with commas')]);
    });
  }

  /** What they may not read is left out, and nothing more is told of it. */
  private async channelsOf(userId: string, wanted: readonly Wanted[]): Promise<Record<string, string>> {
    const channels = this.parts.channels();
    const { items } = channels;
    const found: Record<string, string> = {};
    if (wanted.length === 0) return found;
    await this.parts.storage.read(async ({ sql }) => {
      for (const { name, bucketId: given, collectionId } of wanted) {
        const bucketId = given === 'default' ? (items.ownBucketOf(userId) ?? given) : given;
        const channel = items.channelOf(bucketId, collectionId);
        const reading = channel === undefined ? undefined : items.read(channel);
        if (channel === undefined || reading === undefined) continue;
        if ((await channels.readableFor(sql, userId, [reading])).length > 0) found[name] = channel;
      }
    });
    return found;
  }
}
