import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import type { NodeProcess } from './nodes-cluster.js';
import { HEADERS } from './nodes-load.js';

/** What the servers need for everybody below to connect. */
export const TRANSPORTS_INI = `
kinto.event_listeners.sockets.use = socketio
kinto.event_listeners.apps.use = app-streams
kinto.event_listeners.users.use = user-streams
kinto.streams.max_per_owner = 20
kinto.streams.max_connected_per_owner = 20
kinto.live.max_streams_per_user = 100
`;

const COLLECTION = '/buckets/load/collections/shared';
const LIST = `/v1${COLLECTION}/records`;

/** How long a poll waits, in s. */
const WAIT = 2;

/** Somebody who follows the records of one collection. */
export interface Follower {
  readonly name: string;
  /** The numbers of the changes in their list, in the order in which they were told. */
  readonly numbers: number[];
  close(): void;
}

/** Rejects when the server does not let them in; resolves when they are subscribed. */
type Follow = (node: NodeProcess, told: (position: string) => void) => Promise<() => void>;

interface Told {
  readonly position: string;
}

const byLongPoll: Follow = async (node, told) => {
  const answer = await fetch(`${node.url}${LIST}`, { headers: HEADERS });
  let position = answer.headers.get('Change-Position') ?? '';
  let isOver = false;
  const poll = async () => {
    while (!isOver) {
      const url = `${node.url}${LIST}?_live=longpoll&_position=${position}&_wait=${WAIT}`;
      const { data, position: reached } = (await (await fetch(url, { headers: HEADERS })).json()) as {
        data: Told[];
        position: string;
      };
      for (const change of data) told(change.position);
      position = reached;
    }
  };
  void poll().catch(() => undefined);
  return () => (isOver = true);
};

const byFeed: Follow = async (node, told) => {
  const ending = new AbortController();
  const response = await fetch(`${node.url}/v1/changes?resource=record&scope=${COLLECTION}`, {
    headers: { ...HEADERS, accept: 'text/event-stream' },
    signal: ending.signal,
  });
  if (response.status !== 200) throw new Error(`The feed answered ${response.status}: ${await response.text()}`);
  const read = async () => {
    let text = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      const parts = (text + chunk).split('\n\n');
      text = parts.pop() ?? '';
      for (const part of parts) {
        const data = /^data: (.*)$/m.exec(part)?.[1];
        const { list_position: position } = JSON.parse(data ?? '{}') as { list_position?: string };
        if (position !== undefined) told(position);
      }
    }
  };
  void read().catch(() => undefined);
  return () => ending.abort();
};

const bySocketIo: Follow = async (node, told) => {
  const socket = io(`${node.url}/me`, { auth: { token: HEADERS.authorization }, transports: ['websocket'] });
  socket.on('change', ({ position }: Told) => told(position));
  await new Promise<void>((resolve, reject) => {
    socket.on('connect_error', reject);
    socket.on('connect', () => {
      socket.emit('subscribe', { uri: COLLECTION }, (error: unknown) => {
        if (error === null) resolve();
        else reject(new Error(JSON.stringify(error)));
      });
    });
  });
  return () => socket.close();
};

let streams = 0;

const byAppStream: Follow = async (node, told) => {
  const key = `k${(streams += 1)}`;
  const data = { object_types: ['record'], scope: [`${COLLECTION}/records`] };
  await fetch(`${node.url}/v1/streams/${key}`, { method: 'PUT', headers: HEADERS, body: JSON.stringify({ data }) });
  const { socket } = await openSocket(node, `/v1/streams/live?key=${key}&purge=1`, (message) => {
    const { type, list_position: position } = message.meta as { type: string; list_position?: string };
    if (type === 'record' && position !== undefined) told(position);
  });
  return () => socket.terminate();
};

const byUserStream: Follow = async (node, told) => {
  const { socket, first } = await openSocket(node, '/v1/user_stream', ({ data, position }) => {
    if (data !== undefined) told(position as string);
  });
  const answer = await fetch(`${node.url}${LIST}?_connection_id=${String(first.connection_id)}`, { headers: HEADERS });
  if (answer.headers.get('Subscription-Id') === null) throw new Error(`No subscription: ${await answer.text()}`);
  return () => socket.terminate();
};

type Message = Readonly<Record<string, unknown>>;

/** Resolves with the first message. */
function openSocket(
  node: NodeProcess,
  path: string,
  heard: (message: Message) => void,
): Promise<{ socket: WebSocket; first: Message }> {
  return new Promise((resolve, reject) => {
    const { authorization } = HEADERS;
    const socket = new WebSocket(node.url.replace('http', 'ws') + path, { headers: { authorization } });
    socket.on('error', reject);
    let first: Message | undefined;
    socket.on('message', (bytes: Buffer) => {
      const message = JSON.parse(bytes.toString()) as Message;
      if (first === undefined) resolve({ socket, first: (first = message) });
      else heard(message);
    });
  });
}

const WAYS: Readonly<Record<string, Follow>> = {
  'long poll': byLongPoll,
  'change feed': byFeed,
  'Socket.IO': bySocketIo,
  'app stream': byAppStream,
  'user stream': byUserStream,
};

/** One by each transport that is not a list over SSE or a channel. */
export async function followByAll(node: NodeProcess, index: number): Promise<Follower[]> {
  const followers: Follower[] = [];
  for (const [way, follow] of Object.entries(WAYS)) {
    const numbers: number[] = [];
    const close = await follow(node, (position) => numbers.push(Number(position.split('.')[1])));
    followers.push({ name: `${way} on server ${index}`, numbers, close });
  }
  return followers;
}
