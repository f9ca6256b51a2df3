import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { openLocalApp } from './app.channels.js';
import { addListenerKinds } from './app.kinds.js';
import type { Measuring } from './app.metrics.js';
import type { ChangeFeed } from './changes/change-feed.js';
import { ListenerKinds } from './changes/change-listener.js';
import { makeConfiguredListeners } from './changes/configured-listeners.js';
import { ChannelApps } from './realtime/channel-app.js';
import { Hub } from './realtime/hub.js';
import { findReasonIgnored } from './resources/ignored-settings.js';
import type { ExtensionPoints } from './resources/plugin.js';
import { unknownKeyWarning, type SettingSource } from './settings/settings.js';
import type { SqliteStorage } from './storage/sqlite/sqlite-storage.js';
import { VERSION } from './version.js';

/** What the start and the end of the application work with. */
export interface AppParts {
  readonly source: SettingSource;
  readonly storage: SqliteStorage;
  readonly feed: ChangeFeed;
  readonly points: ExtensionPoints;
  readonly measuring: Measuring;
}

export const APP_PARTS = Symbol('AppParts');

/** Starts what listens to changes once every room stands, and stops it after the last request. */
@Injectable()
export class AppLifecycle implements OnModuleInit, OnApplicationShutdown {
  private readonly log = new Logger('settings');

  constructor(
    @Inject(APP_PARTS) private readonly parts: AppParts,
    private readonly apps: ChannelApps,
    private readonly hub: Hub,
  ) {}

  /** @throws SettingsError when a listener cannot be made */
  async onModuleInit(): Promise<void> {
    const { source, storage, feed, points, measuring } = this.parts;
    const app = await openLocalApp(source, storage);
    this.apps.add(app);
    points.capabilities.add('pusher', {
      description:
        'Changes are published over WebSocket in the Pusher protocol: pusher-js connects here with this key.',
      url: 'https://pusher.com/docs/channels/library_auth_reference/pusher-websockets-protocol/',
      key: app.key,
      protocol: [5, 6, 7],
      version: VERSION,
    });
    const kinds = new ListenerKinds();
    addListenerKinds(kinds, this.hub, app.id);
    const listeners = makeConfiguredListeners(source, kinds);
    measuring.listeners(listeners);
    for (const registry of [kinds, ...registriesOf(points)]) registry.seal();
    this.tellUnknownKeys();
    await feed.open(listeners);
  }

  private tellUnknownKeys(): void {
    const { source } = this.parts;
    for (const raw of source.unknownKeys()) {
      const reason = findReasonIgnored(raw.key);
      if (reason === undefined) this.log.warn(unknownKeyWarning(raw, source.keysRead));
      else this.log.debug(`${raw.origin}: ${raw.written ?? raw.key} has no effect here: ${reason}`);
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.parts.feed.close();
    await this.parts.storage.close();
    await this.parts.measuring.close();
  }
}

function registriesOf(points: ExtensionPoints): readonly { seal(): void }[] {
  return Object.values<{ seal(): void }>({ ...points });
}
