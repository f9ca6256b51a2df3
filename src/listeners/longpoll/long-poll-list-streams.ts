import type { ServerResponse } from 'node:http';
import type { ApiRequest, ApiResponse } from '../../resources/api-message.js';
import type { Exchange } from '../../resources/exchange.js';
import { liveIn } from '../../resources/live/asked-stream.js';
import type { ListStreams, ReadListParameters } from '../../resources/live/list-streams.js';
import type { LiveOpening, OpenedList } from '../../resources/live/live-opening.js';
import type { Closing } from '../../resources/live/live-transports.js';
import type { LiveSettings } from '../../resources/live/live.settings.js';
import { readWait } from '../../resources/live/wait.js';
import { parseQueryString } from '../../resources/query-string.js';
import type { ResourcePlace } from '../../resources/resource-place.js';
import { invalidParameters, type ErrorDetail } from '../../wire/api-error.js';
import { LongPoll } from './long-poll.js';

/** Live lists where streams are buffered to death: `_live=longpoll` answers once there is something (seed-systems.md, 7.2). */
export class LongPollListStreams implements ListStreams, Closing {
  private readonly polls = new Set<LongPoll>();
  private isClosed = false;

  constructor(
    private readonly opening: LiveOpening,
    private readonly settings: LiveSettings,
  ) {}

  close(): void {
    this.isClosed = true;
    for (const poll of [...this.polls]) poll.bye('restart');
  }

  isAsked({ method, queryString, mayStream }: ApiRequest): boolean {
    return mayStream === true && method === 'GET' && liveIn(queryString) === 'longpoll';
  }

  async open(exchange: Exchange, place: ResourcePlace, readParameters: ReadListParameters): Promise<ApiResponse> {
    const opened = await this.opening.open(exchange, place, readParameters);
    const wait = this.readOwn(exchange.request);
    const headers = { 'Cache-Control': 'no-store', Vary: 'Accept' };
    return { status: 200, headers, body: '', stream: (response) => this.stream(response, opened, wait) };
  }

  /** @throws ApiError 400 */
  private readOwn({ queryString }: ApiRequest): number {
    const given = new Map(parseQueryString(queryString));
    const problems: ErrorDetail[] = [];
    const wait = readWait(given.get('_wait'), this.settings.maxWait, problems);
    if (given.get('_snapshot') === 'true') {
      const description = 'A long poll has none: read the list, then poll from its Change-Position';
      problems.push({ location: 'querystring', name: '_snapshot', description });
    }
    if (problems.length > 0) throw invalidParameters(problems);
    return wait;
  }

  private stream(response: ServerResponse, opened: OpenedList, wait: number): void {
    const poll = new LongPoll(response, opened, { wait, maxBytes: this.settings.bufferBytes });
    if (this.isClosed) return poll.bye('restart');
    const followed = this.opening.follow(opened, poll, response);
    if (followed === 'too_many_streams') return poll.bye(followed);
    if (followed === 'revoked') return poll.refuse(followed);
    this.polls.add(poll);
    response.on('close', () => this.polls.delete(poll));
    poll.follow(followed);
  }
}
