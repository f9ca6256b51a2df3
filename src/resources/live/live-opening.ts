import { isGoodFor, type Tickets } from '../../auth/tickets.js';
import { ApiError } from '../../wire/api-error.js';
import { refusal } from '../authorization.js';
import { ensureNoProblems, getListTimestamp } from '../endpoints/resource-parts.js';
import type { ApiRequest } from '../api-message.js';
import type { Exchange } from '../exchange.js';
import type { ResourcePlace } from '../resource-place.js';
import { formatPlace } from './list-place.js';
import type { ReadListParameters } from './list-streams.js';
import type { LiveAccess } from './live-access.js';
import { beginLive, type Beginning } from './live-beginning.js';
import type { LiveLists } from './live-lists.js';
import { readLiveQuery } from './live-query.js';
import type { LiveSink, LiveStart } from './live-start.js';
import type { LiveSubscription } from './live-subscription.js';
import type { LiveSettings } from './live.settings.js';
import type { StreamSeats } from './stream-seats.js';

export interface OpeningParts {
  readonly access: LiveAccess;
  readonly lists: LiveLists;
  readonly seats: StreamSeats;
  readonly tickets: Tickets;
  readonly settings: Pick<LiveSettings, 'maxReplay' | 'maxSnapshot'>;
}

/** Somebody who may follow a list from a place, and does not yet. */
export interface OpenedList extends Pick<Beginning, 'resumed' | 'pending'> {
  readonly start: LiveStart;
  /** The place it begins at, as text. */
  readonly reached: string;
  readonly request: ApiRequest;
}

/** Why somebody who may follow a list cannot now. */
export type TurnedAway = 'too_many_streams' | 'revoked';

/** From a request for a list to a subscription, for any transport that is asked over HTTP. */
export class LiveOpening {
  constructor(private readonly parts: OpeningParts) {}

  /** @throws ApiError as the list itself would */
  async open(exchange: Exchange, place: ResourcePlace, readParameters: ReadListParameters): Promise<OpenedList> {
    const { view, identity, request } = exchange;
    const rights = await this.parts.access.rightsOf(view, place, identity);
    if (rights === 'revoked') throw refusal(exchange);
    if (rights === 'gone') throw new ApiError('MISSING_RESOURCE');
    const { ticket, headers } = request;
    if (ticket !== undefined && !isGoodFor(ticket, place.listUri)) throw new ApiError('FORBIDDEN');
    ensureNoProblems(exchange.originProblems);
    const query = readLiveQuery(request, readParameters);
    // A list that was never written to gets a beginning, so that there is a position in it.
    await getListTimestamp(exchange, place);
    const { position, resumed, pending, frames } = await beginLive(view, place, { query, rights }, this.parts.settings);
    const reached = formatPlace({ position, isPartial: rights.onlyIds !== undefined });
    const keepAlive = ticket === undefined ? undefined : () => void this.parts.tickets.spend(ticket);
    const start = { place, query, headers, identity, rights, position, frames, keepAlive };
    return { start, reached, resumed, pending, request };
  }

  /**
   * To be called once the answer is under way, since its status cannot say no any more.
   *
   * @param response whose end gives the seat back
   */
  async follow(
    { start, request: { ticket } }: OpenedList,
    sink: LiveSink,
    response: { once(event: 'close', callback: () => void): unknown },
  ): Promise<LiveSubscription | TurnedAway> {
    const giveBack = this.parts.seats.take(start.identity.userId);
    if (giveBack === undefined) return 'too_many_streams';
    response.once('close', giveBack);
    // Who asks twice at the same time with a ticket for one use.
    if (ticket !== undefined && !(await this.parts.tickets.spendOn(ticket, start.place.listUri))) return 'revoked';
    return this.parts.lists.add(start, sink);
  }
}
