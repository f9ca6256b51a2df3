import type { JsonObject } from '../../src/wire/json.js';
import type { Connection, Following, Told, Transport } from '../contracts/transport.contract.js';
import type { TestServer } from '../support/server.js';
import { SOCKETIO_INI, SocketClient, until, type Heard, type TransportName, type Version } from './socketio-client.js';
import { readListChange } from './support/sse-transport.js';

const KEY = 'list';

/** Subscriptions with data on a socket of their own. */
export function socketIoTransport(version: Version, transport: TransportName): Transport {
  return {
    hasFilters: true,
    tellsPartialViews: true,
    refuses: true,
    countsChanges: true,
    ini: SOCKETIO_INI,
    async connect(server: TestServer, { auth, list, filter, position }: Following) {
      const client = await SocketClient.connect(server, '/me', { version, transport, user: auth });
      const beginning = position === undefined ? { snapshot: true } : { position };
      const given = {
        ...beginning,
        key: KEY,
        uri: list.slice('/v1'.length),
        filter: Object.fromEntries(new URLSearchParams(filter)),
      };
      const { error } = await client.ask('subscribe', given);
      if (error === null) return new SocketConnection(client);
      client.socket.close();
      return undefined;
    },
  };
}

class SocketConnection implements Connection {
  private snapshot: JsonObject[] = [];

  constructor(private readonly client: SocketClient) {}

  async next(): Promise<Told | undefined> {
    const { client } = this;
    for (;;) {
      await until(() => client.heard.length > 0 || !client.socket.connected, 'message');
      const heard = client.heard.shift();
      if (heard === undefined) return undefined;
      const told = this.read(heard);
      if (told !== undefined) return told;
    }
  }

  arrived(): Promise<Told[]> {
    const heard = this.client.heard.splice(0);
    return Promise.resolve(heard.map((each) => this.read(each)).filter((told) => told !== undefined));
  }

  drop(): void {
    this.client.socket.close();
  }

  private read({ event, args: [message = {}] }: Heard): Told | undefined {
    const { position, previous } = message as { position: string; previous: string };
    switch (event) {
      case 'snapshot':
        this.snapshot.push(...(message.data as JsonObject[]));
        return undefined;
      case 'snapshotEnd':
        return { kind: 'snapshot', objects: this.snapshot, position };
      case 'checkpoint':
        return { kind: 'checkpoint', position, previous };
      case 'reset':
        return { kind: 'reset', position };
      case 'scopeRevoked':
      case 'sessionEnded':
        return { kind: 'over' };
      case 'change':
        return readListChange(message);
      default:
        // What changes is told without being asked for, too.
        return undefined;
    }
  }
}
