import { once } from 'node:events';
import { WebSocket } from 'ws';
import { APP, type ChannelsServer } from './channels-server.js';

export type ConnectedClient = RawClient & { socketId: string };

/** A bare WebSocket client that keeps what it gets, character for character. */
export class RawClient {
  readonly received: string[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  private waiting: (() => void)[] = [];
  private taken = 0;

  private constructor(readonly webSocket: WebSocket) {
    webSocket.on('message', (message: Buffer) => {
      this.received.push(message.toString());
      this.wake();
    });
    // A server may end a connection while the client still writes; the close code is what tests look at.
    webSocket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      webSocket.once('close', (code, reason) => {
        resolve({ code, reason: reason.toString() });
        this.wake();
      });
    });
  }

  /** Connects with the query pusher-js sends, or another; the first message is not awaited. */
  static async open(
    server: ChannelsServer,
    path = `/app/${APP.key}?protocol=7&client=js&version=8.6.0&flash=false`,
    headers: Record<string, string> = {},
  ): Promise<RawClient> {
    const webSocket = new WebSocket(server.ws + path, { headers });
    const client = new RawClient(webSocket);
    await once(webSocket, 'open');
    return client;
  }

  /** Connects, and takes the first message; with the channels subscribed to. */
  static connect(server: ChannelsServer, ...channels: string[]): Promise<ConnectedClient> {
    return RawClient.connectTo(APP.key, server, ...channels);
  }

  /** As above, as a client of the app with this key. */
  static async connectTo(key: string, server: ChannelsServer, ...channels: string[]): Promise<ConnectedClient> {
    const client = await RawClient.open(server, `/app/${key}?protocol=7`);
    const { data } = JSON.parse(await client.next()) as { data: string };
    const { socket_id: socketId } = JSON.parse(data) as { socket_id: string };
    for (const channel of channels) {
      client.say({ event: 'pusher:subscribe', data: { auth: '', channel } });
      await client.next();
    }
    return Object.assign(client, { socketId });
  }

  say(message: unknown): void {
    this.webSocket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** The next message that was not taken yet. */
  async next(): Promise<string> {
    const message = await this.until(() => this.received[this.taken]);
    this.taken += 1;
    return message;
  }

  /** Sends a ping and takes its answer, so that everything sent before has been dealt with. */
  async settle(): Promise<string[]> {
    const from = this.taken;
    this.say({ event: 'pusher:ping', data: {} });
    await this.until(() => this.received.slice(from).find((message) => message.startsWith('{"event":"pusher:pong"')));
    this.taken = this.received.length;
    return this.received.slice(from, -1);
  }

  async until<T>(look: () => T | undefined): Promise<T> {
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      if (this.webSocket.readyState === WebSocket.CLOSED) throw new Error('The connection was closed');
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  async close(): Promise<void> {
    this.webSocket.close();
    await this.closed;
  }

  private wake(): void {
    const waiting = this.waiting;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }
}
