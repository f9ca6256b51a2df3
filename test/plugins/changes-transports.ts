import type { JsonObject } from '../../src/wire/json.js';
import { LookingConnection } from '../contracts/looking-connection.js';
import type { Connection, Following, Told, Transport } from '../contracts/transport.contract.js';
import { LiveReader, type ReadEvent } from '../listeners/support/live-reader.js';
import { connectByPolling, type PollReading } from '../listeners/support/long-poll-transport.js';
import type { TestServer } from '../support/server.js';

/** A feed has all of what it shows: no filters on fields, and no views of some objects. */
const WHOLE = { hasFilters: false, tellsPartialViews: false };

/** Of the list that is followed; of everything, its collection is asked for too, with which its records go. */
function feedUrl({ list }: Following, of: 'collection' | 'everything'): string {
  const collection = list.replace(/\/records$/, '');
  if (of === 'collection') return `${collection}/changes?resource=record`;
  return `/v1/changes?resource=record,collection&scope=${collection.replace('/v1', '')}`;
}

function readFeedChange(change: JsonObject): Told {
  const { position, previous, list_position: place } = change as Record<string, string>;
  if (change.resource === 'collection') {
    const reached = { position: position!, previous: previous! };
    return change.action === 'delete'
      ? { kind: 'snapshot', objects: [], position: position! }
      : { kind: 'checkpoint', ...reached };
  }
  const isGone = change.action === 'delete' || change.match === 'leave';
  const object = change.data as JsonObject;
  return { kind: isGone ? 'remove' : 'set', object, position: position!, previous: previous!, place: place! };
}

/** The feed of a collection, asked again and again: its positions are those of the list. */
export const collectionPolls: Transport = {
  ...WHOLE,
  refuses: true,
  countsChanges: true,
  connect(server, following) {
    return connectByPolling(server, following, {
      url: (asked, position, wait) => `${feedUrl(asked, 'collection')}&_position=${position}&_wait=${wait}&_limit=2`,
      read: readFeedChange,
    });
  },
};

/** The same as a stream. */
export const collectionEvents: Transport = {
  ...WHOLE,
  refuses: true,
  countsChanges: true,
  async connect(server, following) {
    const { auth, list, position } = following;
    if (position !== undefined) return connectEvents(server, feedUrl(following, 'collection'), following, position);
    const answer = await server.request('GET', list, { auth });
    if (answer.status !== 200) return undefined;
    const reached = answer.headers.get('change-position')!;
    const first: Told = { kind: 'snapshot', objects: answer.list, position: reached };
    return connectEvents(server, feedUrl(following, 'collection'), following, reached, first);
  },
};

/** The feed of everything: who has no position asks for one first, and reads the list after it. */
export const globalPolls: Transport = {
  ...WHOLE,
  refuses: false,
  countsChanges: false,
  async connect(server, following) {
    const url = feedUrl(following, 'everything');
    const reading: PollReading = {
      url: (_asked, position, wait) => `${url}&_position=${position}&_wait=${wait}&_limit=3`,
      read: readFeedChange,
    };
    if (following.position !== undefined) return connectByPolling(server, following, reading);
    const first = await beginning(server, url, following);
    return connectByPolling(server, { ...following, position: first.position }, reading, first);
  },
};

export const globalEvents: Transport = {
  ...WHOLE,
  refuses: false,
  countsChanges: false,
  async connect(server, following) {
    const url = feedUrl(following, 'everything');
    if (following.position !== undefined) return connectEvents(server, url, following, following.position);
    const first = await beginning(server, url, following);
    return connectEvents(server, url, following, first.position, first);
  },
};

async function beginning(server: TestServer, url: string, { auth, list }: Following) {
  const { position } = (await server.request('GET', `${url}&_position=now`, { auth })).json as { position: string };
  const { list: objects } = await server.request('GET', list, { auth });
  return { kind: 'snapshot', objects, position } as const;
}

async function connectEvents(
  server: TestServer,
  url: string,
  { auth }: Following,
  after: string,
  ...first: Told[]
): Promise<Connection | undefined> {
  const reader = await LiveReader.open(server, url, { auth, after });
  if (reader.status === 200) return new FeedConnection(reader, first);
  reader.drop();
  return undefined;
}

class FeedConnection extends LookingConnection<ReadEvent> {
  protected readonly read = readEvent;

  constructor(
    private readonly reader: LiveReader,
    waiting: Told[],
  ) {
    super(waiting, 0);
  }

  protected get heard(): readonly ReadEvent[] {
    return this.reader.events;
  }

  protected async untilHeard(isMore: () => boolean): Promise<void> {
    await this.reader.until(() => isMore() || this.reader.isEnded, 'an event');
  }

  drop(): void {
    this.reader.drop();
  }
}

function readEvent({ event, data }: ReadEvent): Told[] {
  const { position, previous } = data as { position: string; previous: string };
  if (event === 'open') return [];
  if (event === 'checkpoint') return [{ kind: event, position, previous }];
  if (event === 'reset') return [{ kind: event, position }];
  return [['revoked', 'gone', 'bye'].includes(event) ? { kind: 'over' } : readFeedChange(data)];
}
