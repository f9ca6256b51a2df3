import { ChannelApp } from '../../src/realtime/channel-app.js';
import { RawClient, type ConnectedClient } from '../realtime/support/raw-client.js';
import { basicAuth, startTestServer, type Answer, type TestServer, type User } from '../support/server.js';

export const LOCAL_APP = { id: '100', key: 'local-key', secret: 'local-secret' };

/** Announces on a channel of each kind. */
const INI = `
pusher.app_id = ${LOCAL_APP.id}
pusher.key = ${LOCAL_APP.key}
pusher.secret = ${LOCAL_APP.secret}
kinto.event_listeners = live items everyone cached
kinto.event_listeners.live.use = websocket
kinto.event_listeners.live.channel = private-{bucket_id}-{collection_id}-{resource_name}
kinto.event_listeners.items.use = websocket
kinto.event_listeners.items.resources = record
kinto.event_listeners.items.channel = presence-items;{bucket_id};{collection_id}
kinto.event_listeners.items.payload = object
kinto.event_listeners.everyone.use = websocket
kinto.event_listeners.everyone.channel = {bucket_id}-{collection_id}-{resource_name}
kinto.event_listeners.everyone.public_channels = readable
kinto.event_listeners.cached.use = websocket
kinto.event_listeners.cached.resources = record
kinto.event_listeners.cached.channel = private-cache-{bucket_id}.{collection_id}
`;

export interface Frame {
  readonly event: string;
  readonly channel?: string;
  /** What `data` is as JSON. */
  readonly data: unknown;
}

/** A whole server with channels that obey permissions. */
export class ChannelAccessServer {
  private constructor(readonly server: TestServer) {}

  static async start(ini = ''): Promise<ChannelAccessServer> {
    // A key that is given once more counts as this one.
    const given = new Set(ini.split('\n').map((line) => line.split('=', 1)[0]!.trim()));
    const usual = INI.split('\n').filter((line) => !given.has(line.split('=', 1)[0]!.trim()));
    return new ChannelAccessServer(await startTestServer({ ini: `${usual.join('\n')}\n${ini}` }));
  }

  async connect(): Promise<ConnectedClient> {
    const { port, url } = this.server;
    const at = { port, http: url, ws: `ws://127.0.0.1:${port}` };
    return RawClient.connectTo(LOCAL_APP.key, at as Parameters<typeof RawClient.connectTo>[1]);
  }

  /** Asks /pusher/auth as pusher-js does. */
  ask(user: User | null, form: Record<string, string>): Promise<Answer> {
    return this.server.request('POST', '/v1/pusher/auth', {
      auth: user,
      raw: new URLSearchParams(form).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
  }

  /** Asks, subscribes with the answer, and takes what the socket says to it. */
  async subscribe(client: ConnectedClient, user: User | null, channel: string): Promise<Frame> {
    const answer = await this.ask(user, { socket_id: client.socketId, channel_name: channel });
    if (answer.status !== 200) throw new Error(`${answer.status} for ${String(user)} on ${channel}: ${answer.text}`);
    client.say({ event: 'pusher:subscribe', data: { channel, ...answer.json } });
    return frameOf(await client.next());
  }

  async listen(user: User | null, channel: string): Promise<ConnectedClient> {
    const client = await this.connect();
    await this.subscribe(client, user, channel);
    return client;
  }

  async put(user: User, path: string, data: object, permissions?: Record<string, string[]>): Promise<Answer> {
    const body = permissions === undefined ? { data } : { data, permissions };
    const answer = await this.server.request('PUT', `/v1${path}`, {
      auth: user,
      body: JSON.parse(JSON.stringify(body)) as never,
    });
    if (answer.status >= 300) throw new Error(`${path}: ${answer.text}`);
    return answer;
  }

  sign(text: string): string {
    return `${LOCAL_APP.key}:${new ChannelApp(LOCAL_APP).sign(text)}`;
  }

  close(): Promise<void> {
    return this.server.close();
  }
}

export function frameOf(text: string): Frame {
  const frame = JSON.parse(text) as { event: string; channel?: string; data: unknown };
  const data: unknown = typeof frame.data === 'string' && frame.data !== '' ? JSON.parse(frame.data) : frame.data;
  return { ...frame, data };
}

export { basicAuth };
