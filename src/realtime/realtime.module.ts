import { Module, type DynamicModule, type OnApplicationBootstrap } from '@nestjs/common';
import { ChannelApps } from './channel-app.js';
import { ChannelEvents } from './channel-events.js';
import { Connections } from './connections.js';
import { RealtimeCounters } from './counters.js';
import { EventCache } from './event-cache.js';
import { Hub } from './hub.js';
import { Elsewhere } from './nodes/elsewhere.js';
import { Neighbours } from './nodes/neighbours.js';
import { NodeParts } from './nodes/node-parts.js';
import { Presence } from './presence.js';
import { Admission } from './pusher/admission.js';
import { ChannelAttributes } from './pusher/channel-attributes.js';
import { ChannelsController } from './pusher/channels.controller.js';
import { Channels } from './pusher/channels.js';
import { ClientEvents } from './pusher/client-events.js';
import { DeprecatedController } from './pusher/deprecated.controller.js';
import { Expulsion } from './pusher/expulsion.js';
import { EventsController } from './pusher/events.controller.js';
import { PusherGateway } from './pusher/pusher.gateway.js';
import { SessionParts } from './pusher/session-parts.js';
import { SignIns } from './pusher/sign-ins.js';
import { PublishingGuard } from './pusher/publishing.guard.js';
import { SignedRequestGuard } from './pusher/signed-request.guard.js';
import { SubscriptionCounts } from './pusher/subscription-counts.js';
import { UpController } from './pusher/up.controller.js';
import { UsersByKeyController } from './pusher/users-by-key.controller.js';
import { UsersController } from './pusher/users.controller.js';
import { Users } from './pusher/users.js';
import { RealtimeSettings } from './realtime.settings.js';

/** The Pusher protocol, in both its mouths. */
const PROTOCOL = [
  Channels,
  ChannelAttributes,
  ClientEvents,
  Expulsion,
  SessionParts,
  SignIns,
  SubscriptionCounts,
  Users,
];

/**
 * The socket mouth. Other rooms publish through the `Hub`; before the server has started they add their apps to
 * `ChannelApps`, their rules about who may subscribe to `Admission`, and listen in with `ChannelEvents`. The
 * application must use the `ChannelsWsAdapter`, and hand request bodies through as raw buffers.
 */
@Module({})
export class RealtimeModule implements OnApplicationBootstrap {
  constructor(
    private readonly apps: ChannelApps,
    private readonly admission: Admission,
  ) {}

  static with(settings: RealtimeSettings): DynamicModule {
    const counters = new RealtimeCounters();
    const events = new ChannelEvents();
    const elsewhere = new Elsewhere();
    const onCount = (appId: string, channel: string) => elsewhere.noteChannel(appId, channel);
    const cache = new EventCache({ ttl: settings.cacheTtl, bytes: settings.cacheBytes });
    return {
      module: RealtimeModule,
      controllers: [
        EventsController,
        ChannelsController,
        UsersController,
        UsersByKeyController,
        DeprecatedController,
        UpController,
      ],
      providers: [
        { provide: RealtimeSettings, useValue: settings },
        { provide: Hub, useValue: new Hub(counters, { events: occupancy(events, elsewhere), cache, onCount }) },
        { provide: Elsewhere, useValue: elsewhere },
        { provide: ChannelEvents, useValue: events },
        { provide: EventCache, useValue: cache },
        { provide: Connections, useValue: new Connections(settings, counters) },
        ...PROTOCOL,
        Admission,
        ChannelApps,
        Neighbours,
        NodeParts,
        Presence,
        PusherGateway,
        SignedRequestGuard,
        PublishingGuard,
      ],
      exports: [Neighbours, Hub, ChannelApps, ChannelEvents, Admission, Expulsion, RealtimeSettings],
    };
  }

  onApplicationBootstrap(): void {
    this.apps.seal();
    this.admission.seal();
  }
}

/** A channel that has subscribers on another server neither becomes occupied here nor vacant. */
function occupancy(events: ChannelEvents, elsewhere: Elsewhere): Pick<ChannelEvents, 'isWatched' | 'tell'> {
  return {
    get isWatched() {
      return events.isWatched;
    },
    tell: (appId, event) => {
      if (elsewhere.countSubscribers(appId, event.channel) === 0) events.tell(appId, event);
    },
  };
}
