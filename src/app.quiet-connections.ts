import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** How long, in ms, the rest of a request may take that has begun to arrive when the server ends. */
const REST_OF_REQUEST = 1000;

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

  /** Ends them; a request that has begun to arrive may still do so. */
  end(): void {
    for (const socket of this.quiet) if (socket.bytesRead === 0) socket.destroy();
    const rest = setTimeout(() => {
      for (const socket of this.quiet) socket.destroy();
    }, REST_OF_REQUEST);
    this.server.once('close', () => clearTimeout(rest));
  }
}
