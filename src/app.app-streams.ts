import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { APP_PARTS, type AppParts } from './app.lifecycle.js';
import type { Authenticator } from './auth/authenticator.js';
import type { Tickets } from './auth/tickets.js';
import { CommonListenerSettings, ListenersSettings } from './changes/change-listener.js';
import { AppStreamsServer } from './listeners/app-streams/app-streams-server.js';
import { APP_STREAMS } from './listeners/app-streams/app-streams.listener.js';
import { FormerAccounts } from './listeners/app-streams/former-accounts.js';
import { OBJECT_TYPES } from './listeners/app-streams/stream-wish.js';
import { streamEndpoints } from './listeners/app-streams/streams.endpoint.js';
import type { Access } from './permissions/access.js';
import { FeedSight } from './plugins/changes/feed-sight.js';
import { GlobalSource } from './plugins/changes/global-source.js';
import type { UpgradeRouter } from './realtime/upgrade-router.js';
import type { ApiSettings } from './resources/http.settings.js';
import type { LiveSettings } from './resources/live/live.settings.js';
import type { ExtensionPoints } from './resources/plugin.js';
import { readSettings, resolveDottedName, type SettingSource } from './settings/settings.js';
import { logEpoch } from './storage/log-epoch.js';
import type { Storage } from './storage/storage.js';
import { VERSION } from './version.js';
import { rememberSuccess } from './wire/remember-success.js';

export interface AppStreamsRooms {
  readonly storage: Storage;
  readonly access: Access;
  readonly authenticator: Authenticator;
  readonly tickets: Tickets;
  readonly live: LiveSettings;
  readonly api: ApiSettings;
}

/** Only where a listener of its kind is asked for; it is open once that one is made. */
export function makeAppStreams(
  source: SettingSource,
  { definitions, endpoints, hooks }: ExtensionPoints,
  { storage, access, authenticator, tickets, live, api }: AppStreamsRooms,
): AppStreamsServer | undefined {
  if (!isListenerAskedFor(source, APP_STREAMS)) return undefined;
  const server = new AppStreamsServer({
    ...{ storage, access, authenticator, tickets, definitions, limits: live, isReadonly: api.readonly },
    makeSight: (view, caller) => new FeedSight(view, caller, access, definitions),
    // The change feed's positions, under the name of this database.
    openLog: rememberSuccess(
      async () => new GlobalSource(await storage.write(({ sql }) => logEpoch.findOrCreate(sql))),
    ),
    log: new Logger('streams'),
  });
  hooks.add('streams', new FormerAccounts());
  endpoints.add('streams', (parts) => streamEndpoints(parts, server));
  return server;
}

/** Only where it is switched on. */
export function appStreamsCapability({ capabilities }: ExtensionPoints, server: AppStreamsServer | undefined): void {
  if (server?.settings === undefined) return;
  const { maxPerOwner, maxConnectedPerOwner, keepalive, maxScope, maxMessageBytes } = server.settings;
  capabilities.add('streams', {
    description: 'App streams: all that the caller may read, as it changes, over one WebSocket.',
    url: 'https://www.rfc-editor.org/rfc/rfc6455',
    ...{ path: '/streams', live: '/streams/live', object_types: [...OBJECT_TYPES] },
    limits: {
      ...{ max_per_owner: maxPerOwner, max_connected_per_owner: maxConnectedPerOwner, keepalive },
      ...{ max_scope: maxScope, max_message_bytes: maxMessageBytes },
    },
    version: VERSION,
  });
}

export function serveAppStreams(app: NestFastifyApplication, upgrades: Pick<UpgradeRouter, 'claim'>): void {
  const { appStreams } = app.get<AppParts>(APP_PARTS);
  if (appStreams === undefined) return;
  upgrades.claim(
    (path) => appStreams.isMine(path),
    (request, socket, head) => void appStreams.upgrade(request, socket, head),
  );
}

/** Whether the settings have a listener of that kind: endpoints of its own cannot come later. */
export function isListenerAskedFor(source: SettingSource, kind: string): boolean {
  return readSettings(ListenersSettings, source).names.some((name) => {
    const { use } = readSettings(CommonListenerSettings, source, { prefixes: [`event_listeners.${name}.`] });
    return resolveDottedName('listener', use === '' ? name : use) === kind;
  });
}
