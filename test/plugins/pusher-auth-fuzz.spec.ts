import fc from 'fast-check';
import type { ConnectedClient } from '../realtime/support/raw-client.js';
import { USER_IDS, type User } from '../support/server.js';
import { ChannelAccessServer, frameOf, type Frame } from './channel-access-server.js';

/** All in all; each run has a bucket of its own. */
const STEPS = Number(process.env.KUMOCAST_PERMISSION_FUZZ_STEPS ?? 300);
const STEPS_PER_RUN = 50;

const COLLECTIONS = ['c1', 'c2'] as const;
const READERS = ['bob', 'alice'] as const;
const EVERYONE = 'system.Everyone';

type Reader = (typeof READERS)[number];
type Principal = Reader | 'group' | 'everyone';

type Step =
  | { readonly kind: 'write'; readonly collection: string; readonly id: string; readonly read: Principal[] | undefined }
  | { readonly kind: 'delete'; readonly collection: string; readonly id: string }
  | { readonly kind: 'empty'; readonly collection: string }
  | { readonly kind: 'bucket'; readonly read: Principal[] }
  | { readonly kind: 'collection'; readonly collection: string; readonly read: Principal[] }
  | { readonly kind: 'group'; readonly members: Reader[] };

const collection = fc.constantFrom(...COLLECTIONS);
const id = fc.constantFrom('r1', 'r2', 'r3');
const some = fc.uniqueArray(fc.constantFrom<Principal>('bob', 'alice', 'group', 'everyone'), { maxLength: 2 });
const few = fc.oneof({ weight: 3, arbitrary: fc.constant<Principal[]>([]) }, some);
const step = fc.oneof<fc.WeightedArbitrary<Step>[]>(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      collection,
      id,
      read: fc.option(some, { nil: undefined }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), collection, id }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('empty' as const), collection }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('bucket' as const), read: few }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('collection' as const), collection, read: few }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('group' as const), members: fc.uniqueArray(fc.constantFrom(...READERS)) }),
  },
);
/** What is written at once is told while permissions change. */
const rounds = fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: STEPS_PER_RUN / 2 });

/** Who may read what, at one moment. */
interface Moment {
  readonly bucket: readonly Principal[];
  readonly collections: Readonly<Record<string, readonly Principal[]>>;
  readonly members: readonly Reader[];
  /** Of the live records, by `collection/id`. */
  readonly records: Readonly<Record<string, readonly Principal[]>>;
}

/** One version of a record. */
interface Version {
  readonly record: string;
  readonly read: readonly Principal[];
}

/** The name of a reader, of whose bucket it is, or of nobody in particular. */
type Listener = Reader | 'mat' | 'nobody';

const LISTENERS: readonly Listener[] = [...READERS, 'mat', 'nobody'];

let server: ChannelAccessServer;
/** The channel of everything in mat's own bucket, and that bucket. */
let personal: { readonly channel: string; readonly bucket: string };
beforeAll(async () => {
  server = await ChannelAccessServer.start();
  const { json } = await server.server.request('GET', '/v1/');
  const user = json.user as { bucket: string; socket: { channels: { items: string } } };
  personal = { bucket: user.bucket, channel: user.socket.channels.items };
});
afterAll(() => server.close());

class World {
  private readonly moments: Moment[] = [{ bucket: [], collections: { c1: [], c2: [] }, members: [], records: {} }];
  private readonly versions = new Map<number, Version>();
  private readonly clients = new Map<Listener, ConnectedClient>();
  /** Where each listener was when they last heard of a channel of items. */
  private readonly positions = new Map<string, string>();
  private observer!: ConnectedClient;
  private expected = 0;
  private version = 0;
  private roundBegan = 0;
  frames = 0;

  constructor(private readonly bucket: string) {}

  async open(): Promise<void> {
    await server.put('mat', `/buckets/${this.bucket}`, {});
    for (const name of COLLECTIONS) await server.put('mat', `/buckets/${this.bucket}/collections/${name}`, {});
    await server.put('mat', `/buckets/${this.bucket}/groups/g`, { members: [] });
    this.observer = await server.connect();
    for (const channel of this.channels().filter((name) => name.startsWith('p'))) {
      const data = channel.startsWith('presence-') ? { channel_data: '{"user_id":"observer"}' } : {};
      const text = [this.observer.socketId, channel, ...Object.values(data)].join(':');
      this.observer.say({ event: 'pusher:subscribe', data: { channel, auth: server.sign(text), ...data } });
    }
    for (const listener of LISTENERS) this.clients.set(listener, await server.connect());
  }

  async close(): Promise<void> {
    await Promise.all([this.observer, ...this.clients.values()].map((client) => client.close()));
    await server.server.request('DELETE', `/v1/buckets/${this.bucket}`);
  }

  /**
   * Everybody asks for everything; who is refused does without, or is admitted a little later. Channels of items are left
   * for every second round, and what was missed there is told in the next one, as far as it may be.
   */
  async subscribeAll(number: number): Promise<void> {
    for (const [listener, client] of this.clients) {
      const user = listener === 'nobody' ? null : listener;
      for (const channel of this.channels()) {
        if (!channel.startsWith('p')) {
          client.say({ event: 'pusher:subscribe', data: { channel, auth: '' } });
          continue;
        }
        const isOfItems = /^private-(items|user)/.test(channel);
        if (isOfItems && number % 2 === 1) {
          client.say({ event: 'pusher:unsubscribe', data: { channel } });
          continue;
        }
        const { status, json } = await server.ask(user, { socket_id: client.socketId, channel_name: channel });
        const position = isOfItems ? this.positions.get(`${listener} ${channel}`) : undefined;
        if (status === 200) client.say({ event: 'pusher:subscribe', data: { channel, ...json, position } });
      }
      // What was missed may be told at once.
      const moment = { from: this.moments.length - 1, before: this.roundBegan };
      for (const text of await client.settle()) this.check(listener, text, moment);
    }
  }

  async round(steps: readonly Step[]): Promise<void> {
    const from = this.moments.length - 1;
    const before = this.roundBegan;
    this.roundBegan = from;
    for (const one of steps) await this.carryOut(one);
    await this.observer.until(() => (this.told(this.observer) >= this.expected ? true : undefined));
    for (const [listener, client] of this.clients) {
      for (const text of await client.settle()) this.check(listener, text, { from, before });
    }
  }

  private channels(): string[] {
    const ofCollections = COLLECTIONS.flatMap((name) => [
      `private-${this.bucket}-${name}-record`,
      `presence-items;${this.bucket};${name}`,
      `private-cache-${this.bucket}.${name}`,
      `private-items;${this.bucket};${name}`,
      `${this.bucket}-${name}-record`,
    ]);
    return this.isOwn ? [...ofCollections, personal.channel] : ofCollections;
  }

  private get isOwn(): boolean {
    return this.bucket === personal.bucket;
  }

  private told(client: ConnectedClient): number {
    return client.received.filter((text) => /^\{"event":"(create|update|delete)"/.test(text)).length;
  }

  private check(listener: Listener, text: string, began: { from: number; before: number }): void {
    const { event, data, channel = '', position, uri = channel } = frameOf(text) as Frame & Placed;
    if (!['create', 'update', 'delete'].includes(event)) return;
    if (position !== undefined) this.positions.set(`${listener} ${channel}`, position);
    if (channel === personal.channel && listener !== 'mat') throw new Error(`${listener} got ${text}`);
    const name = COLLECTIONS.find((one) => new RegExp(`\\b${one}\\b`).test(uri))!;
    const pairs = Array.isArray(data) ? (data as Pair[]) : [{ new: data as Shown }];
    const isPublic = !channel.startsWith('p');
    const reader = isPublic ? 'nobody' : listener;
    // Nobody observes when everything of a round is told on public channels: it may be in the next.
    const from = isPublic ? began.before : began.from;
    this.frames += 1;
    for (const pair of pairs) {
      if (event === 'delete') {
        this.ensureReadable(reader, `${name}/${pair.new.id}`, undefined, from, text);
        if (pair.old !== undefined) this.ensureReadable(reader, `${name}/${pair.old.id}`, pair.old.v, from, text);
      } else {
        for (const shown of [pair.new, pair.old]) {
          if (shown !== undefined) this.ensureReadable(reader, `${name}/${shown.id}`, shown.v, from, text);
        }
      }
    }
  }

  /** By what is above it at some moment of this round, or by the record's own permissions in that very version. */
  private ensureReadable(
    listener: Listener,
    record: string,
    version: number | undefined,
    from: number,
    text: string,
  ): void {
    const shown = version === undefined ? undefined : this.versions.get(version);
    if (version !== undefined && shown?.record !== record) throw new Error(`A version of another record: ${text}`);
    // Whatever is in the bucket, it is theirs.
    if (listener === 'mat') return;
    const reader = listener;
    const moments = this.moments.slice(from);
    const [name] = record.split('/') as [string];
    // Of a record that is gone: its own permissions as they were, the group as it is now (seed-systems.md, 1.5, P2).
    const own = shown?.read ?? moments.flatMap(({ records }) => records[record] ?? []);
    const isReadable = moments.some(({ bucket, collections, members }) => {
      return [...bucket, ...collections[name]!, ...own].some((one) => holds(reader, one, members));
    });
    if (!isReadable) throw new Error(`${listener} got ${text} and could never read it: ${JSON.stringify(moments)}`);
  }

  private async carryOut(one: Step): Promise<void> {
    const now = this.moments.at(-1)!;
    const uri = `/buckets/${this.bucket}`;
    switch (one.kind) {
      case 'bucket':
        await server.put('mat', uri, {}, { read: this.principals(one.read) });
        this.moments.push({ ...now, bucket: one.read });
        break;
      case 'collection':
        await server.put('mat', `${uri}/collections/${one.collection}`, {}, { read: this.principals(one.read) });
        this.moments.push({ ...now, collections: { ...now.collections, [one.collection]: one.read } });
        break;
      case 'group':
        await server.put('mat', `${uri}/groups/g`, { members: one.members.map((name) => USER_IDS[name]) });
        this.moments.push({ ...now, members: one.members });
        break;
      case 'write':
        await this.write(one, now);
        break;
      case 'delete':
        await this.remove(
          [`${one.collection}/${one.id}`],
          now,
          `${uri}/collections/${one.collection}/records/${one.id}`,
        );
        break;
      case 'empty': {
        const gone = Object.keys(now.records).filter((record) => record.startsWith(`${one.collection}/`));
        await this.remove(gone, now, `${uri}/collections/${one.collection}/records`);
      }
    }
  }

  private async write(
    { collection: name, id: one, read }: Extract<Step, { kind: 'write' }>,
    now: Moment,
  ): Promise<void> {
    const record = `${name}/${one}`;
    const own = read ?? now.records[record] ?? [];
    this.version += 1;
    this.versions.set(this.version, { record, read: own });
    const permissions = read === undefined ? undefined : { read: this.principals(read) };
    const path = `/buckets/${this.bucket}/collections/${name}/records/${one}`;
    await server.put('mat', path, { v: this.version }, permissions);
    this.moments.push({ ...now, records: { ...now.records, [record]: own } });
    this.expected += this.isOwn ? 5 : 4;
  }

  private async remove(gone: readonly string[], now: Moment, path: string): Promise<void> {
    const there = gone.filter((record) => now.records[record] !== undefined);
    if (there.length === 0) return;
    await server.server.request('DELETE', `/v1${path}`);
    const left = Object.entries(now.records).filter(([record]) => !there.includes(record));
    this.moments.push({ ...now, records: Object.fromEntries(left) });
    // Two channels tell of all at once, and the others of each by itself.
    this.expected += 2 + there.length * (this.isOwn ? 3 : 2);
  }

  private principals(some: readonly Principal[]): string[] {
    return some.map((one) => {
      if (one === 'everyone') return EVERYONE;
      return one === 'group' ? `/buckets/${this.bucket}/groups/g` : USER_IDS[one satisfies User];
    });
  }
}

/** What is beside the data on channels of items. */
interface Placed {
  readonly position?: string;
  readonly uri?: string;
}

interface Shown {
  readonly id: string;
  readonly v?: number;
}

interface Pair {
  readonly new: Shown;
  readonly old?: Shown;
}

function holds(listener: Reader | 'nobody', principal: Principal, members: readonly Reader[]): boolean {
  if (principal === 'everyone') return true;
  if (listener === 'nobody') return false;
  return principal === 'group' ? members.includes(listener) : principal === listener;
}

describe('Whatever is granted, taken away and written', () => {
  let buckets = 0;
  let frames = 0;

  it(
    'no frame shows anybody a state of a record that they could not read',
    async () => {
      await fc.assert(
        fc.asyncProperty(rounds, async (all) => {
          buckets += 1;
          const world = new World(buckets % 2 === 0 ? personal.bucket : `fuzz${buckets}`);
          await world.open();
          try {
            for (const [number, steps] of all.entries()) {
              await world.subscribeAll(number);
              await world.round(steps);
            }
            await world.subscribeAll(0);
          } finally {
            await world.close();
            frames += world.frames;
          }
        }),
        { numRuns: Math.max(1, Math.ceil(STEPS / STEPS_PER_RUN)), endOnFailure: true },
      );
      // It is no proof when nobody was shown anything.
      expect(frames).toBeGreaterThan(STEPS / 10);
    },
    60_000 + STEPS * 200,
  );
});
