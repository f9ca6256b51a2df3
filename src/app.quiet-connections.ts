import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** How long, in ms, a request may take to arrive when the server ends: it may be under way. */
const LAST_CALL = 2000;

/**
 * The connections on which nobody is asking anything. Node closes those that have been answered when the server ends,
 * but waits a minute and more for those that have not asked yet: browsers open some in advance.
 */
export class QuietConnections {
  private readonly quiet = new Set<Socket>();

  constructor(private readonly server: Server) {
    server.on('connection', (socket: Socket) => {
      this.quiet.add(socket);
      socket.once('close', () => this.quiet.delete(socket));
    });
    server.on('request', (request, response) => this.heard(request, response));
    // WebSockets are closed in a way of their own.
    server.on('upgrade', ({ socket }: IncomingMessage) => this.quiet.delete(socket));
  }

  /** A request has arrived: the connection is quiet again when it has been answered. */
  heard({ socket }: IncomingMessage, response: ServerResponse): void {
    this.quiet.delete(socket);
    response.once('close', () => {
      if (!socket.destroyed) this.quiet.add(socket);
    });
  }

  /** Ends them after a moment: who has just sent something is asked to come again. */
  end(): void {
    const lastCall = setTimeout(() => {
      for (const socket of this.quiet) socket.destroy();
    }, LAST_CALL);
    this.server.once('close', () => clearTimeout(lastCall));
  }
}
