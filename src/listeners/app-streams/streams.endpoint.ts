import type { ApiRequest, ApiResponse } from '../../resources/api-message.js';
import { ObjectEndpoint } from '../../resources/endpoints/object.endpoint.js';
import { PluralEndpoint } from '../../resources/endpoints/plural.endpoint.js';
import type { Exchange, StorageEndpoint } from '../../resources/exchange.js';
import type { OperationDescriptions } from '../../resources/openapi/operation.js';
import type { EndpointParts } from '../../resources/plugin.js';
import { exchangeOver } from '../../resources/private-list.js';
import { getUserId, privateParts } from '../../resources/private-resource.js';
import { parseJson } from '../../resources/write-body.js';
import { ApiError } from '../../wire/api-error.js';
import { encodeJson, isJsonObject } from '../../wire/json.js';
import type { AppStreamsServer } from './app-streams-server.js';
import { OwnStreams } from './own-streams.js';
import { STREAM_OPERATIONS, STREAMS_OPERATIONS } from './stream-operations.js';
import { ensureSameKey, LIVE_PATHS, streamDefinition } from './stream.definition.js';

/** `/streams` and `/streams/{id}`: the usual endpoints of a resource, over the caller's own streams. */
export function streamEndpoints(endpointParts: EndpointParts, server: AppStreamsServer): StorageEndpoint[] {
  const definition = streamDefinition(() => server.settings?.maxScope ?? 0);
  // They are in no change log: who listens where is nobody else's business.
  const parts = privateParts(endpointParts);
  return [
    new StreamsEndpoint(new PluralEndpoint(definition, parts), STREAMS_OPERATIONS, server),
    new StreamsEndpoint(new ObjectEndpoint(definition, parts), STREAM_OPERATIONS, server),
  ];
}

/** Private to who is calling: what they can reach is theirs, all of it. */
class StreamsEndpoint implements StorageEndpoint {
  readonly name: string;
  readonly pattern: string;
  readonly methods: readonly string[];
  readonly usesStorage = true as const;

  constructor(
    private readonly usual: StorageEndpoint,
    readonly operations: OperationDescriptions,
    private readonly server: AppStreamsServer,
  ) {
    ({ name: this.name, pattern: this.pattern, methods: this.methods } = usual);
  }

  exposedHeaders(method: string): readonly string[] {
    return this.usual.exposedHeaders(method);
  }

  async handle(exchange: Exchange): Promise<ApiResponse> {
    const { settings } = this.server;
    if (settings === undefined) throw new ApiError('MISSING_RESOURCE');
    const owner = getUserId(exchange);
    const { request } = exchange;
    const streams = new OwnStreams({
      owner,
      endpoint: `${request.origin.replace(/^http/, 'ws')}${LIVE_PATHS[0]}`,
      connected: (key) => this.server.countOf(owner, key),
      most: settings.maxPerOwner,
    });
    return this.usual.handle({ ...exchangeOver(exchange, streams), request: withId(request) });
  }
}

/** Of a POST: a stream's key is its id. @throws ApiError 400 when both are there and differ */
function withId(request: ApiRequest): ApiRequest {
  if (request.method !== 'POST' || request.body === undefined) return request;
  const parsed = parseJson(request.body);
  const body = 'value' in parsed ? parsed.value : undefined;
  if (!isJsonObject(body) || !isJsonObject(body.data)) return request;
  const { data } = body;
  if (data.key === undefined) return request;
  if (data.id !== undefined) ensureSameKey(data.key, data.id as string);
  return { ...request, body: Buffer.from(encodeJson({ ...body, data: { ...data, id: data.key } })) };
}
