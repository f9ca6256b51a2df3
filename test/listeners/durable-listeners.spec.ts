import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pusherListener } from '../../src/listeners/pusher/pusher.listener.js';
import { redisListener } from '../../src/listeners/redis/redis.listener.js';
import { webhookListener } from '../../src/listeners/webhook/webhook.listener.js';
import type { ListenerObjects } from '../../src/listeners/webpush/stored-subscriptions.js';
import { makeVapidKeys } from '../../src/outgoing/webpush/vapid-keys.js';
import { webPushListener } from '../../src/listeners/webpush/webpush.listener.js';
import { durableListenerContract } from '../contracts/durable-listener.contract.js';
import { TASKS } from '../support/change-writer.js';
import { FailingRoad } from '../support/failing-road.js';
import { FakePushService } from '../support/fake-push-service.js';
import { FakePusherHost } from '../support/fake-pusher-host.js';
import { FakeReceiver } from '../support/fake-receiver.js';
import { describeWithRedis, RedisServer } from '../support/redis-server.js';

const APP = { id: '7', key: 'the-key-of-the-app', secret: 'the-secret-of-the-app' };

/** Another list than the one that everything else is written to. */
const otherList = (collection: string) => ({
  parentId: `/buckets/home/collections/${collection}`,
  resourceName: 'record',
});

/** The change object, in which the position is what names a change. */
function takenOf(change: unknown): { id: string; record: string } {
  const { position, data } = change as { position: string; data: { id: string } };
  return { id: position, record: data.id };
}

durableListenerContract('pusher', async () => {
  const host = await FakePusherHost.open(APP);
  const road = await FailingRoad.to(host.port);
  return {
    definition: pusherListener,
    road,
    settings: {
      ...{ app_id: APP.id, key: APP.key, secret: APP.secret, host: '127.0.0.1', port: String(road.port) },
      payload: 'change',
    },
    secrets: [APP.secret, 'auth_signature'],
    taken: async () => host.events.map(({ data }) => takenOf(JSON.parse(data))),
    refuseNext: async () => {
      host.maxEventBytes = 1000;
      return { list: TASKS, value: { text: 'x'.repeat(1000) } };
    },
    close: async () => {
      await road.close();
      await host.close();
    },
  };
});

durableListenerContract('webhook', async () => {
  const receiver = await FakeReceiver.open();
  const road = await FailingRoad.to(receiver.port);
  const secret = 'a-secret-that-signs';
  let refused = 0;
  return {
    definition: webhookListener,
    road,
    settings: {
      ...{ url: `http://127.0.0.1:${road.port}/path-that-is-a-secret`, secret },
      ...{ headers: 'Authorization: Bearer token-of-the-receiver', allow_private_addresses: 'true' },
      payload: 'change',
    },
    secrets: [secret, 'path-that-is-a-secret', 'token-of-the-receiver'],
    taken: async () => {
      const taken = receiver.received.map(({ body, headers }) => {
        const { record } = takenOf((JSON.parse(body) as { data: unknown }).data);
        return { id: String(headers['webhook-id']), record };
      });
      return refused === 0 ? taken : taken.filter(({ record }) => record !== 'refused');
    },
    refuseNext: async () => {
      refused += 1;
      receiver.reactions.push({ status: 400, body: `${secret} at /path-that-is-a-secret by token-of-the-receiver` });
      return { list: TASKS };
    },
    close: async () => {
      await road.close();
      await receiver.close();
    },
  };
});

describeWithRedis('Redis [needs redis]', () => {
  const password = 'the-password-of-redis';
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start(['--requirepass', password]);
  });
  afterAll(() => server.stop());

  durableListenerContract('redis', async () => {
    const road = await FailingRoad.to(server.port);
    const client = await server.connect(`redis://:${password}@127.0.0.1:${server.port}/0`);
    await client.flushAll();
    return {
      definition: redisListener,
      road,
      settings: { url: `redis://:${password}@127.0.0.1:${road.port}/0`, listname: 'told-{collection_id}' },
      secrets: [password],
      taken: async () => {
        const items = (await client.lRange('told-tasks', 0, -1)).reverse();
        return items.map((item) => {
          const { id, index, record_id: record } = JSON.parse(item) as { id: string; index: number; record_id: string };
          return { id: `${id} ${index}`, record };
        });
      },
      refuseNext: async () => {
        await client.set('told-other', 'no list');
        return { list: otherList('other') };
      },
      close: async () => {
        await road.close();
        client.destroy();
      },
    };
  });
});

describe('Web push', () => {
  const vapid = makeVapidKeys();
  const subject = 'mailto:admin@example.org';
  const directory = mkdtempSync(join(tmpdir(), 'kumocast-durable-'));
  const nothingStored: ListenerObjects = {
    list: () => Promise.resolve({ objects: [], timestamp: undefined }),
    delete: () => Promise.resolve(false),
  };
  afterAll(() => rmSync(directory, { recursive: true }));

  durableListenerContract('webpush', async (log) => {
    const service = await FakePushService.open(vapid.publicKey, subject);
    const road = await FailingRoad.to(Number(new URL(service.origin).port));
    // Whoever sends there by the road signs for the road's near end.
    Object.defineProperty(service, 'origin', { value: `http://127.0.0.1:${road.port}` });
    const subscriber = service.subscribe('the-name-of-the-subscriber');
    const file = join(directory, 'subscriptions.json');
    writeFileSync(file, JSON.stringify([subscriber]));
    return {
      definition: webPushListener(nothingStored, log),
      road,
      settings: {
        ...{ subscriptions: file, subject, allow_private_addresses: 'true' },
        ...{ vapid_public_key: vapid.publicKey, vapid_private_key: vapid.privateKey },
      },
      secrets: [vapid.privateKey, 'the-name-of-the-subscriber', subscriber.toJSON().keys.auth],
      taken: async () =>
        service.textsOf(subscriber).map((text) => {
          const { position, ids } = text as { position: string; ids: string[] };
          return { id: position, record: ids[0]! };
        }),
      // Not even the list's URI fits into a message.
      refuseNext: async () => ({ list: otherList('c'.repeat(4000)) }),
      close: async () => {
        await road.close();
        await service.close();
      },
    };
  });
});
