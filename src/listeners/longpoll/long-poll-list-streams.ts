import type { ServerResponse } from 'node:http';
import type { ApiRequest, ApiResponse } from '../../resources/api-message.js';
import type { Exchange } from '../../resources/exchange.js';
import { liveIn } from '../../resources/live/asked-stream.js';
import { ListAnswers } from '../../resources/live/list-answers.js';
import type { ListStreams, ReadListParameters } from '../../resources/live/list-streams.js';
import { readWait } from '../../resources/live/wait.js';
import { parseQueryString } from '../../resources/query-string.js';
import type { ResourcePlace } from '../../resources/resource-place.js';
import { invalidParameters, type ErrorDetail } from '../../wire/api-error.js';
import { LongPoll } from './long-poll.js';

/** Live lists where streams are buffered to death: `_live=longpoll` answers once there is something (seed-systems.md, 7.2). */
export class LongPollListStreams extends ListAnswers implements ListStreams {
  isAsked({ method, queryString, mayStream }: ApiRequest): boolean {
    return mayStream === true && method === 'GET' && liveIn(queryString) === 'longpoll';
  }

  async open(exchange: Exchange, place: ResourcePlace, readParameters: ReadListParameters): Promise<ApiResponse> {
    const opened = await this.opening.open(exchange, place, readParameters);
    const wait = this.readOwn(exchange.request);
    const headers = { 'Cache-Control': 'no-store', Vary: 'Accept' };
    const limits = { wait, maxBytes: this.settings.bufferBytes };
    const stream = (response: ServerResponse) =>
      void this.begin(new LongPoll(response, opened, limits), opened, response);
    return { status: 200, headers, body: '', stream };
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
}
