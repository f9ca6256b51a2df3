import type { ServerResponse } from 'node:http';
import { isGoodFor, type Tickets } from '../../auth/tickets.js';
import type { ApiRequest, ApiResponse } from '../../resources/api-message.js';
import { ensureNoProblems } from '../../resources/endpoints/resource-parts.js';
import type { Exchange, PreparedRequest, StorageEndpoint } from '../../resources/exchange.js';
import { EVENT_STREAM_HEADERS, isEventStreamAsked } from '../../resources/live/asked-stream.js';
import { EventStream } from '../../resources/live/event-stream.js';
import type { LiveSettings } from '../../resources/live/live.settings.js';
import type { StreamSeats } from '../../resources/live/stream-seats.js';
import { ensureAcceptable } from '../../resources/negotiation.js';
import type { EndpointParts } from '../../resources/plugin.js';
import { ApiError } from '../../wire/api-error.js';
import { encodeJson } from '../../wire/json.js';
import { feedOperation } from './feed-operation.js';
import { emptyBody, FeedPoll, hasNews, pageBody } from './feed-poll.js';
import { readFeedQuery, type FeedQuery } from './feed-query.js';
import type { FeedScope, OpenScope } from './feed-scopes.js';
import { FeedSession } from './feed-session.js';
import { shownResources } from './feed-sight.js';
import { FeedStream } from './feed-stream.js';
import type { FeedWatch } from './feed-watch.js';

export interface FeedParts {
  readonly watch: FeedWatch;
  readonly seats: StreamSeats;
  readonly tickets: Tickets;
  readonly settings: LiveSettings;
}

/** One request to a feed, understood. */
interface Asked {
  readonly uri: string;
  readonly request: ApiRequest;
  readonly session: FeedSession;
  /** Where it begins. */
  readonly from: string;
  readonly wait: number;
}

/** The change log over HTTP: a page, a long poll, or a stream (seed-systems.md, 8.7). */
export class ChangesEndpoint implements StorageEndpoint {
  readonly name: string;
  readonly pattern: string;
  readonly methods = ['HEAD', 'GET', 'OPTIONS'];
  readonly usesStorage = true as const;
  readonly operations;

  constructor(
    private readonly scope: FeedScope,
    private readonly parts: EndpointParts,
    private readonly feed: FeedParts,
  ) {
    this.name = scope.name;
    this.pattern = scope.pattern;
    this.operations = { GET: feedOperation(scope, feed.settings) };
  }

  exposedHeaders(): readonly string[] {
    return [];
  }

  /** Before the snapshot, which can only show what has its place in the log by then. */
  async prepare(request: ApiRequest): Promise<PreparedRequest> {
    await this.parts.storage.read(async ({ sql }) => sql.placeChanges?.());
    return { request };
  }

  async handle(exchange: Exchange): Promise<ApiResponse> {
    const { request } = exchange;
    const isStream = isEventStreamAsked(request);
    if (!isStream) ensureAcceptable(request);
    const open = await this.scope.open(exchange, this.parts);
    if (request.ticket !== undefined && !isGoodFor(request.ticket, `${open.uri}/changes`))
      throw new ApiError('FORBIDDEN');
    ensureNoProblems(exchange.originProblems);
    const resources = shownResources(this.parts.resource.definitions);
    const query = readFeedQuery(request, { source: open.source, resources, maxWait: this.feed.settings.maxWait });
    const from = await startOf(exchange, open, query);
    const session = this.makeSession(exchange, open, query);
    const asked: Asked = { uri: `${open.uri}/changes`, request, session, from, wait: query.wait };
    return isStream ? this.streamed(exchange, open, asked) : this.paged(exchange, asked);
  }

  private makeSession({ request, identity }: Exchange, open: OpenScope, query: FeedQuery): FeedSession {
    const { resource, storage, authenticator, access } = this.parts;
    const { source, covers, ensure } = open;
    const { maxFrameBytes } = this.feed.settings;
    const reading = { source, covers, query, access, definitions: resource.definitions, maxFrameBytes };
    const { ticket, headers } = request;
    const keepAlive = ticket === undefined ? undefined : () => void this.feed.tickets.spend(ticket);
    return new FeedSession({ storage, authenticator, reading, ensure }, { headers, identity, keepAlive });
  }

  private async paged({ view }: Exchange, asked: Asked): Promise<ApiResponse> {
    const { request, from, wait, session, uri } = asked;
    const turn = await session.read(view, { position: from, told: from });
    const headers = { 'Cache-Control': 'no-store', Vary: 'Accept' };
    const isNow = hasNews(turn) || wait === 0 || request.mayStream !== true || request.method === 'HEAD';
    if (!isNow) return { status: 200, headers, body: '', stream: (response) => void this.poll(response, asked) };
    // Last of all: a request that has to be answered again, in a unit of work, must find its ticket unspent.
    const { ticket, method } = request;
    if (ticket !== undefined && method === 'GET' && !(await this.feed.tickets.spendOn(ticket, uri)))
      throw new ApiError('MISSING_AUTH_TOKEN');
    return { status: 200, headers, body: pageBody(from, turn) };
  }

  private async poll(response: ServerResponse, asked: Asked): Promise<void> {
    const { watch } = this.feed;
    const refusal = await this.findRefusal(response, asked);
    if (response.destroyed) return;
    if (refusal !== undefined) response.end(emptyBody(asked.from, asked.from, refusal), 'latin1');
    else new FeedPoll(asked.session, response, asked.from, watch, asked.wait);
  }

  private async streamed({ view }: Exchange, { source }: OpenScope, asked: Asked): Promise<ApiResponse> {
    const { from } = asked;
    const isLost = (await source.findReasonToReset(view, from)) !== undefined;
    const resumed = isLost ? 'reset' : from === (await source.top(view)) ? 'live' : 'replay';
    const data = encodeJson({ position: from, resumed, heartbeat: this.feed.settings.heartbeat });
    const headers = { ...EVENT_STREAM_HEADERS, 'Change-Position': from };
    const stream = (response: ServerResponse) => void this.follow(response, asked, data);
    return { status: 200, headers, body: '', stream };
  }

  private async follow(response: ServerResponse, asked: Asked, data: string): Promise<void> {
    const { watch, settings } = this.feed;
    const { from, session } = asked;
    const stream = new EventStream(response, settings);
    const refusal = await this.findRefusal(response, asked);
    if (refusal?.reason !== undefined) return stream.bye(refusal.reason);
    if (refusal !== undefined) return stream.refuse(refusal.event);
    stream.send({ event: 'open', id: from, data });
    const following = new FeedStream(session, stream, from, watch);
    stream.follow(following);
    following.wake();
  }

  /** Why somebody cannot follow now, who might. The answer is under way: it is said in it. */
  private async findRefusal(
    response: ServerResponse,
    { session, request: { ticket }, uri }: Asked,
  ): Promise<{ event: string; reason?: 'restart' | 'too_many_streams' } | undefined> {
    const { watch } = this.feed;
    if (watch.isClosed) return { event: 'bye', reason: 'restart' };
    const giveBack = this.feed.seats.take(session.userId);
    if (giveBack === undefined) return { event: 'bye', reason: 'too_many_streams' };
    response.once('close', giveBack);
    if (ticket !== undefined && !(await this.feed.tickets.spendOn(ticket, uri))) return { event: 'revoked' };
    // It may have ended meanwhile.
    return watch.isClosed ? { event: 'bye', reason: 'restart' } : undefined;
  }
}

function startOf({ view }: Exchange, { source }: OpenScope, { position }: FeedQuery): Promise<string> | string {
  if (position === 'now') return source.top(view);
  return position === 'earliest' ? source.earliest(view) : position;
}
