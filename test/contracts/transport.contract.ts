import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '../../src/wire/json.js';
import { startTestServer, type TestServer, type User } from '../support/server.js';
import { transportCommand } from './transport-commands.js';
import { TransportWorld } from './transport-world.js';

/** What a client wants to follow, and from where. */
export interface Following {
  readonly auth: User;
  /** The path of the list, with the version prefix. */
  readonly list: string;
  /** As in the query string; `''`: everything. Only where the transport says that it has filters. */
  readonly filter: string;
  /** What it has come to; `undefined`: it knows nothing, and begins with the list as it is. */
  readonly position: string | undefined;
}

/** What a client is told, whatever its transport calls it. Positions are the transport's own texts. */
export type Told =
  /** The whole list. A client with no position is told this first. */
  | { readonly kind: 'snapshot'; readonly objects: readonly JsonObject[]; readonly position: string }
  /** An object is in the view from now on (`set`), or is not any more (`remove`: deleted, or it has left). */
  | {
      readonly kind: 'set' | 'remove';
      /** Of one that is removed, the id is enough. */
      readonly object: JsonObject;
      readonly position: string;
      readonly previous: string;
      /** The `Change-Position` that the write was answered with. */
      readonly place: string;
      /** Whether it stands for several changes: told of a difference of states. */
      readonly isCoalesced?: boolean;
    }
  /** Changes went by that are not theirs. */
  | { readonly kind: 'checkpoint'; readonly position: string; readonly previous: string }
  /** The list is to be read again. */
  | { readonly kind: 'reset'; readonly position: string }
  /** Nothing more comes on this connection: revoked, gone, bye. */
  | { readonly kind: 'over' };

export interface Connection {
  /** The next that is told; `undefined` when the connection has ended. Rejects when neither comes in ten seconds. */
  next(): Promise<Told | undefined>;
  /** Everything that was told and not taken yet; waits for nothing but what is under way. */
  arrived(): Promise<Told[]>;
  /** Ends the connection from here, at once and without a word. */
  drop(): void;
}

/** One way of following a list, seen from a client. */
export interface Transport {
  /** Whether a list can be followed by a part of it; if not, nobody has a filter. */
  readonly hasFilters: boolean;
  /**
   * Whether who sees only objects that are shared one by one is told all that enters and leaves their view. If not, no
   * such client is there.
   */
  readonly tellsPartialViews: boolean;
  /** Whether who loses the right to read the list is told, and refused. If not, nobody loses it. */
  readonly refuses: boolean;
  /** Whether its positions are those of lists (`epoch.n.salt`), so that a gap shows in their numbers. */
  readonly countsChanges: boolean;
  /** @returns `undefined` when the list is refused */
  connect(server: TestServer, following: Following): Promise<Connection | undefined>;
  /** Settings that it needs, as lines of the INI file. */
  readonly ini?: string;
}

/** At most this long, in ms, unless the number of runs is asked for. */
const TIME_LIMIT = 60_000;

const RUNS = process.env.KUMOCAST_LIVE_RUNS;

/** Lines that make the rare ways of resuming common. */
const INI = 'kinto.changes.max_replay = 8\nkinto.live.heartbeat = 0.25';

/**
 * The promise of every transport (seed-systems.md, 0 and 8.10): whatever is written, dropped, restarted, granted and
 * revoked, each client ends up with exactly what it may see, is told each change once and in order, or to begin anew,
 * and is never told what it may not know. The database is the oracle: the list, read anew by the same user.
 *
 * A new transport is tested by one line, in a spec of its own:
 *
 *     transportContract('Socket.IO', socketIoTransport);
 *
 * and an object that speaks to it as its client would: `connect` opens a connection for one list and translates what
 * comes into {@link Told}. A client without a position is told a `snapshot` first; a transport that has none reads the
 * list over HTTP, and goes on from the `Change-Position` of that answer (see `long-poll-transport.ts`). Refusals (401,
 * 403, 404, or what the transport has for them) are `undefined`. It must not reconnect by itself: that is done here. One
 * connection may carry several lists; then `drop` of one may drop them all.
 *
 * `KUMOCAST_LIVE_RUNS` is the number of runs: 2000 is the long mode. Without it there are up to 100, in a minute.
 */
export function transportContract(name: string, transport: Transport): void {
  describe(`Everybody who follows a list by ${name}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'kumocast-transport-'));
    const storage = `kinto.storage_backend = sqlite\nkinto.storage_url = ${join(folder, 'live.sqlite')}`;
    const ini = [storage, INI, transport.ini ?? ''].join('\n');
    const numRuns = Number(RUNS ?? 100);
    let server: TestServer;
    let count = 0;

    beforeAll(async () => {
      server = await startTestServer({ ini });
    });
    afterAll(async () => {
      await server.close();
      rmSync(folder, { recursive: true });
    });

    it(
      'is told every change they may know, in order and without a gap, or to begin anew; and never another',
      async () => {
        const commands = fc.array(transportCommand, { minLength: 1, maxLength: 16 });
        const property = fc.asyncProperty(commands, async (asked) => {
          const world = await TransportWorld.open(transport, `b${(count += 1)}`, {
            current: () => server,
            restart: async () => {
              await server.close();
              server = await startTestServer({ ini });
            },
          });
          try {
            await world.settle();
            for (const each of asked) await world.run(each);
            await world.settle();
          } finally {
            world.close();
          }
        });
        const limit = RUNS === undefined ? { interruptAfterTimeLimit: TIME_LIMIT } : {};
        await fc.assert(property, { numRuns, ...limit });
      },
      TIME_LIMIT * 3 + numRuns * 2_000,
    );
  });
}
