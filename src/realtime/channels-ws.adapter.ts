import type { Server } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { AbstractWsAdapter } from '@nestjs/websockets';
import { WebSocketServer, type ServerOptions, type WebSocket } from 'ws';
import { OrderlyWebSocket } from './orderly-web-socket.js';
import { RealtimeSettings } from './realtime.settings.js';
import { UpgradeRouter } from './upgrade-router.js';

/** What a gateway declares: `@WebSocketGateway({ path: '/app/:key' })`. */
export interface GatewayOptions {
  /** A path; a part that begins with a colon stands for any one part. */
  readonly path?: string;
}

/** Milliseconds a peer has to answer a close frame before its socket is cut, and with it what waits to be written. */
const CLOSE_TIMEOUT = 10_000;

/**
 * Lets Nest's gateways listen on Nest's own HTTP server, by path. It only opens and closes sockets: the gateway
 * listens to each by itself, so message handlers (`@SubscribeMessage`) do not work here.
 */
export class ChannelsWsAdapter extends AbstractWsAdapter {
  /** Where others, not gateways, claim their paths. */
  readonly upgrades: UpgradeRouter;

  constructor(
    app: INestApplication<Server>,
    private readonly settings: RealtimeSettings,
  ) {
    const server = app.getHttpServer();
    super(server);
    this.upgrades = new UpgradeRouter(server);
  }

  /** @throws Error for a gateway that asks for a port of its own or names no path. */
  create(port: number, { path }: GatewayOptions = {}): WebSocketServer {
    if (port !== 0) throw new Error('Gateways share the port of the HTTP server');
    if (path === undefined) throw new Error('A gateway names its path');
    // The types of `ws` lag behind its documented options.
    const options: ServerOptions & { closeTimeout: number } = {
      noServer: true,
      WebSocket: OrderlyWebSocket,
      // With compression `ws` writes later than it is told to, and prepared frames could overtake its own.
      perMessageDeflate: false,
      maxPayload: this.settings.maxFrameBytes,
      closeTimeout: CLOSE_TIMEOUT,
    };
    const server = new WebSocketServer(options);
    const pattern = patternOf(path);
    this.upgrades.claim(
      (candidate) => pattern.test(candidate),
      (request, socket, head) => {
        server.handleUpgrade(request, socket, head, (webSocket) => server.emit('connection', webSocket, request));
      },
    );
    return server;
  }

  bindMessageHandlers(): void {
    // Gateways listen to their sockets themselves.
  }

  override bindClientDisconnect(client: WebSocket, callback: (code: number) => void): void {
    client.once('close', callback);
  }

  override async close(server: WebSocketServer): Promise<void> {
    for (const client of server.clients) client.terminate();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  override async dispose(): Promise<void> {
    this.upgrades.close();
  }
}

function patternOf(path: string): RegExp {
  const parts = path
    .split('/')
    .map((part) => (part.startsWith(':') ? '[^/]+' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')));
  return new RegExp(`^${parts.join('/')}$`);
}
