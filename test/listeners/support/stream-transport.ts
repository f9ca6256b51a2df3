import type { JsonObject } from '../../../src/wire/json.js';
import type { Following, Told, Transport } from '../../contracts/transport.contract.js';
import { basicAuth, type TestServer } from '../../support/server.js';
import { SocketConnection } from './socket-connection.js';
import { metaOf, StreamClient, STREAMS_INI } from './stream-client.js';

let count = 0;

/** A stream for each connection, of one collection and its records; who knows no position reads the list after hello. */
export const streamTransport: Transport = {
  hasFilters: true,
  tellsPartialViews: false,
  refuses: false,
  countsChanges: false,
  ini: `${STREAMS_INI}\nkinto.streams.max_per_owner = 1000\nkinto.streams.max_connected_per_owner = 1000`,
  async connect(server, following) {
    const key = await makeStreamFor(server, following);
    const { auth, list, filter, position } = following;
    const query = { position: position ?? 'now' };
    const client = await StreamClient.greeted(server, key, { authorization: basicAuth(auth), query });
    if (position !== undefined) return new SocketConnection(client, [], read);
    const { list: objects } = await server.request('GET', `${list}?${filter}`, { auth });
    const snapshot: Told = { kind: 'snapshot', objects, position: client.hello.position as string };
    return new SocketConnection(client, [snapshot], read);
  },
};

async function makeStreamFor(server: TestServer, { auth, list, filter }: Following): Promise<string> {
  const records = list.replace('/v1', '');
  const data = {
    object_types: ['record', 'collection'],
    scope: [records, records.replace(/\/records$/, '')],
    filter: { record: Object.fromEntries(new URLSearchParams(filter)) },
  };
  const key = `k${(count += 1)}`;
  // Those of connections that are over would soon be too many.
  await server.request('DELETE', `/v1/streams/k${count - 500}`, { auth });
  const answer = await server.request('PUT', `/v1/streams/${key}`, { auth, body: { data } });
  if (answer.status >= 300) throw new Error(answer.text);
  return key;
}

function read(message: JsonObject): Told[] {
  const meta = metaOf(message);
  const { position, previous, list_position: place } = meta as Record<string, string>;
  const reached = { position: position!, previous: previous! };
  if (meta.control === 'checkpoint') return [{ kind: 'checkpoint', ...reached }];
  if (meta.control === 'reset') return [{ kind: 'reset', position: position! }];
  if (meta.control === 'bye') return [{ kind: 'over' }];
  if (message.data === undefined) return [];
  if (meta.type === 'collection') {
    // Its records go with it, without a word of each.
    if (meta.action === 'delete') return [{ kind: 'snapshot', objects: [], position: position! }];
    return [{ kind: 'checkpoint', ...reached }];
  }
  const kind = meta.match === 'leave' ? 'remove' : 'set';
  return [{ kind, object: message.data as JsonObject, ...reached, place: place! }];
}
