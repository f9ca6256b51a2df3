import { STATUS_CODES, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';

/** Takes over the socket of an upgrade request whose path it claimed. */
export type TakeUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

interface Claim {
  readonly isMine: (path: string) => boolean;
  readonly take: TakeUpgrade;
}

/**
 * The one listener for upgrades of the HTTP server. Several protocols may share the server, each claiming its
 * paths; a path nobody claims gets a plain 404.
 */
export class UpgradeRouter {
  private readonly claims: Claim[] = [];

  constructor(private readonly server: Server) {
    server.on('upgrade', this.route);
  }

  /** The first claim that fits is the one that counts. */
  claim(isMine: (path: string) => boolean, take: TakeUpgrade): void {
    this.claims.push({ isMine, take });
  }

  close(): void {
    this.server.off('upgrade', this.route);
  }

  private readonly route = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const url = request.url ?? '/';
    const end = url.indexOf('?');
    const path = end < 0 ? url : url.slice(0, end);
    const claim = this.claims.find(({ isMine }) => isMine(path));
    if (claim === undefined) refuse(socket, 404);
    else claim.take(request, socket, head);
  };
}

/** Answers in HTTP and closes. */
function refuse(socket: Duplex, status: number): void {
  // A client that is gone already must not end the process.
  socket.on('error', () => socket.destroy());
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
