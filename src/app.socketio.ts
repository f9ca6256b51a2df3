import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Server } from 'node:http';
import { APP_PARTS, type AppParts } from './app.lifecycle.js';
import type { Live } from './app.live.js';
import type { AuthSettings } from './auth/auth.settings.js';
import type { Authenticator } from './auth/authenticator.js';
import type { Cache } from './cache/cache.js';
import { MemoryCache } from './cache/memory-cache.js';
import { ListenerFilter } from './changes/listener-filter.js';
import { RegisteredListener } from './changes/registered-listener.js';
import type { SharedTries } from './listeners/socketio/failed-tries.js';
import { SocketIoServer } from './listeners/socketio/socketio-server.js';
import type { Access } from './permissions/access.js';
import type { UpgradeRouter } from './realtime/upgrade-router.js';
import { Api } from './resources/api.js';
import type { ApiSettings, ProjectSettings } from './resources/http.settings.js';
import type { LiveSettings } from './resources/live/live.settings.js';
import type { ExtensionPoints } from './resources/plugin.js';
import type { Storage } from './storage/storage.js';
import { VERSION } from './version.js';
import { CHANGE_ACTIONS } from './wire/change-action.js';

export interface SocketIoRooms {
  readonly storage: Storage;
  readonly access: Access;
  readonly authenticator: Authenticator;
  readonly auth: AuthSettings;
  readonly cache: Cache;
  readonly live: LiveSettings;
  readonly api: ApiSettings;
  readonly project: ProjectSettings;
}

/** Made with the rooms below; it is open once a listener of its kind is. */
export function makeSocketIo(
  { definitions }: ExtensionPoints,
  { lists, follow, tickets }: Pick<Live, 'lists' | 'follow' | 'tickets'>,
  rooms: SocketIoRooms,
): SocketIoServer {
  const { storage, access, authenticator, live, api, project } = rooms;
  const sharedTries = makeSharedTries(rooms);
  return new SocketIoServer({
    ...{ storage, access, authenticator, definitions, project },
    ...{ lists, follow, tickets, sharedTries, limits: live, origins: api.corsOrigins, log: new Logger('socketio') },
  });
}

/** Where no other server can see them, each server's own count says as much, and pushes nothing else out. */
function makeSharedTries({ cache, auth }: SocketIoRooms): SharedTries | undefined {
  return cache instanceof MemoryCache ? undefined : { cache, secret: auth.useridHmacSecret };
}

/** Only where it is switched on. */
export function socketIoCapability({ capabilities }: ExtensionPoints, { settings }: SocketIoServer): void {
  if (settings === undefined) return;
  const { path, transports, maxPacketBytes, maxSubscriptions, commandsPerSecond, commandsInFlight } = settings;
  capabilities.add('socketio', {
    description: 'The API and its changes over Socket.IO; the client is served below the path.',
    url: 'https://socket.io/docs/v4/',
    ...{ path, client: `${path}/socket.io.js`, transports: [...transports], protocols: [3, 4] },
    limits: {
      ...{ max_packet_bytes: maxPacketBytes, max_subscriptions: maxSubscriptions },
      ...{ commands_per_second: commandsPerSecond, commands_in_flight: commandsInFlight },
    },
    version: VERSION,
  });
}

/** Hears of every change, whatever the listeners of the settings ask for. */
export function socketIoWatcher({ watch }: SocketIoServer): RegisteredListener {
  const everything = new ListenerFilter({ actions: CHANGE_ACTIONS, resources: [], buckets: [], collections: [] });
  return new RegisteredListener('socketio-logins', 'socketio', watch, everything);
}

/** Socket.IO answers on its path before anybody reads a body. Where nobody asks for it, no request is looked at. */
export function serveSocketIo(app: NestFastifyApplication, upgrades: Pick<UpgradeRouter, 'claim'>): void {
  const { sockets } = app.get<AppParts>(APP_PARTS);
  const server: Server = app.getHttpServer();
  sockets.attach(app.get(Api), () => {
    // The way Socket.IO itself attaches to a server.
    const others = server.listeners('request');
    server.removeAllListeners('request');
    server.on('request', (request, response) => {
      if (sockets.isMine(request.url ?? '')) sockets.handle(request, response);
      else for (const other of others) other.call(server, request, response);
    });
  });
  upgrades.claim(
    (path) => sockets.isMine(path),
    (request, socket, head) => sockets.upgrade(request, socket, head),
  );
}
