import { Authorization } from '../../resources/authorization.js';
import type { ApiRequest, ApiResponse } from '../../resources/api-message.js';
import { ObjectEndpoint } from '../../resources/endpoints/object.endpoint.js';
import { PluralEndpoint } from '../../resources/endpoints/plural.endpoint.js';
import type { ResourceParts } from '../../resources/endpoints/resource-parts.js';
import { getUnit, type Exchange, type StorageEndpoint } from '../../resources/exchange.js';
import { ObjectWriter, type ShownObject } from '../../resources/object-writer.js';
import type { OperationDescriptions } from '../../resources/openapi/operation.js';
import type { EndpointParts } from '../../resources/plugin.js';
import type { ResourcePlace } from '../../resources/resource-place.js';
import { parseJson } from '../../resources/write-body.js';
import type { StoredObject } from '../../wire/stored-object.js';
import { ApiError } from '../../wire/api-error.js';
import { encodeJson, isJsonObject, type JsonObject } from '../../wire/json.js';
import type { AppStreamsServer } from './app-streams-server.js';
import { STREAM_OPERATIONS, STREAMS_OPERATIONS } from './stream-operations.js';
import { ensureSameKey, LIVE_PATHS, streamDefinition } from './stream.definition.js';
import { StreamsUnit, StreamsView } from './streams-view.js';

/** `/streams` and `/streams/{id}`: the usual endpoints of a resource, over the caller's own streams. */
export function streamEndpoints({ resource, access }: EndpointParts, server: AppStreamsServer): StorageEndpoint[] {
  const definition = streamDefinition(() => server.settings?.maxScope ?? 0);
  const parts: ResourceParts = { ...resource, authorization: new OwnStreams(access), writer: new StreamWriter(true) };
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
    const owner = exchange.identity.userId;
    if (settings === undefined) throw new ApiError('MISSING_RESOURCE');
    if (owner === undefined) throw new ApiError('MISSING_AUTH_TOKEN');
    const { request } = exchange;
    const showing = {
      owner,
      endpoint: `${request.origin.replace(/^http/, 'ws')}${LIVE_PATHS[0]}`,
      connected: (key: string) => this.server.countOf(owner, key),
    };
    const unit = exchange.unit && new StreamsUnit(exchange.unit, showing, settings.maxPerOwner);
    const view = unit ?? new StreamsView(exchange.view, showing);
    return this.usual.handle({ ...exchange, request: withId(request), view, unit });
  }
}

/** There is nothing of others to be asked about. */
class OwnStreams extends Authorization {
  override ensureMayRead(): Promise<void> {
    return Promise.resolve();
  }

  override ensureMayCreate(): Promise<void> {
    return Promise.resolve();
  }

  override ensureMayWrite(): Promise<void> {
    return Promise.resolve();
  }

  override scopeOf(): Promise<{ onlyIds: undefined }> {
    return Promise.resolve({ onlyIds: undefined });
  }
}

/** Streams have no permissions, and are in no change log: who listens where is nobody else's business. */
class StreamWriter extends ObjectWriter {
  override async create(
    exchange: Exchange,
    place: ResourcePlace,
    { id, value }: { id: string; value: JsonObject },
  ): Promise<ShownObject> {
    const { object } = await getUnit(exchange).createObject(place.list, id, value);
    return { object, permissions: {} };
  }

  override async update(
    exchange: Exchange,
    place: ResourcePlace,
    { before, value }: { before: StoredObject; value: JsonObject },
  ): Promise<ShownObject> {
    const { object } = await getUnit(exchange).updateObject(place.list, before, value);
    return { object, permissions: {} };
  }

  override async delete(
    exchange: Exchange,
    place: ResourcePlace,
    before: StoredObject,
    suggested?: number,
  ): Promise<StoredObject> {
    return (await getUnit(exchange).deleteObject(place.list, before, suggested)).object;
  }

  override show(_exchange: Exchange, _place: ResourcePlace, object: StoredObject): Promise<ShownObject> {
    return Promise.resolve({ object, permissions: {} });
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
