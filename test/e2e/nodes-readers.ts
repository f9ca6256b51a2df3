import { request, type ClientRequest } from 'node:http';
import { WebSocket } from 'ws';
import { APP, type Cluster, type NodeProcess } from './nodes-cluster.js';
import { HEADERS } from './nodes-load.js';

/** The number of a change in its list, from its position. */
function numberOf(position: string): number {
  return Number(position.split('.')[1]);
}

interface Told {
  readonly position: string;
  readonly uri: string;
}

/** Follows a list as a browser's EventSource does: where it is cut off, it goes on from the last id elsewhere. */
export class ListFollower {
  readonly numbers: number[] = [];
  readonly uris: string[] = [];
  resets = 0;
  private lastId: string | undefined;
  private asked: ClientRequest | undefined;
  private isOver = false;
  private turn: number;

  constructor(
    private readonly cluster: Cluster,
    private readonly collection: string,
    node: number,
  ) {
    this.turn = node;
  }

  /** Resolves when it is open. */
  open(): Promise<void> {
    return new Promise((resolve) => this.connect(resolve));
  }

  close(): void {
    this.isOver = true;
    this.asked?.destroy();
  }

  private connect(opened: () => void): void {
    if (this.isOver) return;
    const again = () => {
      this.turn += 1;
      setTimeout(() => this.connect(opened), 50);
    };
    const url = `${this.cluster.pick(this.turn).url}/v1/buckets/load/collections/${this.collection}/records`;
    const resume = this.lastId === undefined ? {} : { 'last-event-id': this.lastId };
    const headers = { ...HEADERS, accept: 'text/event-stream', ...resume };
    this.asked = request(url, { headers, agent: false }, (response) => {
      if (response.statusCode !== 200) {
        response.resume();
        return again();
      }
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        const parts = (text + chunk).split('\n\n');
        text = parts.pop() ?? '';
        for (const part of parts) this.read(part, opened);
      });
      response.once('close', again);
      response.on('error', () => undefined);
    });
    this.asked.on('error', again);
    this.asked.end();
  }

  private read(part: string, opened: () => void): void {
    const fields = new Map(part.split('\n').map((line) => [line.split(':', 1)[0]!, line.slice(line.indexOf(':') + 2)]));
    const event = fields.get('event');
    this.lastId = fields.get('id') ?? this.lastId;
    if (event === 'open') opened();
    if (event === 'reset') this.resets += 1;
    if (event !== 'create' && event !== 'update') return;
    const { position, uri } = JSON.parse(fields.get('data') ?? '{}') as Told;
    this.numbers.push(numberOf(position));
    this.uris.push(uri);
  }
}

/** A subscriber of channels, who comes back when they are cut off; what was told meanwhile they have missed. */
export class ChannelListener {
  /** By channel and connection. */
  readonly heard = new Map<string, number[][]>();
  readonly events: { event: string; channel: string; data: string }[] = [];
  socketId = '';
  private socket: WebSocket | undefined;
  private isOver = false;

  constructor(
    private readonly pick: () => NodeProcess,
    private readonly subscriptions: readonly ((socketId: string) => object)[],
  ) {}

  /** Resolves when it is subscribed to everything. */
  open(): Promise<void> {
    return new Promise((resolve) => this.connect(resolve));
  }

  close(): void {
    this.isOver = true;
    this.socket?.terminate();
  }

  say(message: object): void {
    this.socket?.send(JSON.stringify(message));
  }

  private connect(opened: () => void): void {
    if (this.isOver) return;
    const socket = new WebSocket(`${this.pick().url.replace('http', 'ws')}/app/${APP.key}?protocol=7`);
    this.socket = socket;
    let subscribed = 0;
    for (const runs of this.heard.values()) runs.push([]);
    socket.on('error', () => undefined);
    socket.once('close', () => setTimeout(() => this.connect(opened), 50));
    socket.on('message', (text: Buffer) => {
      const message = JSON.parse(text.toString()) as { event: string; channel: string; data: string };
      const { event, channel, data } = message;
      if (event === 'pusher:connection_established') {
        this.socketId = (JSON.parse(data) as { socket_id: string }).socket_id;
        for (const make of this.subscriptions) this.say({ event: 'pusher:subscribe', data: make(this.socketId) });
      } else if (event === 'pusher_internal:subscription_succeeded') {
        if (!this.heard.has(channel)) this.heard.set(channel, [[]]);
        if ((subscribed += 1) === this.subscriptions.length) opened();
      } else if (event === 'create' || event === 'update') {
        this.heard
          .get(channel)!
          .at(-1)!
          .push(numberOf((JSON.parse(data) as Told).position));
      }
      this.events.push(message);
    });
  }
}
