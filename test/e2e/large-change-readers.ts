import { once } from 'node:events';
import { WebSocket } from 'ws';
import { LIST, RECORDS, type LargeReader, type Roads } from '../contracts/large-change.contract.js';
import { SOCKETIO_INI, SocketClient } from '../listeners/socketio-client.js';
import { found } from '../support/found.js';
import type { JsonObject } from '../../src/wire/json.js';

/* Those who are told of changes without positions to go on from: what they cannot be told, they read. */

const APP = { id: '7', key: 'the-key', secret: 'the-secret' };
const CHANNEL = 'b-c-record';

export const CHANNELS_INI = `
kinto.channels.app_id = ${APP.id}
kinto.channels.key = ${APP.key}
kinto.channels.secret = ${APP.secret}
kinto.event_listeners = live
kinto.event_listeners.live.use = websocket
kinto.event_listeners.live.resources = record`;

/** A socket that is held for long must not be taken for one that is gone. */
export const HINTS_INI = `${SOCKETIO_INI}\nkinto.socketio.ping_timeout = 600`;

/** How long, in seconds, until somebody has heard of everything. */
const SECONDS = 60 + RECORDS / 200;

/** The payload `kinto`, the payload `change`, or what is sent in place of one that is too large. */
type Told = { new: JsonObject }[] | { data: JsonObject } | { too_large: true; count: number };

/** A subscriber by Pusher's protocol that keeps a copy of the list, and reads it at each subscription and each notice. */
export class ChannelCopy implements LargeReader {
  readonly ids = new Set<string>();
  /** How many objects the events of each name had. */
  readonly counts: Record<string, number> = {};
  /** Of how many objects it was told that they were too many. */
  readonly notices: number[] = [];
  /** With which codes connections have ended. */
  readonly closes: number[] = [];
  private readonly endings = new Map<string, number>();
  private socket: WebSocket | undefined;
  private reading: Promise<void> = Promise.resolve();
  private version = 0;
  private isClosed = false;

  private constructor(private readonly roads: Roads) {}

  static async open(roads: Roads): Promise<ChannelCopy> {
    const copy = new ChannelCopy(roads);
    await copy.connect();
    return copy;
  }

  async settle(): Promise<void> {
    this.version += 1;
    await this.roads.server.request('PUT', `${LIST}/end`, { body: { data: { version: this.version } } });
    const hasAll = () => this.endings.get('end') === this.version && this.ids.size === 1;
    await found(async () => (hasAll() ? true : undefined), `the end, not ${this.ids.size} records`, SECONDS);
    await this.reading;
  }

  close(): void {
    this.isClosed = true;
    this.socket?.terminate();
  }

  private async connect(): Promise<void> {
    const socket = new WebSocket(`ws://127.0.0.1:${this.roads.near.port}/app/${APP.key}?protocol=7`);
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.on('message', (bytes: Buffer) => this.hear(JSON.parse(bytes.toString()) as { event: string; data: string }));
    socket.on('close', (code) => {
      this.closes.push(code);
      if (!this.isClosed) void this.connect();
    });
    await once(socket, 'open');
    socket.send(JSON.stringify({ event: 'pusher:subscribe', data: { channel: CHANNEL } }));
  }

  private hear({ event, data }: { event: string; data: string }): void {
    if (event === 'pusher_internal:subscription_succeeded') return this.readAnew();
    if (!['create', 'update', 'delete'].includes(event)) return;
    const told = JSON.parse(data) as Told;
    if ('too_large' in told) {
      this.notices.push(told.count);
      this.readAnew();
      return;
    }
    const objects = Array.isArray(told) ? told.map(({ new: object }) => object) : [told.data];
    this.counts[event] = (this.counts[event] ?? 0) + objects.length;
    for (const object of objects) this.take(event, object);
  }

  private take(event: string, { id, version }: JsonObject): void {
    if (event === 'delete') this.ids.delete(id as string);
    else this.ids.add(id as string);
    this.endings.set(id as string, Number(version));
  }

  /** One reading after another: the last begins after the last change that it was told to read. */
  private readAnew(): void {
    this.reading = this.reading.then(async () => {
      const { list } = await this.roads.server.request('GET', LIST);
      this.ids.clear();
      for (const object of list) this.take('create', object);
    });
  }
}

/** Somebody who is told by Socket.IO how many records have changed, and which of the first. */
export class HintReader implements LargeReader {
  readonly counts = { create: 0, update: 0, delete: 0 };
  private version = 0;

  private constructor(
    private readonly roads: Roads,
    private readonly client: SocketClient,
  ) {}

  static async open(roads: Roads): Promise<HintReader> {
    const reader = new HintReader(roads, await SocketClient.connect(roads.near, '/me'));
    reader.client.socket.on('recordsChanged', ({ changes }: { changes: { counts: typeof reader.counts }[] }) => {
      for (const { counts } of changes) {
        for (const action of ['create', 'update', 'delete'] as const) reader.counts[action] += counts[action];
      }
    });
    return reader;
  }

  /** Each version of the end was made and deleted, besides the records. */
  async settle(): Promise<void> {
    await this.roads.server.request('PUT', `${LIST}/end`, { body: { data: {} } });
    this.version += 1;
    const { create, delete: deleted } = this.counts;
    const changed = (this.version - 1) * RECORDS;
    const hasAll = () =>
      this.counts.create === changed + this.version && this.counts.delete === changed + this.version - 1;
    await found(async () => (hasAll() ? true : undefined), `all, not ${create} and ${deleted}`, SECONDS);
  }

  close(): void {
    this.client.socket.close();
  }
}
