import type { IncomingMessage } from 'node:http';
import type { BeforeApplicationShutdown } from '@nestjs/common';
import { WebSocketGateway, type OnGatewayConnection } from '@nestjs/websockets';
import { ChannelApps, type ChannelApp } from '../channel-app.js';
import { CLOSE } from '../close-codes.js';
import { Connection } from '../connection.js';
import { Connections } from '../connections.js';
import { Hub } from '../hub.js';
import type { OrderlyWebSocket } from '../orderly-web-socket.js';
import { RealtimeSettings } from '../realtime.settings.js';
import { shakeHands, type Handshake } from './handshake.js';
import { PusherSession } from './pusher-session.js';
import { SessionParts } from './session-parts.js';
import { newSocketId } from './socket-id.js';

/**
 * Where Pusher clients come in. It handles the connection only: messages go from the socket to the session without
 * Nest's pipeline, which would cost an observable for each of them.
 */
@WebSocketGateway({ path: '/app/:key' })
export class PusherGateway implements OnGatewayConnection<OrderlyWebSocket>, BeforeApplicationShutdown {
  /** How many connections each app has here. */
  private readonly connectionsOf = new Map<ChannelApp, number>();

  constructor(
    private readonly connections: Connections,
    private readonly hub: Hub,
    private readonly apps: ChannelApps,
    private readonly parts: SessionParts,
    private readonly settings: RealtimeSettings,
  ) {}

  handleConnection(webSocket: OrderlyWebSocket, request: IncomingMessage): void {
    const connection = new Connection(newSocketId(), webSocket, request.socket, {
      bufferBytes: this.settings.bufferBytes,
      outbox: this.connections.outbox,
      counters: this.hub.counters,
    });
    webSocket.queued = connection;
    this.connections.add(connection);
    webSocket.once('close', () => this.connections.remove(connection));
    const handshake = this.welcome(request);
    if ('refused' in handshake) {
      connection.close(handshake.refused);
      return;
    }
    this.count(handshake.app, webSocket);
    const session = new PusherSession(connection, handshake.app, this.parts);
    connection.open(session);
    session.start();
  }

  /** Nest calls this while the sockets are still open; the adapter cuts whatever has come since. */
  async beforeApplicationShutdown(): Promise<void> {
    const { shutdownCode } = this.settings;
    await this.connections.drain(
      shutdownCode === CLOSE.SERVER_LEAVES.code ? CLOSE.SERVER_LEAVES : CLOSE.SERVER_RESTART,
    );
  }

  private welcome(request: IncomingMessage): Handshake {
    // Never 4200: whoever still comes here would be sent here again.
    if (this.connections.isDraining) return { refused: CLOSE.SERVER_RESTART };
    const { maxConnections } = this.settings;
    if (maxConnections > 0 && this.hub.counters.connections >= maxConnections) return { refused: CLOSE.OVER_CAPACITY };
    const handshake = shakeHands(request.url ?? '/', request.headers, this.apps, this.settings);
    return 'app' in handshake && this.isFull(handshake.app) ? { refused: CLOSE.APP_IS_FULL } : handshake;
  }

  private isFull(app: ChannelApp): boolean {
    const { maxConnections } = app.options;
    return maxConnections > 0 && (this.connectionsOf.get(app) ?? 0) >= maxConnections;
  }

  private count(app: ChannelApp, webSocket: OrderlyWebSocket): void {
    this.connectionsOf.set(app, (this.connectionsOf.get(app) ?? 0) + 1);
    webSocket.once('close', () => this.connectionsOf.set(app, (this.connectionsOf.get(app) ?? 1) - 1));
  }
}
