import { Module, type DynamicModule, type OnApplicationBootstrap } from '@nestjs/common';
import { ChannelApps } from './channel-app.js';
import { Connections } from './connections.js';
import { RealtimeCounters } from './counters.js';
import { Hub } from './hub.js';
import { ChannelsController } from './pusher/channels.controller.js';
import { EventsController } from './pusher/events.controller.js';
import { PusherGateway } from './pusher/pusher.gateway.js';
import { SignedRequestGuard } from './pusher/signed-request.guard.js';
import { RealtimeSettings } from './realtime.settings.js';

/**
 * The socket mouth. Other rooms publish through the `Hub` and add their apps to `ChannelApps` before the server has
 * started. The application must use the `ChannelsWsAdapter`, and hand request bodies through as raw buffers.
 */
@Module({})
export class RealtimeModule implements OnApplicationBootstrap {
  constructor(private readonly apps: ChannelApps) {}

  static with(settings: RealtimeSettings): DynamicModule {
    const counters = new RealtimeCounters();
    return {
      module: RealtimeModule,
      controllers: [EventsController, ChannelsController],
      providers: [
        { provide: RealtimeSettings, useValue: settings },
        { provide: Hub, useValue: new Hub(counters) },
        { provide: Connections, useValue: new Connections(settings, counters) },
        ChannelApps,
        PusherGateway,
        SignedRequestGuard,
      ],
      exports: [Hub, ChannelApps, RealtimeSettings],
    };
  }

  onApplicationBootstrap(): void {
    this.apps.seal();
  }
}
