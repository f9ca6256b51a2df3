import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { JsonObject } from '../../../src/wire/json.js';
import {
  idIn,
  type Heard,
  type LiveSubscriber,
  type Subscribing,
} from '../../contracts/subscribed-means-live.contract.js';
import { basicAuth } from '../../support/server.js';
import { SOCKETIO_INI, SocketClient, type Version } from '../socketio-client.js';
import { metaOf, STREAMS_INI } from './stream-client.js';

/* The sockets as clients subscribe to them, for the contract that subscribed means live. */

/** A subscription with data: the callback says so, on one socket for all. */
export function bySubscription(version: Version): Subscribing {
  return {
    ini: `${SOCKETIO_INI}\nkinto.socketio.commands_per_second = 100000`,
    async open(server, collection) {
      const client = await SocketClient.connect(server, '/me', { version });
      let hears: Heard | undefined;
      client.socket.on('change', (change: JsonObject) => {
        hears?.told(idIn(change));
        client.heard.length = 0;
      });
      return {
        subscribe: (heard) => {
          hears = heard;
          return new Promise((resolve, reject) => {
            client.socket.emit('subscribe', { uri: collection }, (error: JsonObject | null) => {
              if (error !== null) return reject(new Error(JSON.stringify(error)));
              heard.live();
              resolve();
            });
          });
        },
        async leave() {
          await client.ask('unsubscribe', { all: true });
        },
        close: () => client.socket.close(),
      };
    },
  };
}

/** What is told without being asked for: to be connected says so, on a socket of its own each time. */
export function byConnecting(version: Version, namespaceOf: (collection: string) => string): Subscribing {
  return {
    // Each round waits that long.
    ini: `${SOCKETIO_INI}\nkinto.socketio.coalesce = 10`,
    open: (server, collection) => {
      let client: SocketClient | undefined;
      return Promise.resolve({
        async subscribe({ live, told }: Heard) {
          client = SocketClient.start(server, namespaceOf(collection), { version });
          client.socket.on('recordsChanged', ({ changes }: { changes: { ids: string[] }[] }) => {
            for (const { ids } of changes) ids.forEach(told);
          });
          client.socket.on('connect', live);
          const refusal = await client.opened();
          if (refusal !== undefined) throw new Error(JSON.stringify(refusal));
        },
        async leave() {
          client?.socket.close();
        },
        close: () => SocketClient.closeAll(),
      });
    },
  };
}

/** An app stream: hello says so, on a connection of its own each time. */
export const byStream: Subscribing = {
  ini: STREAMS_INI,
  async open(server, collection) {
    const data = { object_types: ['record'], scope: [`${collection}/records`] };
    await server.request('PUT', '/v1/streams/k', { body: { data } });
    const url = `ws://127.0.0.1:${server.port}/v1/streams/live?key=k&purge=1`;
    let socket: WebSocket | undefined;
    return {
      async subscribe({ live, told }) {
        socket = new WebSocket(url, { headers: { authorization: basicAuth('mat') } });
        socket.on('message', (text: Buffer) => {
          const { type, id } = metaOf(JSON.parse(text.toString()) as JsonObject);
          if (type === 'hello') live();
          else if (type === 'record') told(id as string);
        });
        await once(socket, 'open');
      },
      async leave() {
        await closed(socket);
      },
      close: () => socket?.terminate(),
    };
  },
};

const APP = { id: '7', key: 'the-key', secret: 'the-secret' };

/** Pusher's protocol: `subscription_succeeded` says so, on one connection for all. */
export const byChannel: Subscribing = {
  ini: `
kinto.channels.app_id = ${APP.id}
kinto.channels.key = ${APP.key}
kinto.channels.secret = ${APP.secret}
kinto.event_listeners = live
kinto.event_listeners.live.use = websocket
kinto.event_listeners.live.resources = record
kinto.event_listeners.live.payload = object`,
  async open(server): Promise<LiveSubscriber> {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/app/${APP.key}?protocol=7`);
    await once(socket, 'open');
    const say = (event: string, data = {}) => socket.send(JSON.stringify({ event, data }));
    const channel = 'b-c-record';
    let hears: Heard | undefined;
    let left: (() => void) | undefined;
    socket.on('message', (bytes: Buffer) => {
      const { event, data } = JSON.parse(bytes.toString()) as { event: string; data: string };
      if (event === 'pusher_internal:subscription_succeeded') hears?.live();
      else if (event === 'create') hears?.told((JSON.parse(data) as { id: string }).id);
      else if (event === 'pusher:pong') left?.();
    });
    return {
      async subscribe(heard) {
        hears = heard;
        say('pusher:subscribe', { channel });
      },
      async leave() {
        const hasLeft = new Promise<void>((resolve) => (left = resolve));
        say('pusher:unsubscribe', { channel });
        say('pusher:ping');
        await hasLeft;
      },
      close: () => socket.terminate(),
    };
  },
};

async function closed(socket: WebSocket | undefined): Promise<void> {
  if (socket === undefined || socket.readyState === WebSocket.CLOSED) return;
  const isClosed = once(socket, 'close');
  socket.terminate();
  await isClosed;
}
