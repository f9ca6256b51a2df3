import type { Authenticator } from '../../auth/authenticator.js';
import type { ApiRequest, ApiResponse } from '../../resources/api-message.js';
import type { PlainEndpoint } from '../../resources/exchange.js';
import { EVENT_STREAM_HEADERS, isEventStreamAsked } from '../../resources/live/asked-stream.js';
import { ApiError, invalidParameters } from '../../wire/api-error.js';
import { USER_STREAM_PATH } from './admission.js';
import {
  CONNECTION_OPERATIONS,
  PATH_PARAMETERS,
  STREAM_OPERATIONS,
  SUBSCRIPTION_OPERATIONS,
} from './user-stream-operations.js';
import type { UserStreamsServer } from './user-streams-server.js';

type Server = Pick<UserStreamsServer, 'admit' | 'find' | 'delete' | 'settings'>;

export function userStreamEndpoints(
  server: Server,
  authenticator: Pick<Authenticator, 'identify'>,
): readonly PlainEndpoint[] {
  return [
    new StreamEndpoint(server),
    new DeletingEndpoint(server, authenticator),
    new UnsubscribingEndpoint(server, authenticator),
  ];
}

/** The stream as server-sent events; WebSockets come to the same address. */
class StreamEndpoint implements PlainEndpoint {
  readonly name = 'user-stream';
  readonly pattern = USER_STREAM_PATH;
  readonly methods = ['GET', 'OPTIONS'];
  readonly usesStorage = false as const;
  readonly operations = STREAM_OPERATIONS;

  constructor(private readonly server: Server) {}

  exposedHeaders(): readonly string[] {
    return [];
  }

  async handle(request: ApiRequest): Promise<ApiResponse> {
    ensureOpen(this.server);
    if (!isEventStreamAsked(request)) {
      const description = "Accept header should be one of ['text/event-stream']";
      throw invalidParameters([{ location: 'header', name: 'Accept', description }], 'NOT_ACCEPTABLE');
    }
    return { status: 200, headers: { ...EVENT_STREAM_HEADERS }, body: '', stream: await this.server.admit(request) };
  }
}

class DeletingEndpoint implements PlainEndpoint {
  readonly name: string = 'user-stream-connection';
  readonly pattern: string = `${USER_STREAM_PATH}/{connection_id}`;
  readonly methods = ['DELETE', 'OPTIONS'];
  readonly usesStorage = false as const;
  readonly operations = CONNECTION_OPERATIONS;
  readonly pathParameters = PATH_PARAMETERS;

  constructor(
    protected readonly server: Server,
    private readonly authenticator: Pick<Authenticator, 'identify'>,
  ) {}

  exposedHeaders(): readonly string[] {
    return [];
  }

  async handle({ headers }: ApiRequest, params: Readonly<Record<string, string>>): Promise<ApiResponse> {
    ensureOpen(this.server);
    const { userId } = await this.authenticator.identify(headers);
    if (userId === undefined) throw new ApiError('MISSING_AUTH_TOKEN');
    if (!this.end(params, userId)) throw new ApiError('MISSING_RESOURCE');
    return { status: 204, headers: {}, body: '' };
  }

  /** @returns whether it was there */
  protected end({ connection_id: id = '' }: Readonly<Record<string, string>>, owner: string): boolean {
    const stream = this.server.find(id, owner);
    if (stream !== undefined) this.server.delete(stream);
    return stream !== undefined;
  }
}

class UnsubscribingEndpoint extends DeletingEndpoint {
  override readonly name = 'user-stream-subscription';
  override readonly pattern = `${USER_STREAM_PATH}/{connection_id}/{subscription_id}`;
  override readonly operations = SUBSCRIPTION_OPERATIONS;

  protected override end(params: Readonly<Record<string, string>>, owner: string): boolean {
    const { connection_id: id = '', subscription_id: subscription = '' } = params;
    return this.server.find(id, owner)?.unsubscribe(subscription) === true;
  }
}

/** @throws ApiError 404 when its listener was not made */
function ensureOpen({ settings }: Pick<UserStreamsServer, 'settings'>): void {
  if (settings === undefined) throw new ApiError('MISSING_RESOURCE');
}
