import type { ApiRequest, ApiResponse } from '../../resources/api-message.js';
import type { Exchange } from '../../resources/exchange.js';
import type { ListStreams, ReadListParameters } from '../../resources/live/list-streams.js';
import type { LiveOpening, OpenedList } from '../../resources/live/live-opening.js';
import type { Closing } from '../../resources/live/live-transports.js';
import type { ResourcePlace } from '../../resources/resource-place.js';
import { ApiError } from '../../wire/api-error.js';

/** A GET of a list that wants not its answer but its beginning. No request from outside can look like it. */
interface FollowRequest extends ApiRequest {
  readonly follow: { opened?: OpenedList };
}

/**
 * Lets a socket follow a list by the road that a GET of it takes: aliases, logins, refusals and filters are the same.
 */
export class ListFollow implements ListStreams, Closing {
  constructor(private readonly opening: Pick<LiveOpening, 'open'>) {}

  /**
   * @param ask hands the request to the API
   * @throws what `ask` throws for a refusal
   */
  async begin(request: ApiRequest, ask: (request: ApiRequest) => Promise<unknown>): Promise<OpenedList> {
    const follow: FollowRequest['follow'] = {};
    const asked: FollowRequest = { ...request, follow };
    await ask(asked);
    // Something that is no list has answered.
    if (follow.opened === undefined) throw new ApiError('MISSING_RESOURCE');
    return follow.opened;
  }

  isAsked(request: ApiRequest): boolean {
    return isFollow(request);
  }

  async open(exchange: Exchange, place: ResourcePlace, readParameters: ReadListParameters): Promise<ApiResponse> {
    const opened = await this.opening.open(exchange, place, readParameters);
    if (isFollow(exchange.request)) exchange.request.follow.opened = opened;
    return { status: 200, headers: {}, body: '' };
  }

  close(): void {
    // Its answers do not go on: it is the sockets that do.
  }
}

function isFollow(request: ApiRequest): request is FollowRequest {
  return 'follow' in request;
}
