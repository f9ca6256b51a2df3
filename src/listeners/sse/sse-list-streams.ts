import type { ServerResponse } from 'node:http';
import type { ApiRequest, ApiResponse } from '../../resources/api-message.js';
import type { Exchange } from '../../resources/exchange.js';
import { EVENT_STREAM_HEADERS, isEventStreamAsked } from '../../resources/live/asked-stream.js';
import { EventStream } from '../../resources/live/event-stream.js';
import type { ListStreams, ReadListParameters } from '../../resources/live/list-streams.js';
import type { LiveOpening, OpenedList } from '../../resources/live/live-opening.js';
import type { Closing } from '../../resources/live/live-transports.js';
import type { LiveSettings } from '../../resources/live/live.settings.js';
import type { ResourcePlace } from '../../resources/resource-place.js';
import { encodeJson } from '../../wire/json.js';

/** Live lists as server-sent events: any list's URL with `Accept: text/event-stream` (seed-systems.md, 7). */
export class SseListStreams implements ListStreams, Closing {
  private readonly streams = new Set<EventStream>();
  private isClosed = false;

  constructor(
    private readonly opening: LiveOpening,
    private readonly settings: LiveSettings,
  ) {}

  close(): void {
    this.isClosed = true;
    for (const stream of [...this.streams]) stream.bye('restart');
  }

  isAsked(request: ApiRequest): boolean {
    return isEventStreamAsked(request);
  }

  async open(exchange: Exchange, place: ResourcePlace, readParameters: ReadListParameters): Promise<ApiResponse> {
    const opened = await this.opening.open(exchange, place, readParameters);
    const headers = { ...EVENT_STREAM_HEADERS, 'Change-Position': opened.reached };
    return { status: 200, headers, body: '', stream: (response) => this.stream(response, opened) };
  }

  /** From here on the answer is under way: whatever there is to say is said in the stream. */
  private stream(response: ServerResponse, opened: OpenedList): void {
    const stream = new EventStream(response, this.settings);
    // Never 429 or 503: a browser's EventSource gives up for good on any status but 200.
    if (this.isClosed) return stream.bye('restart');
    const followed = this.opening.follow(this.withOpening(opened), stream, response);
    if (followed === 'too_many_streams') return stream.bye(followed);
    if (followed === 'revoked') {
      stream.send({ event: followed, data: '{}' });
      return stream.end();
    }
    this.streams.add(stream);
    response.on('close', () => this.streams.delete(stream));
    stream.follow(followed);
  }

  private withOpening(opened: OpenedList): OpenedList {
    const { start, reached, resumed, pending } = opened;
    const data = encodeJson({ position: reached, resumed, pending, heartbeat: this.settings.heartbeat });
    // Who is cut off before the frames that follow must not go on from behind them.
    const frame = { event: 'open', ...(start.frames.length === 0 ? { id: reached } : {}), data };
    return { ...opened, start: { ...start, frames: [frame, ...start.frames] } };
  }
}
