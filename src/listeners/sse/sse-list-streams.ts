import type { Logger } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import type { Authenticator } from '../../auth/authenticator.js';
import type { Access } from '../../permissions/access.js';
import type { ApiRequest, ApiResponse } from '../../resources/api-message.js';
import { refusal } from '../../resources/authorization.js';
import { ensureNoProblems, getListTimestamp } from '../../resources/endpoints/resource-parts.js';
import type { Exchange } from '../../resources/exchange.js';
import { formatPlace } from '../../resources/live/list-place.js';
import type { ListStreams, ReadListParameters } from '../../resources/live/list-streams.js';
import { LiveAccess } from '../../resources/live/live-access.js';
import { beginLive } from '../../resources/live/live-beginning.js';
import { LiveLists } from '../../resources/live/live-lists.js';
import { readLiveQuery } from '../../resources/live/live-query.js';
import type { LiveStart } from '../../resources/live/live-start.js';
import { parseQueryString } from '../../resources/query-string.js';
import type { ResourcePlace } from '../../resources/resource-place.js';
import type { Storage } from '../../storage/storage.js';
import { ApiError } from '../../wire/api-error.js';
import { encodeJson } from '../../wire/json.js';
import { EventStream } from './event-stream.js';
import type { LiveSettings } from './live.settings.js';

const EVENT_STREAM = 'text/event-stream';

const HEADERS = {
  'Content-Type': EVENT_STREAM,
  'Cache-Control': 'no-store, no-transform',
  // nginx would collect an answer before it passes it on.
  'X-Accel-Buffering': 'no',
  Vary: 'Accept',
};

export interface SseParts {
  readonly storage: Storage;
  readonly access: Access;
  readonly authenticator: Authenticator;
  readonly log: Pick<Logger, 'warn'>;
}

/** Live lists as server-sent events: any list's URL with `Accept: text/event-stream` (seed-systems.md, 7). */
export class SseListStreams implements ListStreams {
  private readonly access: LiveAccess;
  private readonly lists: LiveLists;
  private readonly streams = new Set<EventStream>();
  private sweep: NodeJS.Timeout | undefined;
  private isClosed = false;

  constructor(
    { storage, access, authenticator, log }: SseParts,
    private readonly settings: LiveSettings,
  ) {
    this.access = new LiveAccess(access, authenticator);
    this.lists = new LiveLists({ storage, access: this.access, log });
  }

  start(): void {
    this.sweep = setInterval(() => this.lists.recheckAll(), this.settings.sweep * 1000).unref();
  }

  /** Sends everybody away, who will come back to the server that is started next. */
  async close(): Promise<void> {
    this.isClosed = true;
    clearInterval(this.sweep);
    for (const stream of [...this.streams]) stream.bye('restart');
    await this.lists.close();
  }

  isAsked({ method, headers, queryString, mayStream }: ApiRequest): boolean {
    if (mayStream !== true || (method !== 'GET' && method !== 'HEAD')) return false;
    const accepted = (headers.accept ?? '').split(',').map((range) => range.split(';', 1)[0]!.trim().toLowerCase());
    if (accepted.includes(EVENT_STREAM) && !accepted.includes('application/json')) return true;
    return queryString.includes('_live=') && new Map(parseQueryString(queryString)).get('_live') === 'sse';
  }

  async open(exchange: Exchange, place: ResourcePlace, readParameters: ReadListParameters): Promise<ApiResponse> {
    const { view, identity, request } = exchange;
    const rights = await this.access.rightsOf(view, place, identity);
    if (rights === 'revoked') throw refusal(exchange);
    if (rights === 'gone') throw new ApiError('MISSING_RESOURCE');
    ensureNoProblems(exchange.originProblems);
    const query = readLiveQuery(request, readParameters);
    // A list that was never written to gets a beginning, so that there is a position in it.
    await getListTimestamp(exchange, place);
    const begun = await beginLive(view, place, { query, rights }, this.settings);
    const { position, resumed, pending } = begun;
    const reached = formatPlace({ position, isPartial: rights.onlyIds !== undefined });
    const data = encodeJson({ position: reached, resumed, pending, heartbeat: this.settings.heartbeat });
    // Who is cut off before the frames that follow must not go on from behind them.
    const opened = { event: 'open', ...(begun.frames.length === 0 ? { id: reached } : {}), data };
    const frames = [opened, ...begun.frames];
    const start = { place, query, headers: request.headers, identity, rights, position, frames };
    const headers = { ...HEADERS, 'Change-Position': reached };
    return { status: 200, headers, body: '', stream: (response) => this.stream(response, start) };
  }

  /** From here on the answer is under way: whatever there is to say is said in the stream. */
  private stream(response: ServerResponse, start: LiveStart): void {
    const stream = new EventStream(response, this.settings);
    // Never 429 or 503: a browser's EventSource gives up for good on any status but 200.
    if (this.isClosed) return stream.bye('restart');
    if (this.isFullFor(start.identity.userId)) return stream.bye('too_many_streams');
    this.streams.add(stream);
    response.on('close', () => this.streams.delete(stream));
    stream.follow(this.lists.add(start, stream));
  }

  private isFullFor(userId: string | undefined): boolean {
    const { maxStreams, maxStreamsPerUser } = this.settings;
    if (this.lists.count >= maxStreams) return true;
    return userId !== undefined && this.lists.countOf(userId) >= maxStreamsPerUser;
  }
}
