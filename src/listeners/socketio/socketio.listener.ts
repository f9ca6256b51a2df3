import type { ListenerDefinition } from '../../changes/change-listener.js';
import type { SocketIoServer } from './socketio-server.js';
import { SocketIoSettings } from './socketio.settings.js';

/** Tells Socket.IO clients of this very server what changes, each what they may read. */
export function socketIoListener(
  server: Pick<SocketIoServer, 'use' | 'announce' | 'hasAudience'>,
): ListenerDefinition<SocketIoSettings> {
  let isMade = false;
  return {
    kind: 'socketio',
    settings: SocketIoSettings,
    sharedPrefixes: ['socketio.'],
    create: (settings) => {
      if (isMade) throw new Error('There can be one listener of the kind socketio: it is one address');
      isMade = true;
      server.use(settings);
      return {
        delivery: 'on-every-node',
        hasAudience: () => server.hasAudience(),
        afterCommit: (change) => server.announce(change),
      };
    },
  };
}
