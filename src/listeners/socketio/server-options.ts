import type { ServerOptions } from 'socket.io';
import { globPattern } from '../../wire/glob.js';
import type { SocketIoSettings } from './socketio.settings.js';

/** How long, in ms, somebody may be connected to no namespace. */
const CONNECT_TIMEOUT = 10_000;

/**
 * What Socket.IO is started with.
 *
 * @param origins which a browser may come from, as globs
 * @param isFull whether nobody else may come at the moment
 */
export function serverOptions(
  settings: Readonly<SocketIoSettings>,
  origins: readonly string[],
  isFull: () => boolean,
): Partial<ServerOptions> {
  const patterns = origins.map(globPattern);
  const isAllowed = (origin: string | undefined) =>
    origin === undefined || patterns.some((pattern) => pattern.test(origin));
  return {
    path: settings.path,
    transports: [...settings.transports],
    // Version 2 of the client.
    allowEIO3: true,
    pingInterval: settings.pingInterval * 1000,
    pingTimeout: settings.pingTimeout * 1000,
    maxHttpBufferSize: settings.maxPacketBytes,
    connectTimeout: CONNECT_TIMEOUT,
    cleanupEmptyChildNamespaces: true,
    destroyUpgrade: false,
    // Version 2 of the client asks with credentials, which an answer to * does not satisfy. Those that a browser sends
    // by itself count for nothing (see `credential.ts`).
    cors: { origin: (origin, done) => done(null, isAllowed(origin)), credentials: true },
    // Browsers ask nobody before they open a WebSocket.
    allowRequest: ({ headers: { origin } }, done) => {
      if (isFull()) done('Too many connections', false);
      else if (!isAllowed(origin)) done('Not allowed from this origin', false);
      else done(null, true);
    },
  };
}
