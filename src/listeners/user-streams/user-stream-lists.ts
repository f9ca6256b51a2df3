import { randomBytes } from 'node:crypto';
import type { ApiRequest, ApiResponse } from '../../resources/api-message.js';
import type { Exchange } from '../../resources/exchange.js';
import { refusal } from '../../resources/authorization.js';
import { CHANGE_POSITION } from '../../resources/live/change-position.js';
import { formatPlace } from '../../resources/live/list-place.js';
import type {
  AnsweredList,
  ListConnections,
  ListStreams,
  ReadListParameters,
} from '../../resources/live/list-streams.js';
import type { LiveAccess } from '../../resources/live/live-access.js';
import type { LiveOpening } from '../../resources/live/live-opening.js';
import { readLiveQuery } from '../../resources/live/live-query.js';
import type { Closing } from '../../resources/live/live-transports.js';
import { parseQueryString } from '../../resources/query-string.js';
import type { ResourcePlace } from '../../resources/resource-place.js';
import { ApiError, invalidParameters, type ErrorDetail } from '../../wire/api-error.js';
import type { Beginning } from './stream-subscription.js';
import type { UserStream } from './user-stream.js';
import type { UserStreamsServer } from './user-streams-server.js';

/** The header by which a client learns that it will be told of a list. */
export const SUBSCRIPTION_ID = 'Subscription-Id';

const CONNECTION = '_connection_id';
const SUBSCRIPTION = '_subscription_id';

/** Visible ASCII, since it goes into a header; no slash, since it goes into a path. */
const CHOSEN_ID = /^[!-.0-~]{1,64}$/;

/** What makes a page a part of the list that has no end to go on from. */
const PARTS = ['_before', '_to', '_token'];

/** What only the answer has, and what goes on has not. */
const ONLY_ANSWERED = [...PARTS, '_since', '_sort', '_limit', '_snapshot'];

/** A list that is asked for on a connection. */
interface Asked {
  readonly stream: UserStream;
  /** Chosen by the client. */
  readonly id: string | undefined;
  readonly given: ReadonlyMap<string, string>;
}

/**
 * Lists that are asked for with `_connection_id`: answered as ever, and told of from the position that the answer has
 * (seed-systems.md, 4.4). With `_position` nothing but what came after it is told.
 */
export class UserStreamLists implements ListStreams, ListConnections, Closing {
  readonly headers = [SUBSCRIPTION_ID];

  constructor(
    private readonly server: Pick<UserStreamsServer, 'find' | 'close' | 'settings'>,
    private readonly opening: Pick<LiveOpening, 'open'>,
    private readonly access: Pick<LiveAccess, 'rightsOf'>,
  ) {}

  close(): void {
    this.server.close();
  }

  isAsked(request: ApiRequest): boolean {
    const given = this.parametersOf(request);
    return request.mayStream === true && given?.has('_position') === true;
  }

  async open(exchange: Exchange, place: ResourcePlace, readParameters: ReadListParameters): Promise<ApiResponse> {
    const { stream, id } = this.getAsked(exchange);
    stream.ensureRoomFor(id);
    // One of these opens a stream of its own; here it is the connection that was opened with a credential.
    if (exchange.request.ticket !== undefined) throw new ApiError('FORBIDDEN');
    const { start } = await this.opening.open(exchange, place, readParameters);
    const { beginning } = start.query;
    if (beginning.from !== 'place') throw new Error('it was asked for by a position');
    const from = formatPlace(beginning.place);
    const headers = { [CHANGE_POSITION]: from, 'Cache-Control': 'no-store', Vary: 'Accept' };
    const list = { place, query: start.query };
    return subscribing({ status: 200, headers, body: '{"data":[]}' }, stream, { id, list, start, place: from });
  }

  async goOn(exchange: Exchange, place: ResourcePlace, answered: AnsweredList): Promise<ApiResponse> {
    const { answer, position, hasMore, readParameters } = answered;
    if (this.parametersOf(exchange.request) === undefined) return answer;
    const { stream, id, given } = this.getAsked(exchange);
    if (hasMore || PARTS.some((name) => given.has(name))) return answer;
    stream.ensureRoomFor(id);
    const query = readLiveQuery(withoutAnswerOnly(exchange.request), readParameters);
    const rights = await this.access.rightsOf(exchange.view, place, stream.identity);
    if (typeof rights === 'string') throw refusal(exchange);
    const from = formatPlace({ position, isPartial: rights.onlyIds !== undefined });
    const start = { rights, position, frames: [] };
    return subscribing(answer, stream, { id, list: { place, query }, start, place: from });
  }

  /** `undefined`: there is no word of a connection. */
  private parametersOf({ method, queryString }: ApiRequest): ReadonlyMap<string, string> | undefined {
    if (method !== 'GET' || this.server.settings === undefined || !queryString.includes(CONNECTION)) return undefined;
    const given = new Map(parseQueryString(queryString));
    return given.has(CONNECTION) ? given : undefined;
  }

  /** @throws ApiError 400 with everything that is wrong */
  private getAsked({ request, identity }: Exchange): Asked {
    const given = this.parametersOf(request) ?? new Map<string, string>();
    const problems: ErrorDetail[] = [];
    const problem = (name: string, description: string) =>
      problems.push({ location: 'querystring', name, description });
    const id = given.get(SUBSCRIPTION);
    const stream = this.server.find(given.get(CONNECTION) ?? '', identity.userId);
    // The same for one of somebody else.
    if (stream === undefined) problem(CONNECTION, 'You have no such connection to this server');
    if (request.mayStream !== true)
      problem(CONNECTION, 'It has no meaning here: ask for the list by a request of its own');
    if (id !== undefined && !CHOSEN_ID.test(id)) {
      problem(SUBSCRIPTION, 'It has 1 to 64 visible characters of ASCII, and no slash');
    }
    if (stream === undefined || problems.length > 0) throw invalidParameters(problems);
    return { stream, id, given };
  }
}

/** The answer as it is, and the subscription from the moment when it is sure to be given. */
function subscribing(
  { status, headers, body }: ApiResponse,
  stream: UserStream,
  { id = `s_${randomBytes(9).toString('base64url')}`, ...rest }: Omit<Beginning, 'id'> & { id: string | undefined },
): ApiResponse {
  return {
    status,
    headers: { ...headers, [SUBSCRIPTION_ID]: id, 'Content-Length': String(body.length) },
    body: '',
    stream: (response) => {
      // Who has gone meanwhile will ask again.
      if (!response.destroyed) stream.subscribe({ id, ...rest });
      if (typeof body === 'string') response.end(body, 'latin1');
      else response.end(body);
    },
  };
}

function withoutAnswerOnly(request: ApiRequest): ApiRequest {
  const isMeant = (pair: string) => parseQueryString(pair).every(([name]) => !ONLY_ANSWERED.includes(name));
  // A browser's Last-Event-ID is of the stream, and says nothing about the list.
  return { ...request, headers: {}, queryString: request.queryString.split('&').filter(isMeant).join('&') };
}
