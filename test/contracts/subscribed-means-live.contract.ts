import type { JsonObject } from '../../src/wire/json.js';
import { startTestServer, type Answer, type TestServer } from '../support/server.js';

/** What a client that subscribes calls, each in the very tick in which it reads it. */
export interface Heard {
  /** The server has said that it is subscribed. */
  readonly live: () => void;
  /** A record was told of. */
  readonly told: (id: string) => void;
}

/** A client that subscribes to the records of one collection, again and again. */
export interface LiveSubscriber {
  subscribe(heard: Heard): Promise<void>;
  /** Afterwards nothing is told until it subscribes again. */
  leave(): Promise<void>;
  close(): void;
}

/** One way of subscribing. */
export interface Subscribing {
  /** Settings that it needs, as lines of the INI file. */
  readonly ini?: string;
  /** @param collection its URI, without the version prefix */
  open(server: TestServer, collection: string): Promise<LiveSubscriber>;
}

/** A race shows itself seldom: `KUMOCAST_LIVE_ROUNDS=10000` looks as often as the promise deserves. */
const ROUNDS = Number(process.env.KUMOCAST_LIVE_ROUNDS ?? 100);

/** How long what was written may take until it is told, in ms. */
const PATIENCE = 30_000;

const COLLECTION = '/buckets/b/collections/c';

/** Something is written here while somebody subscribes there, so that the log is being read just then. */
const OTHER = '/buckets/b/collections/other';
const NOISE = 'noise';

/**
 * The promise of every transport that "subscribed" means live (seed-systems.md, 0): what leaves in the very tick in which
 * a client reads that it is subscribed is told to it, once, and without anything older. A new transport is tested by one
 * line, and an object that subscribes as its client would.
 */
export function subscribedMeansLiveContract(name: string, subscribing: Subscribing): void {
  describe(`Who has subscribed by ${name}`, () => {
    let server: TestServer;
    let subscriber: LiveSubscriber;
    const write = (id: string, collection = COLLECTION) =>
      server.request('PUT', `/v1${collection}/records/${id}`, { body: { data: {} } });

    beforeAll(async () => {
      server = await startTestServer({ ini: subscribing.ini ?? '' });
      await server.request('PUT', '/v1/buckets/b');
      await server.request('PUT', `/v1${COLLECTION}`);
      await server.request('PUT', `/v1${OTHER}`);
      await write('earlier');
      subscriber = await subscribing.open(server, COLLECTION);
    });
    afterAll(async () => {
      subscriber.close();
      await server.close();
    });

    it(
      'is told of what is written in the very tick in which it reads so, once, and of nothing older',
      async () => {
        for (let round = 0; round < ROUNDS; round += 1) {
          const id = `r${round}`;
          const told: string[] = [];
          let written: Promise<Answer> | undefined;
          const noise = write(NOISE, OTHER);
          await within(`the record of round ${round}`, (isTold) => {
            const hear = (one: string) => {
              if (one === NOISE) return;
              told.push(one);
              isTold();
            };
            const live = () => {
              written ??= write(id);
            };
            return subscriber.subscribe({ live, told: hear });
          });
          expect((await written!).status).toBe(201);
          await noise;
          await subscriber.leave();
          expect(told).toEqual([id]);
        }
      },
      PATIENCE * 2 + ROUNDS * 500,
    );
  });
}

/** Resolves once it is so and what it has begun has gone well. */
async function within(what: string, begin: (isSo: () => void) => Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`Not told within ${PATIENCE / 1000} s: ${what}`)), PATIENCE);
      let isSo: () => void;
      const so = new Promise<void>((said) => (isSo = said));
      Promise.all([so, begin(() => isSo())]).then(() => resolve(), reject);
    });
  } finally {
    clearTimeout(timer);
  }
}

/** The id of the record in a change as the transports of lists and the change feed tell it. */
export function idIn(change: JsonObject): string {
  return (change.data as JsonObject).id as string;
}
