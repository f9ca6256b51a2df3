import { Logger } from '@nestjs/common';
import type { Authenticator } from './auth/authenticator.js';
import { Tickets } from './auth/tickets.js';
import type { TicketSettings } from './auth/tickets.settings.js';
import type { Cache } from './cache/cache.js';
import { MemoryCache } from './cache/memory-cache.js';
import { LongPollListStreams } from './listeners/longpoll/long-poll-list-streams.js';
import { SseListStreams } from './listeners/sse/sse-list-streams.js';
import { ListFollow } from './listeners/socketio/list-follow.js';
import type { Access } from './permissions/access.js';
import { addChangeFeed } from './plugins/changes/change-feed.js';
import type { ChangeFeedSettings } from './plugins/changes/changes.settings.js';
import { isFeedPath } from './plugins/changes/feed-scopes.js';
import { LiveAccess } from './resources/live/live-access.js';
import { LiveLists } from './resources/live/live-lists.js';
import { LiveOpening } from './resources/live/live-opening.js';
import { LiveTransports } from './resources/live/live-transports.js';
import type { LiveSettings } from './resources/live/live.settings.js';
import { StreamSeats } from './resources/live/stream-seats.js';
import { TicketsEndpoint } from './resources/live/tickets.endpoint.js';
import { UrlCredentials } from './resources/live/url-credentials.js';
import type { ExtensionPoints } from './resources/plugin.js';
import type { Storage } from './storage/storage.js';
import { VERSION } from './version.js';

export interface LiveParts {
  readonly storage: Storage;
  readonly access: Access;
  readonly authenticator: Authenticator;
  readonly settings: LiveSettings;
  readonly tickets: Tickets;
  readonly feedSettings: ChangeFeedSettings;
}

/** Lists that go on: one reader of the log, every transport that is asked over HTTP, and tickets for those in browsers. */
export interface Live {
  readonly streams: LiveTransports;
  readonly tickets: Tickets;
  readonly lists: LiveLists;
  readonly follow: ListFollow;
  readonly access: LiveAccess;
  readonly opening: LiveOpening;
  readonly urlCredentials: UrlCredentials;
}

/** Where no other server can see them, they have a place of their own: nothing else is to be pushed out by them. */
export function makeTickets(cache: Cache, { maxTickets }: TicketSettings, secret: string): Tickets {
  // One for streams takes two entries.
  const own = () => new MemoryCache(2 * maxTickets, Date.now, () => 1);
  return new Tickets(cache instanceof MemoryCache ? own() : cache, secret);
}

export function makeLive(points: ExtensionPoints, parts: LiveParts): Live {
  const { endpoints, capabilities } = points;
  const { storage, access: permissions, authenticator, tickets, settings } = parts;
  endpoints.add('tickets', () => [new TicketsEndpoint(tickets, authenticator)]);
  const access = new LiveAccess(permissions, authenticator);
  const { maxFrameBytes } = settings;
  const lists = new LiveLists({ storage, access, log: new Logger('live'), maxFrameBytes });
  const seats = new StreamSeats(settings);
  const opening = new LiveOpening({ access, lists, seats, tickets, settings });
  const follow = new ListFollow(opening);
  const transports = [new SseListStreams(opening, settings), new LongPollListStreams(opening, settings), follow];
  const streams = new LiveTransports(lists, transports, settings);
  const hasFeed = parts.feedSettings.isEnabled;
  if (hasFeed) streams.endWithUs(addChangeFeed(points, storage, { seats, tickets, settings }));
  const urlCredentials = new UrlCredentials(tickets, (request) => {
    return streams.isAsked(request) || (hasFeed && request.mayStream === true && isFeedPath(request.path));
  });
  capabilities.add('live', liveCapability(settings));
  return { streams, tickets, lists, follow, access, opening, urlCredentials };
}

function liveCapability({ heartbeat, maxAge, maxFrameBytes, maxWait, maxStreamsPerUser, maxSnapshot }: LiveSettings) {
  return {
    description:
      'Any list goes on as server-sent events (Accept: text/event-stream) or by long polls (_live=longpoll).',
    url: 'https://html.spec.whatwg.org/multipage/server-sent-events.html',
    transports: ['sse', 'longpoll'],
    limits: {
      ...{ heartbeat, max_age: maxAge, max_frame_bytes: maxFrameBytes, max_wait: maxWait },
      ...{ max_streams_per_user: maxStreamsPerUser, max_snapshot: maxSnapshot },
    },
    version: VERSION,
  };
}
