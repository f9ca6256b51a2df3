import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { appStreamsCapability } from './app.app-streams.js';
import { accessWatcher, accountWatchers, channelGuard } from './app.channel-access.js';
import { openApps } from './app.channels.js';
import { addOwnListeners } from './app.extensions.js';
import { addListenerKinds } from './app.kinds.js';
import { listenerObjects } from './app.listener-objects.js';
import type { Measuring } from './app.metrics.js';
import type { Nodes } from './app.nodes.js';
import type { NodeNotifications } from './app.notifications.js';
import { socketIoCapability, socketIoWatcher } from './app.socketio.js';
import { tellUnknownKeys } from './app.unknown-keys.js';
import { userStreamsCapability } from './app.user-streams.js';
import { makeChannelWebhooks, type NodeWebhooks } from './app.webhooks.js';
import type { Cache } from './cache/cache.js';
import type { ChangeFeed } from './changes/change-feed.js';
import type { ChannelTemplate } from './changes/channel-template.js';
import { ListenerKinds } from './changes/change-listener.js';
import { ChangesSettings } from './changes/changes.settings.js';
import { makeConfiguredListeners } from './changes/configured-listeners.js';
import { LogTrimmer } from './changes/log-trimmer.js';
import type { RegisteredListener } from './changes/registered-listener.js';
import type { AppStreamsServer } from './listeners/app-streams/app-streams-server.js';
import type { SocketIoServer } from './listeners/socketio/socketio-server.js';
import type { UserStreamsServer } from './listeners/user-streams/user-streams-server.js';
import type { PusherAuth } from './plugins/pusher-auth/pusher-auth.js';
import { ChannelApps } from './realtime/channel-app.js';
import { ChannelEvents } from './realtime/channel-events.js';
import { Hub } from './realtime/hub.js';
import { Admission } from './realtime/pusher/admission.js';
import { Expulsion } from './realtime/pusher/expulsion.js';
import type { LiveTransports } from './resources/live/live-transports.js';
import type { ExtensionPoints } from './resources/plugin.js';
import { readSettings, type SettingSource } from './settings/settings.js';
import type { ClosableStorage } from './storage/open-storage.js';
import { VERSION } from './version.js';

/** What the start and the end of the application work with. */
export interface AppParts {
  readonly source: SettingSource;
  readonly storage: ClosableStorage;
  readonly feed: ChangeFeed;
  readonly nodes: Nodes;
  readonly cache: Cache;
  readonly closeCache: () => Promise<void>;
  readonly streams: LiveTransports;
  readonly sockets: SocketIoServer;
  readonly appStreams: AppStreamsServer | undefined;
  readonly userStreams: UserStreamsServer | undefined;
  readonly points: ExtensionPoints;
  readonly measuring: Measuring;
  readonly pusherAuth: PusherAuth;
  readonly notifications: NodeNotifications;
}

export const APP_PARTS = Symbol('AppParts');

/** Starts what listens to changes once every room stands, and stops it after the last request. */
@Injectable()
export class AppLifecycle implements OnModuleInit, BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly log = new Logger('settings');
  private webhooks: NodeWebhooks | undefined;
  private trimmer: LogTrimmer | undefined;
  /** The app whose channels the built-in listeners speak to. */
  private appId = '';

  constructor(
    @Inject(APP_PARTS) private readonly parts: AppParts,
    private readonly apps: ChannelApps,
    private readonly hub: Hub,
    private readonly channelEvents: ChannelEvents,
    private readonly admission: Admission,
    private readonly expulsion: Expulsion,
  ) {}

  /** @throws SettingsError when a listener cannot be made */
  async onModuleInit(): Promise<void> {
    const { source, storage, feed, points } = this.parts;
    const configured = await openApps(source, storage);
    for (const { app } of configured) this.apps.add(app);
    const [{ app }] = configured;
    points.capabilities.add('pusher', {
      description:
        'Changes are published over WebSocket in the Pusher protocol: pusher-js connects here with this key.',
      url: 'https://pusher.com/docs/channels/library_auth_reference/pusher-websockets-protocol/',
      key: app.key,
      protocol: [5, 6, 7],
      version: VERSION,
    });
    this.appId = app.id;
    const { hub, admission, expulsion } = this;
    this.parts.pusherAuth.open({ app, hub, admission, expulsion, log: new Logger('channels') });
    const listeners = await this.makeListeners(source);
    socketIoCapability(points, this.parts.sockets);
    appStreamsCapability(points, this.parts.appStreams);
    userStreamsCapability(points, this.parts.userStreams);
    const { nodes } = this.parts;
    const webhookParts = { storage, leases: nodes.leases, log: new Logger('webhooks') };
    this.webhooks = makeChannelWebhooks(source, configured, webhookParts);
    for (const registry of registriesOf(points)) registry.seal();
    tellUnknownKeys(source, this.log);
    nodes.open();
    await this.webhooks.open(this.channelEvents);
    const { webhooks } = this;
    // Without a way to the others, each tells of channels of its own.
    if (nodes.socketLink !== undefined) this.channelEvents.isTeller = () => webhooks.isOurs;
    this.parts.measuring.channels(hub.counters, this.channelEvents);
    await feed.open(listeners);
    await this.parts.notifications.open();
    this.parts.streams.start();
    const trimming = readSettings(ChangesSettings, source);
    this.trimmer = new LogTrimmer(storage, trimming, new Logger('changes'), Date.now, nodes.leases);
    await this.trimmer.open();
  }

  /**
   * Tells the listeners of these settings from now on; everything else stays as it was at the start. Nobody's
   * connection ends, and no change is missed.
   *
   * @throws SettingsError when a listener cannot be made; then those that there are go on
   */
  async reload(source: SettingSource): Promise<void> {
    await this.parts.feed.replace(await this.makeListeners(source));
  }

  private async makeListeners(source: SettingSource): Promise<RegisteredListener[]> {
    const kinds = new ListenerKinds();
    const { pusherAuth, sockets, appStreams, userStreams } = this.parts;
    const templates: ChannelTemplate[] = [];
    const guard = channelGuard(pusherAuth, templates);
    addListenerKinds(
      kinds,
      { hub: this.hub, appId: this.appId, guard, sockets, appStreams, userStreams },
      listenerObjects(this.parts),
    );
    await addOwnListeners(kinds, source);
    kinds.seal();
    const listeners = makeConfiguredListeners(source, kinds);
    pusherAuth.use(templates);
    this.parts.measuring.listeners(listeners);
    return [
      ...listeners,
      accessWatcher(pusherAuth),
      ...accountWatchers(this.parts),
      socketIoWatcher(this.parts.sockets),
    ];
  }

  /** Answers that go on would keep the server from ending. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([this.parts.sockets.close(), this.parts.appStreams?.close()]);
    await this.parts.streams.close();
  }

  async onApplicationShutdown(): Promise<void> {
    // Each may be in the middle of a request that takes long: together they take no longer than one of them.
    await Promise.all([
      this.webhooks?.close(),
      this.parts.pusherAuth.close(),
      this.parts.notifications.close(),
      this.trimmer?.close(),
      this.parts.feed.close(),
    ]);
    await this.parts.nodes.close();
    await this.parts.closeCache();
    await this.parts.storage.close();
    await this.parts.measuring.close();
  }
}

function registriesOf(points: ExtensionPoints): readonly { seal(): void }[] {
  return Object.values<{ seal(): void }>({ ...points });
}
