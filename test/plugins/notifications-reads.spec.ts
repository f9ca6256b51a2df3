import { jest } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeVapidKeys } from '../../src/outgoing/webpush/vapid-keys.js';
import type { JsonObject } from '../../src/wire/json.js';
import { FakePushService } from '../support/fake-push-service.js';
import { FakeReceiver, type Received } from '../support/fake-receiver.js';
import { describeWithPostgresql, PostgresqlServer } from '../support/postgresql.js';
import { startTestServer, USER_IDS, type TestServer, type User } from '../support/server.js';
import {
  NOTIFICATIONS_INI,
  NotificationsScene,
  RECORDS,
  SECRET,
  until,
  verified,
  WEBHOOKS,
} from './notifications-server.js';

interface ToldRead extends JsonObject {
  uri: string;
  resource: string;
  timestamp: number;
  data: JsonObject;
}

const READS = { [RECORDS]: ['read'] };

/** Of one message; none of changes has any. */
function readsIn(received: Received): ToldRead[] {
  return (verified(received).reads ?? []) as ToldRead[];
}

function urisTold({ received }: FakeReceiver): string[] {
  return received.flatMap((each) => readsIn(each).map(({ uri }) => uri.replace(`${RECORDS}/`, '')));
}

describe('Reads, told to users who want them', () => {
  let scene: NotificationsScene;

  beforeEach(async () => {
    scene = await NotificationsScene.open();
    for (const id of ['r1', 'r2', 'r3']) await scene.put(id, { title: id });
  });
  afterEach(() => scene.close());

  const read = async (id: string, auth: User | null = 'mat', status = 200) => {
    const answer = await scene.server.request('GET', `/v1${RECORDS}/${id}`, { auth });
    expect(answer.status).toBe(status);
  };
  const told = () => urisTold(scene.receiver);

  it('come as messages of their own, with the object and without a position', async () => {
    await scene.hook({ triggers: READS });
    const before = Date.now();
    await read('r1');
    await until(() => expect(told()).toEqual(['r1']));
    const [received] = scene.receiver.received;
    const message = verified(received!);
    expect(message).toMatchObject({ changes: [], delivery: received!.headers['webhook-id'] });
    expect(message).not.toHaveProperty('position');
    const [only] = readsIn(received!);
    expect(only).toEqual({
      ...{ uri: `${RECORDS}/r1`, resource: 'record', timestamp: expect.any(Number) as number },
      data: { id: 'r1', title: 'r1', last_modified: expect.any(Number) as number },
    });
    expect(only!.timestamp).toBeGreaterThanOrEqual(before);
    expect(only!.timestamp).toBeLessThanOrEqual(Date.now());
  });

  it('are those of an object by its own URL: also in a batch, and where it was not modified', async () => {
    await scene.hook({ triggers: READS, include_data: false });
    const { headers } = await scene.server.request('GET', `/v1${RECORDS}/r1`);
    await scene.server.request('GET', `/v1${RECORDS}`);
    await scene.server.request('HEAD', `/v1${RECORDS}/r2`);
    await scene.put('r2', { title: 'again' });
    await until(() => expect(told()).toEqual(['r1']));
    const requests = [{ method: 'GET', path: `/v1${RECORDS}/r2` }];
    await scene.server.request('POST', '/v1/batch', { body: { requests } });
    const again = await scene.server.request('GET', `/v1${RECORDS}/r3`);
    const unchanged = { headers: { 'If-None-Match': again.headers.get('etag')! } };
    expect((await scene.server.request('GET', `/v1${RECORDS}/r3`, unchanged)).status).toBe(304);
    expect(headers.get('etag')).toBeTruthy();
    await until(() => expect(told().sort()).toEqual(['r1', 'r2', 'r3']));
  });

  it('are told where the answer was 304', async () => {
    const { headers } = await scene.server.request('GET', `/v1${RECORDS}/r1`);
    await scene.hook({ triggers: READS });
    const ask = { headers: { 'If-None-Match': headers.get('etag')! } };
    expect((await scene.server.request('GET', `/v1${RECORDS}/r1`, ask)).status).toBe(304);
    await until(() => expect(told()).toEqual(['r1']));
  });

  it('are told once a minute of each object', async () => {
    const clock = jest.spyOn(Date, 'now');
    try {
      await scene.hook({ triggers: READS });
      for (let round = 0; round < 5; round += 1) await read('r1');
      await until(() => expect(told()).toEqual(['r1']));
      await read('r1');
      await read('r2');
      await until(() => expect(told()).toEqual(['r1', 'r2']));
      const real = performance.timeOrigin + performance.now();
      const began = performance.now();
      clock.mockImplementation(() => Math.round(real + 61_000 + performance.now() - began));
      // What was noted is forgotten in the round after.
      await until(async () => {
        await read('r1');
        expect(told()).toEqual(['r1', 'r2', 'r1']);
      });
    } finally {
      clock.mockRestore();
    }
  });

  it('are neither told with changes, nor changes with them', async () => {
    const writes = await FakeReceiver.open();
    await scene.hook({ triggers: READS });
    await scene.hook({}, 'mat', writes);
    await read('r1');
    await scene.put('r1', { title: 'other' });
    await until(() => expect(told()).toEqual(['r1']));
    await until(() => expect(scene.told(writes)).toEqual(['update stay r1']));
    expect(scene.told()).toEqual([]);
    expect(urisTold(writes)).toEqual([]);
    await writes.close();
  });

  it('are for those who may write what is read', async () => {
    const others = await FakeReceiver.open();
    const share = (id: string, permission: string) =>
      scene.put(id, { title: id }, { [permission]: [USER_IDS.bob, 'system.Everyone'] });
    await share('r1', 'read');
    await share('r2', 'write');
    await scene.hook({ triggers: READS }, 'bob', others);
    await scene.hook({ triggers: READS });
    await read('r1', 'alice');
    await read('r2', null);
    await read('r3', 'alice', 403);
    await until(() => expect(told().sort()).toEqual(['r1', 'r2']));
    await until(() => expect(urisTold(others)).toEqual(['r2']));
    expect(JSON.stringify(scene.receiver.received)).not.toContain(USER_IDS.alice);
    await others.close();
  });

  it('are told of what the triggers name and the filter lets through', async () => {
    await scene.put('r2', { title: 'wanted' });
    await scene.hook({ triggers: { '/buckets/*/collections/*/records/*': ['read'] }, filter: { title: 'wanted' } });
    await scene.server.request('GET', '/v1/buckets/blog');
    await scene.server.request('GET', '/v1/buckets/blog/collections/articles');
    await read('r1');
    await read('r2');
    await until(() => expect(told()).toEqual(['r2']));
  });

  it('of one list come together, those of another apart', async () => {
    await scene.hook({ triggers: { '/buckets/**': ['read'] } });
    scene.receiver.hold();
    await scene.server.request('GET', '/v1/buckets/blog');
    await until(() => expect(scene.receiver.received).toHaveLength(1));
    for (const id of ['r1', 'r2', 'r3']) await read(id);
    await scene.server.request('GET', '/v1/buckets/blog/collections/articles');
    scene.receiver.release();
    await until(() => expect(told()).toHaveLength(5));
    const perMessage = scene.receiver.received.map((each) => [
      ...new Set(readsIn(each).map(({ resource }) => resource)),
    ]);
    expect(perMessage.every((resources) => resources.length === 1)).toBe(true);
    expect(perMessage.flat().sort()).toContain('collection');
  });

  it('are told of again until they arrive, as the same message, and are in the list of deliveries', async () => {
    scene.receiver.reactions.push({ status: 500 }, 'cut');
    const id = await scene.hook({ triggers: READS });
    await read('r1');
    await until(() => expect(scene.receiver.received.length).toBeGreaterThan(0));
    await read('r2');
    await until(() => expect(told().at(-1)).toBe('r2'));
    expect(told()).toEqual(['r1', 'r1', 'r1', 'r2']);
    const ids = scene.receiver.received.map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids.slice(0, 3)).size).toBe(1);
    expect(ids[3]).not.toBe(ids[0]);
    const deliveries = async () => (await scene.server.request('GET', `${WEBHOOKS}/${id}/deliveries`)).list;
    await until(async () =>
      expect(await deliveries()).toMatchObject(
        ['delivered', 'delivered', 'failed', 'failed'].map((result) => ({ result, resource: 'record', reads: 1 })),
      ),
    );
    expect(await scene.shown(id)).toMatchObject({ state: 'active', failures: 0 });
  });

  it('hold up no change while their receiver does not take them', async () => {
    const id = await scene.hook({ triggers: { [RECORDS]: ['read', 'write'] } });
    scene.receiver.reactions.push({ status: 503 });
    await read('r1');
    await until(() => expect(scene.receiver.received).toHaveLength(1));
    await scene.put('r2', { title: 'changed' });
    await until(() => expect(scene.told()).toEqual(['update stay r2']));
    await until(() => expect(told()).toEqual(['r1', 'r1']));
    expect(await scene.shown(id)).toMatchObject({ failures: 0 });
  });

  it('are not told of later to a webhook that was not active', async () => {
    const others = await FakeReceiver.open();
    await scene.hook({ triggers: READS }, 'mat', others);
    const id = await scene.hook({ triggers: READS, active: false });
    await read('r1');
    await until(() => expect(urisTold(others)).toEqual(['r1']));
    const patch = { body: { data: { active: true } } };
    expect((await scene.server.request('PATCH', `${WEBHOOKS}/${id}`, patch)).status).toBe(200);
    await read('r2');
    await until(() => expect(told()).toEqual(['r2']));
    await others.close();
  });

  it('go with their subscription: one that gets its id begins anew', async () => {
    const put = () => {
      const data = { url: `${scene.receiver.url}/hook`, secret: SECRET, triggers: READS };
      return scene.server.request('PUT', `${WEBHOOKS}/mine`, { body: { data } });
    };
    expect((await put()).status).toBe(201);
    await read('r1');
    await until(() => expect(told()).toEqual(['r1']));
    expect((await scene.server.request('DELETE', `${WEBHOOKS}/mine`)).status).toBe(200);
    expect((await put()).status).toBe(201);
    await read('r1');
    await until(() => expect(told()).toEqual(['r1', 'r1']));
  });

  it('are waited with for no more objects than the setting says', async () => {
    const few = await NotificationsScene.open('kinto.notifications.max_reads = 2');
    for (const id of ['r1', 'r2', 'r3']) await few.put(id);
    await few.hook({ triggers: READS, include_data: false });
    for (const id of ['r1', 'r2', 'r3']) await few.server.request('GET', `/v1${RECORDS}/${id}`);
    await until(() => expect(urisTold(few.receiver)).toEqual(['r1', 'r2']));
    await few.close();
  });

  it('are refused where they are switched off', async () => {
    const server = await startTestServer({ ini: `${NOTIFICATIONS_INI}kinto.notifications.read_triggers = false` });
    const body = { data: { url: scene.receiver.url, secret: SECRET, triggers: READS } };
    const answer = await server.request('POST', WEBHOOKS, { body });
    expect([answer.status, answer.json.errno]).toEqual([400, 107]);
    expect(answer.json.details).toMatchObject([{ location: 'body', name: 'data.triggers' }]);
    expect(answer.text).toContain('reads are not told here');
    await server.close();
  });
});

describe('Reads, told to browsers', () => {
  const vapid = makeVapidKeys();
  const subject = 'mailto:push@example.org';

  it('say how many and which, and replace no news of a change', async () => {
    const service = await FakePushService.open(vapid.publicKey, subject);
    const settings = {
      vapid_public_key: vapid.publicKey,
      vapid_private_key: vapid.privateKey,
      subject,
    };
    const lines = Object.entries(settings).map(([name, value]) => `kinto.webpush.${name} = ${value}`);
    const scene = await NotificationsScene.open(lines.join('\n'));
    await scene.put('r1', { title: 'one' });
    const phone = service.subscribe('phone');
    const { endpoint, keys } = phone.toJSON();
    const data = { push: { endpoint, keys }, triggers: { [RECORDS]: ['read', 'write'] }, include_data: true };
    const made = await scene.server.request('POST', '/v1/notifications/webpush', { body: { data } as JsonObject });
    expect(made.status).toBe(201);
    await scene.server.request('GET', `/v1${RECORDS}/r1`);
    await until(() => expect(service.textsOf(phone)).toHaveLength(1));
    await scene.put('r1', { title: 'two' });
    await until(() => expect(service.textsOf(phone)).toHaveLength(2));
    const [ofRead, ofChange] = service.textsOf(phone) as JsonObject[];
    expect(ofRead).toMatchObject({
      ...{ v: 1, uri: '/buckets/blog/collections/articles', resource: 'record', counts: { read: 1 }, ids: ['r1'] },
      data: { title: 'one' },
    });
    expect(ofRead).not.toHaveProperty('position');
    expect(ofChange).toMatchObject({ counts: { create: 0, update: 1, delete: 0 } });
    const topics = service.messages.map(({ headers }) => headers.topic);
    expect(new Set(topics).size).toBe(2);
    await scene.close();
    await service.close();
  });
});

describe('Reads that were noted before a server ended', () => {
  it('are told by the next one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kumocast-reads-'));
    const ini = `kinto.storage_backend = sqlite\nkinto.storage_url = ${join(folder, 'data.sqlite')}`;
    const receiver = await FakeReceiver.open();
    const before = await NotificationsScene.open(ini);
    await before.put('r1');
    await before.hook({ triggers: READS }, 'mat', receiver);
    receiver.hold();
    await before.server.request('GET', `/v1${RECORDS}/r1`);
    // It ends at once: what was read is noted on the way.
    await before.close();
    receiver.release();
    receiver.received.length = 0;
    const after = await NotificationsScene.open(ini);
    await until(() => expect(urisTold(receiver)).toEqual(['r1']));
    await after.close();
    await receiver.close();
    rmSync(folder, { recursive: true });
  });
});

describeWithPostgresql('Reads on several servers [needs postgresql]', () => {
  let database: PostgresqlServer;
  let receiver: FakeReceiver;
  const servers: TestServer[] = [];

  beforeAll(async () => {
    database = await PostgresqlServer.start();
    receiver = await FakeReceiver.open();
    const url = await database.makeDatabase();
    const settings = { storage_backend: 'postgresql', storage_url: url, storage_poll_interval: 50 };
    const lines = Object.entries(settings).map(([name, value]) => `kinto.${name} = ${value}`);
    const ini = NOTIFICATIONS_INI + lines.join('\n');
    for (let index = 0; index < 3; index += 1) servers.push(await startTestServer({ ini }));
  });
  afterAll(async () => {
    for (const server of servers) await server.close();
    await receiver.close();
    await database.stop();
  });

  it('are told whichever server they happen on, once', async () => {
    const [first] = servers;
    await first!.request('PUT', '/v1/buckets/blog');
    await first!.request('PUT', '/v1/buckets/blog/collections/articles');
    for (const id of ['r0', 'r1', 'r2', 'all']) await first!.request('PUT', `/v1${RECORDS}/${id}`);
    const body = { data: { url: receiver.url, secret: SECRET, triggers: READS } };
    expect((await first!.request('POST', WEBHOOKS, { body })).status).toBe(201);
    // The others learn of it by the log.
    await until(async () => {
      for (const [index, server] of servers.entries()) await server.request('GET', `/v1${RECORDS}/r${index}`);
      expect(urisTold(receiver).sort()).toEqual(['r0', 'r1', 'r2']);
    });
    await Promise.all(servers.map((server) => server.request('GET', `/v1${RECORDS}/all`)));
    await until(() => expect(urisTold(receiver)).toContain('all'));
    // Two rounds of every server.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(urisTold(receiver).sort()).toEqual(['all', 'r0', 'r1', 'r2']);
  });
});
