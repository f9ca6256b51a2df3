import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

/** How long, in ms, a request may take to arrive when the server ends: it may be under way. */
const LAST_CALL = 2000;

/** How long, in ms, those are left open that have been answered: their next request may be on its way. */
const LAST_ANSWERS = 100;

/**
 * The connections on which nobody is asking anything. When the server ends, Node closes those that have been answered by
 * then, but waits a minute and more for those that are answered later, and for those that have not asked yet: browsers
 * open some in advance.
 */
export class QuietConnections {
  private readonly unasked = new Set<Socket>();

  constructor(private readonly server: Server) {
    server.on('connection', (socket: Socket) => {
      this.unasked.add(socket);
      socket.once('close', () => this.unasked.delete(socket));
    });
    server.on('request', (request) => this.heard(request));
    // WebSockets are closed in a way of their own.
    server.on('upgrade', (request: IncomingMessage) => this.heard(request));
  }

  /** A request has arrived. */
  heard({ socket }: IncomingMessage): void {
    this.unasked.delete(socket);
  }

  /** Ends them after a moment: who has just sent something is asked to come again. To be called before the server ends. */
  end(): void {
    this.spareIdle();
    const calls = setInterval(() => {
      for (const socket of this.unasked) socket.destroy();
      this.server.closeIdleConnections();
    }, LAST_CALL);
    this.server.once('close', () => clearInterval(calls));
  }

  /** Node closes idle connections as soon as the server is to end, and whoever is just sending on one is cut off. */
  private spareIdle(): void {
    this.server.closeIdleConnections = () => undefined;
    const last = setTimeout(() => {
      // What stood before it is the prototype's again.
      delete (this.server as Partial<Server>).closeIdleConnections;
      this.server.closeIdleConnections();
    }, LAST_ANSWERS);
    this.server.once('close', () => clearTimeout(last));
  }
}
