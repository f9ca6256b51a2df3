import { Socket } from 'node:net';
import type { buildConnector } from 'undici';

/**
 * The connections there are, those that are being made too, so that they can be ended at once. A signal handed to the
 * connector would do the same, but Node.js lets each socket listen to it for as long as the signal lives, and keeps the
 * socket with it: a target that fails costs a connection at each try.
 */
export class OpenSockets {
  private readonly sockets = new Set<Socket>();

  get size(): number {
    return this.sockets.size;
  }

  /** Connects as the other does, and remembers the socket until it is closed. */
  of(connect: buildConnector.connector): buildConnector.connector {
    return (options, callback) => {
      // undici returns the socket that it is connecting; its types do not say so.
      const socket: unknown = connect(options, callback);
      if (!(socket instanceof Socket)) return;
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    };
  }

  destroyAll(): void {
    // With an error, or undici would wait on for the ones that are being made.
    for (const socket of this.sockets) socket.destroy(new Error('closing'));
  }
}
