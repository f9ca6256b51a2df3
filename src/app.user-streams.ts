import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import cluster from 'node:cluster';
import { isListenerAskedFor } from './app.app-streams.js';
import { APP_PARTS, type AppParts } from './app.lifecycle.js';
import type { Live } from './app.live.js';
import type { Authenticator } from './auth/authenticator.js';
import { UserStreamLists } from './listeners/user-streams/user-stream-lists.js';
import { UserStreamsServer } from './listeners/user-streams/user-streams-server.js';
import { userStreamEndpoints } from './listeners/user-streams/user-streams.endpoints.js';
import { USER_STREAMS } from './listeners/user-streams/user-streams.listener.js';
import type { UpgradeRouter } from './realtime/upgrade-router.js';
import type { LiveSettings } from './resources/live/live.settings.js';
import type { ExtensionPoints } from './resources/plugin.js';
import type { SettingSource } from './settings/settings.js';
import type { Storage } from './storage/storage.js';
import { VERSION } from './version.js';

export interface UserStreamsRooms {
  readonly storage: Storage;
  readonly authenticator: Authenticator;
  readonly live: LiveSettings;
}

/** Only where a listener of its kind is asked for; it is open once that one is made. */
export function makeUserStreams(
  source: SettingSource,
  { endpoints }: ExtensionPoints,
  { streams, lists, tickets, access, opening }: Pick<Live, 'streams' | 'lists' | 'tickets' | 'access' | 'opening'>,
  { storage, authenticator, live }: UserStreamsRooms,
): UserStreamsServer | undefined {
  if (!isListenerAskedFor(source, USER_STREAMS)) return undefined;
  const log = new Logger('user-streams');
  if (cluster.isWorker) {
    log.warn(
      'A user stream is in one process: a list with its _connection_id that comes to another worker is refused. ' +
        'Serve user streams from a server with kinto.workers = 1.',
    );
  }
  const server = new UserStreamsServer({ storage, access, lists, authenticator, tickets, limits: live, log });
  endpoints.add('user-streams', () => userStreamEndpoints(server, authenticator));
  streams.useConnections(new UserStreamLists(server, opening, access));
  return server;
}

/** Only where it is switched on. */
export function userStreamsCapability({ capabilities }: ExtensionPoints, server: UserStreamsServer | undefined): void {
  if (server?.settings === undefined) return;
  const { maxPerOwner, maxSubscriptions, resumeFor, keepalive } = server.settings;
  capabilities.add('user_stream', {
    description: 'User streams: any lists, as they change, over one WebSocket or one stream of server-sent events.',
    url: 'https://www.rfc-editor.org/rfc/rfc6455',
    path: '/user_stream',
    limits: {
      ...{ max_per_owner: maxPerOwner, max_subscriptions: maxSubscriptions },
      ...{ resume_for: resumeFor, keepalive },
    },
    version: VERSION,
  });
}

export function serveUserStreams(app: NestFastifyApplication, upgrades: Pick<UpgradeRouter, 'claim'>): void {
  const { userStreams } = app.get<AppParts>(APP_PARTS);
  if (userStreams === undefined) return;
  upgrades.claim(
    (path) => userStreams.isMine(path),
    (request, socket, head) => void userStreams.upgrade(request, socket, head),
  );
}
