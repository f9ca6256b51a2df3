import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChangeFeed } from '../../src/changes/change-feed.js';
import { ListenerKinds } from '../../src/changes/change-listener.js';
import { makeConfiguredListeners } from '../../src/changes/configured-listeners.js';
import { pusherListener } from '../../src/listeners/pusher/pusher.listener.js';
import { redisListener } from '../../src/listeners/redis/redis.listener.js';
import { webhookListener } from '../../src/listeners/webhook/webhook.listener.js';
import { makeVapidKeys } from '../../src/outgoing/webpush/vapid-keys.js';
import { webPushListener } from '../../src/listeners/webpush/webpush.listener.js';
import { SettingSource } from '../../src/settings/settings.js';
import { deadLetters } from '../../src/storage/dead-letters.js';
import type { SqliteStorage } from '../../src/storage/sqlite/sqlite-storage.js';
import { formatPosition } from '../../src/wire/position.js';
import { journal } from '../../src/storage/journal.js';
import { ChangeWriter } from '../support/change-writer.js';
import { FailingRoad } from '../support/failing-road.js';
import { FakePushService } from '../support/fake-push-service.js';
import { FakePusherHost } from '../support/fake-pusher-host.js';
import { FakeReceiver } from '../support/fake-receiver.js';
import { RecordingLog } from '../support/recording-log.js';
import { describeWithRedis, RedisServer } from '../support/redis-server.js';
import { TemporaryStorage } from '../support/temporary-storage.js';

/** `ALL_CHANGES=100000 npm test -- test/e2e/all-listeners` is the long form. */
const CHANGES = Number(process.env.ALL_CHANGES ?? 2000);

/** How many are written before all are waited for: what the fakes keep has to fit into memory. */
const STRETCH = 1000;

const COLLECTIONS = ['a', 'b', 'c'].map((id) => ({
  parentId: `/buckets/home/collections/${id}`,
  resourceName: 'record',
}));

/** ms; with the usual ones a failure at each third delivery would take hours. */
const PATIENCE = { firstWait: 1, longestWait: 4, closeGrace: 1000 };

const APP = { id: '7', key: 'the-key', secret: 'the-secret' };
const VAPID = makeVapidKeys();
const SUBJECT = 'mailto:admin@example.org';

/** One target of one listener. */
interface Target {
  readonly name: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly road: FailingRoad;
  /** The positions of what it has taken since it was last asked, in the order it came. */
  takeNew(): Promise<string[]>;
  close(): Promise<void>;
}

const positionIn = (text: string): string => (JSON.parse(text) as { position: string }).position;

async function pusherTarget(name: string): Promise<Target> {
  const host = await FakePusherHost.open(APP);
  const road = await FailingRoad.to(host.port);
  return {
    ...{ name, road, close: () => host.close() },
    settings: {
      ...{ use: 'pusher', app_id: APP.id, key: APP.key, secret: APP.secret },
      ...{ host: '127.0.0.1', port: String(road.port), payload: 'change' },
    },
    takeNew: async () => {
      host.urls.length = 0;
      return host.events.splice(0).map(({ data }) => positionIn(data));
    },
  };
}

async function webhookTarget(name: string): Promise<Target> {
  const receiver = await FakeReceiver.open();
  const road = await FailingRoad.to(receiver.port);
  return {
    ...{ name, road, close: () => receiver.close() },
    settings: {
      ...{ use: 'webhook', url: `http://127.0.0.1:${road.port}/`, secret: 'a-secret-that-signs' },
      ...{ allow_private_addresses: 'true', payload: 'change' },
    },
    takeNew: async () =>
      receiver.received.splice(0).map(({ body }) => (JSON.parse(body) as { data: { position: string } }).data.position),
  };
}

async function redisTarget(name: string, mode: 'list' | 'stream', server: RedisServer): Promise<Target> {
  const road = await FailingRoad.to(server.port);
  const client = await server.connect();
  return {
    ...{ name, road, close: async () => client.destroy() },
    settings: {
      ...{ use: 'redis', mode, url: `redis://127.0.0.1:${road.port}/0`, listname: name, key: name },
      payload: 'change',
    },
    takeNew: async () => {
      const texts =
        mode === 'list'
          ? (await client.lRange(name, 0, -1)).reverse()
          : ((await client.xRange(name, '-', '+')) ?? []).map(({ message }) => message.data ?? '');
      await client.del(name);
      return texts.map(positionIn);
    },
  };
}

async function webPushTarget(name: string, directory: string): Promise<Target> {
  const service = await FakePushService.open(VAPID.publicKey, SUBJECT);
  const road = await FailingRoad.to(Number(new URL(service.origin).port));
  // Whoever sends there by the road signs for the road's near end.
  Object.defineProperty(service, 'origin', { value: `http://127.0.0.1:${road.port}` });
  const subscriptions = join(directory, `${name}.json`);
  writeFileSync(subscriptions, JSON.stringify([service.subscribe(name)]));
  return {
    ...{ name, road, close: () => service.close() },
    settings: {
      ...{ use: 'webpush', subscriptions, subject: SUBJECT, allow_private_addresses: 'true' },
      ...{ vapid_public_key: VAPID.publicKey, vapid_private_key: VAPID.privateKey },
    },
    takeNew: async () => {
      service.requests.length = 0;
      return service.messages.splice(0).map(({ text }) => positionIn(text));
    },
  };
}

describeWithRedis('Two listeners of every durable kind at once [needs redis]', () => {
  const temporary = new TemporaryStorage();
  const directory = mkdtempSync(join(tmpdir(), 'kumocast-all-'));
  const log = new RecordingLog();
  const targets: Target[] = [];
  let redis: RedisServer;
  let storage: SqliteStorage;
  let feed: ChangeFeed;

  beforeAll(async () => {
    redis = await RedisServer.start();
    storage = await temporary.open();
    targets.push(await pusherTarget('push-well'), await pusherTarget('push-failing'));
    targets.push(await webhookTarget('hook-well'), await webhookTarget('hook-failing'));
    targets.push(await redisTarget('list-well', 'list', redis), await redisTarget('stream-failing', 'stream', redis));
    targets.push(await webPushTarget('browser-well', directory), await webPushTarget('browser-failing', directory));
    for (const { name, road } of targets) if (name.endsWith('-failing')) road.loseEachAnswer(3);
    feed = new ChangeFeed(storage, log, PATIENCE);
    await feed.open(listeners());
  });
  afterAll(async () => {
    await feed.close();
    for (const target of targets) {
      await target.road.close();
      await target.close();
    }
    await redis.stop();
    await temporary.close(storage);
    await temporary.remove();
    rmSync(directory, { recursive: true });
  });

  const listeners = () => {
    const kinds = new ListenerKinds();
    const objects = {
      list: () => Promise.resolve({ objects: [], timestamp: undefined }),
      delete: () => Promise.resolve(false),
    };
    for (const kind of [pusherListener, webhookListener, redisListener, webPushListener(objects, log)]) {
      kinds.add(kind.kind, kind);
    }
    const lines = targets.flatMap(({ name, settings }) =>
      Object.entries(settings).map(([key, value]) => `kinto.event_listeners.${name}.${key} = ${value}`),
    );
    const names = targets.map(({ name }) => name).join(' ');
    const text = ['[app:main]', `kinto.event_listeners = ${names}`, ...lines].join('\n');
    return makeConfiguredListeners(SettingSource.fromText(text, { file: 'kinto.ini' }), kinds);
  };

  /** Since `after`, as positions. */
  const committedAfter = async (after: number) => {
    const logged = await storage.read(({ sql }) => journal.readAfter(sql, after, STRETCH * 2));
    return { last: logged.at(-1)?.id ?? after, positions: logged.map(({ position }) => formatPosition(position)) };
  };

  it(
    `agree exactly about ${CHANGES} changes, while one of each two loses its answer at each third delivery`,
    async () => {
      const writer = new ChangeWriter(storage);
      const counts = new Map(targets.map(({ name }) => [name, { distinct: 0, repeats: 0 }]));
      let [written, place] = [0, 0];
      while (written < CHANGES) {
        const stretch = Math.min(STRETCH, CHANGES - written);
        await Promise.all(
          Array.from({ length: stretch }, (_, index) => {
            const number = written + index;
            return writer.create(COLLECTIONS[number % COLLECTIONS.length]!, `r${number}`, { number });
          }),
        );
        written += stretch;
        await feed.settled();
        const { last, positions } = await committedAfter(place);
        place = last;
        expect(positions).toHaveLength(stretch);
        for (const target of targets) {
          const taken = await target.takeNew();
          // Each in the order of the commits, as it came first.
          expect({ target: target.name, taken: [...new Set(taken)] }).toEqual({
            target: target.name,
            taken: positions,
          });
          const count = counts.get(target.name)!;
          count.distinct += positions.length;
          count.repeats += taken.length - positions.length;
        }
      }
      for (const [name, { distinct, repeats }] of counts) {
        expect({ name, distinct }).toEqual({ name, distinct: CHANGES });
        expect({ name, hasRepeats: repeats > 0 }).toEqual({ name, hasRepeats: name.endsWith('-failing') });
        expect(await storage.read(({ sql }) => deadLetters.count(sql, `listener:${name}`))).toBe(0);
      }
    },
    120_000 + CHANGES * 200,
  );
});
