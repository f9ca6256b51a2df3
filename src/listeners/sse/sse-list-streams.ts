import type { ServerResponse } from 'node:http';
import type { ApiRequest, ApiResponse } from '../../resources/api-message.js';
import type { Exchange } from '../../resources/exchange.js';
import { EVENT_STREAM_HEADERS, isEventStreamAsked } from '../../resources/live/asked-stream.js';
import { EventStream } from '../../resources/live/event-stream.js';
import { ListAnswers } from '../../resources/live/list-answers.js';
import type { ListStreams, ReadListParameters } from '../../resources/live/list-streams.js';
import type { OpenedList } from '../../resources/live/live-opening.js';
import type { ResourcePlace } from '../../resources/resource-place.js';
import { encodeJson } from '../../wire/json.js';

/** Live lists as server-sent events: any list's URL with `Accept: text/event-stream` (seed-systems.md, 7). */
export class SseListStreams extends ListAnswers implements ListStreams {
  isAsked(request: ApiRequest): boolean {
    return isEventStreamAsked(request);
  }

  async open(exchange: Exchange, place: ResourcePlace, readParameters: ReadListParameters): Promise<ApiResponse> {
    const opened = await this.opening.open(exchange, place, readParameters);
    const headers = { ...EVENT_STREAM_HEADERS, 'Change-Position': opened.reached };
    const stream = (response: ServerResponse) =>
      void this.begin(new EventStream(response, this.settings), this.withOpening(opened), response);
    return { status: 200, headers, body: '', stream };
  }

  private withOpening(opened: OpenedList): OpenedList {
    const { start, reached, resumed, pending } = opened;
    const data = encodeJson({ position: reached, resumed, pending, heartbeat: this.settings.heartbeat });
    // Who is cut off before the frames that follow must not go on from behind them.
    const frame = { event: 'open', ...(start.frames.length === 0 ? { id: reached } : {}), data };
    return { ...opened, start: { ...start, frames: [frame, ...start.frames] } };
  }
}
