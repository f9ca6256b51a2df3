import { parsePlace } from '../../../src/resources/live/list-place.js';
import type { JsonObject } from '../../../src/wire/json.js';
import type { Connection, Following, Told, Transport } from '../../contracts/transport.contract.js';
import { basicAuth, type TestServer } from '../../support/server.js';
import { SocketConnection } from './socket-connection.js';
import { readListChange } from './sse-transport.js';
import { USER_STREAMS_INI, UserStreamClient } from './user-stream-client.js';

const ID = 'list';

const TRAITS = { hasFilters: true, tellsPartialViews: true, refuses: true, countsChanges: true };

const INI = `${USER_STREAMS_INI}\nkinto.user_streams.max_per_owner = 1000`;

/** A new stream for each connection: who knows no position asks for the list, who knows one goes on from there. */
export const userStreamTransport: Transport = {
  ...TRAITS,
  ini: INI,
  async connect(server, following) {
    const client = await UserStreamClient.greeted(server, { authorization: basicAuth(following.auth) });
    return followOn(client, following);
  },
};

/** Who was cut off comes back to the stream that they had, and drops what they have: only then they ask for the list. */
export function resumedUserStreamTransport(): Transport {
  const former = new Map<string, string>();
  return {
    ...TRAITS,
    ini: INI,
    async connect(server: TestServer, following: Following) {
      const { auth, list, filter, position } = following;
      const key = `${auth} ${list} ${filter}`;
      const id = position === undefined ? undefined : former.get(key);
      const query = id === undefined ? {} : { connection_id: id };
      const client = await UserStreamClient.greeted(server, { authorization: basicAuth(auth), query });
      former.set(key, client.id);
      const [subscription] = client.hello.subscriptions as JsonObject[];
      if (position === undefined || subscription === undefined) return followOn(client, following);
      const already = new Already(position);
      return new SocketConnection(client, [], (message) => already.take(read(message)) ?? []);
    },
  };
}

async function followOn(
  client: UserStreamClient,
  { list, filter, position }: Following,
): Promise<Connection | undefined> {
  const from = position === undefined ? '' : `&_position=${position}`;
  const answer = await client.follow(`${list}?${filter}${from}`, ID);
  if (answer.status !== 200) {
    client.ws.terminate();
    return undefined;
  }
  if (answer.headers.get('subscription-id') !== ID) throw new Error('It is not followed');
  const begun = answer.headers.get('change-position')!;
  const told: Told[] = position === undefined ? [{ kind: 'snapshot', objects: answer.list, position: begun }] : [];
  return new SocketConnection(client, told, (message) => [read(message)]);
}

/**
 * Rule 2 of clients (seed-systems.md, 1.3): what is not newer than what they have is dropped. It was told after an older
 * place than theirs, and so may be the first that is newer: only a predecessor that is newer than theirs is a gap.
 */
class Already {
  private isOver = false;

  constructor(private readonly position: string) {}

  /** @returns `undefined`: they have it */
  take(told: Told): Told | undefined {
    if (this.isOver || told.kind === 'over' || told.kind === 'snapshot') return told;
    if (told.kind !== 'reset' && !isNewer(told.position, this.position)) return undefined;
    this.isOver = true;
    if (told.kind === 'reset' || isNewer(told.previous, this.position)) return told;
    return { ...told, previous: this.position };
  }
}

/** Places of different histories cannot be compared: one is as good as newer. */
function isNewer(one: string, other: string): boolean {
  const [a, b] = [parsePlace(one)!.position, parsePlace(other)!.position];
  return a.epoch !== b.epoch || a.n > b.n;
}

function read(message: JsonObject): Told {
  const { event, position, previous } = message as Record<string, string>;
  switch (event) {
    case 'checkpoint':
      return { kind: 'checkpoint', position: position!, previous: previous! };
    case 'reset':
      return { kind: 'reset', position: position! };
    case 'revoked':
    case 'gone':
    case 'bye':
      return { kind: 'over' };
    default:
      return readListChange(message);
  }
}
