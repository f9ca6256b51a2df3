import { StoredListenerObjects } from '../../src/app.listener-objects.js';
import { ChangeLog } from '../../src/changes/change-log.js';
import { CommitHooks } from '../../src/changes/commit-hook.js';
import { StoredSubscriptions } from '../../src/listeners/webpush/stored-subscriptions.js';
import { makeVapidKeys } from '../../src/outgoing/webpush/vapid-keys.js';
import { eventually } from '../realtime/support/eventually.js';
import { ChangeWriter, TASKS } from '../support/change-writer.js';
import { FakePushService } from '../support/fake-push-service.js';
import { PushSubscriber } from '../support/push-subscriber.js';
import { RecordingLog } from '../support/recording-log.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { TemporaryStorage } from '../support/temporary-storage.js';

const VAPID = makeVapidKeys();
const SUBJECT = 'https://example.org/contact';
const SUBSCRIPTIONS = '/v1/buckets/app/collections/subscriptions/records';
const TASKS_URL = '/v1/buckets/app/collections/tasks/records';

const INI = `
kinto.event_listeners = push
kinto.event_listeners.push.use = webpush
kinto.event_listeners.push.resources = record
kinto.event_listeners.push.stored_in = /buckets/app/collections/subscriptions
webpush.vapid_public_key = ${VAPID.publicKey}
webpush.vapid_private_key = ${VAPID.privateKey}
webpush.subject = ${SUBJECT}
webpush.allow_private_addresses = true
`;

describe('Push subscriptions that are stored', () => {
  let service: FakePushService;
  let server: TestServer;

  const start = async (...more: string[]) => {
    server = await startTestServer({ ini: [INI, ...more].join('\n') });
    await server.request('PUT', '/v1/buckets/app');
    for (const id of ['subscriptions', 'tasks']) await server.request('PUT', `/v1/buckets/app/collections/${id}`);
  };
  const store = async (id: string, subscriber: PushSubscriber) => {
    const answer = await server.request('PUT', `${SUBSCRIPTIONS}/${id}`, {
      body: { data: { ...subscriber.toJSON() } },
    });
    expect(answer.status).toBe(201);
  };
  const write = (id: string) => server.request('PUT', `${TASKS_URL}/${id}`, { body: { data: { title: id } } });
  const idsTold = (subscriber: PushSubscriber) =>
    service.textsOf(subscriber).flatMap((message) => (message as { ids: string[] }).ids);
  const told = (subscriber: PushSubscriber, ...ids: string[]) =>
    eventually(() => idsTold(subscriber).length >= ids.length, `it is told of ${ids.join(', ')}`).then(() =>
      expect(idsTold(subscriber)).toEqual(ids),
    );

  beforeEach(async () => {
    service = await FakePushService.open(VAPID.publicKey, SUBJECT);
  });
  afterEach(async () => {
    await server.close();
    await service.close();
  });

  it('are told from when they are stored until they are deleted, and never of each other', async () => {
    await start();
    const [mine, yours] = [service.subscribe('mine'), service.subscribe('yours')];
    await store('mine', mine);
    await write('t1');
    await told(mine, 't1');
    await store('yours', yours);
    await write('t2');
    await told(yours, 't2');
    expect((await server.request('DELETE', `${SUBSCRIPTIONS}/mine`)).status).toBe(200);
    await write('t3');
    await told(yours, 't2', 't3');
    await told(mine, 't1', 't2');
    expect(service.messages.map(({ text }) => text).filter((text) => text.includes('subscriptions'))).toEqual([]);
  });

  it('are deleted like any record when they are gone', async () => {
    await start('kinto.includes = kinto.plugins.default_bucket kinto.plugins.history');
    const [gone, there] = [service.subscribe('gone'), service.subscribe('there')];
    await store('gone', gone);
    await store('there', there);
    await server.newChanges();
    service.answer('gone', { status: 410 });
    await write('t1');
    await told(there, 't1');
    const changes: string[] = [];
    const deletion = 'delete /buckets/app/collections/subscriptions/records gone';
    const deadline = performance.now() + 5000;
    while (!changes.includes(deletion) && performance.now() < deadline) changes.push(...(await server.newChanges()));
    expect(changes.filter((change) => !change.includes('/history'))).toEqual([
      'create /buckets/app/collections/tasks/records t1',
      deletion,
    ]);
    expect((await server.request('GET', `${SUBSCRIPTIONS}/gone`)).status).toBe(404);
    const tombstones = await server.request('GET', `${SUBSCRIPTIONS}?_since=0`);
    expect(tombstones.list.map(({ id, deleted }) => [id, deleted])).toContainEqual(['gone', true]);
    const history = await server.request('GET', '/v1/buckets/app/history?action=delete');
    expect(history.list.map(({ record_id }) => record_id)).toEqual(['gone']);
    // Only what was heard since: the deletion itself is nobody's business.
    await write('t2');
    await told(there, 't1', 't2');
    expect(service.requests.filter((request) => request.startsWith('gone'))).toEqual(['gone 410']);
  });

  it('are not deleted when they were stored anew in the meantime', async () => {
    await start();
    const [old, fresh] = [service.subscribe('old'), service.subscribe('fresh')];
    await store('mine', old);
    service.answer('old', { status: 404 });
    service.hold();
    await write('t1');
    await eventually(() => service.waiting === 1, 'the service has the message');
    const renewed = await server.request('PUT', `${SUBSCRIPTIONS}/mine`, { body: { data: { ...fresh.toJSON() } } });
    expect(renewed.status).toBe(200);
    service.release();
    await write('t2');
    await told(fresh, 't2');
    expect((await server.request('GET', `${SUBSCRIPTIONS}/mine`)).data.endpoint).toBe(fresh.endpoint);
  });

  it('that are none harm nobody, and of two with one endpoint the newer one counts', async () => {
    await start();
    const stale = service.subscribe('mine');
    const mine = service.subscribe('mine');
    await store('stale', stale);
    await store('mine', mine);
    const bodies = [
      {},
      { endpoint: 'x', keys: {} },
      { endpoint: 'https://push.example/', keys: { p256dh: 'B', auth: 1 } },
    ];
    for (const [index, data] of bodies.entries()) {
      expect((await server.request('PUT', `${SUBSCRIPTIONS}/bad${index}`, { body: { data } })).status).toBe(201);
    }
    await write('t1');
    await told(mine, 't1');
    expect(service.requests).toEqual(['mine 201']);
  });

  it('beyond the limit are not told, the oldest first', async () => {
    await start('webpush.max_subscriptions = 2');
    const subscribers = ['a', 'b', 'c'].map((name) => service.subscribe(name));
    for (const [index, subscriber] of subscribers.entries()) await store(`s${index}`, subscriber);
    await write('t1');
    await told(subscribers[2]!, 't1');
    await told(subscribers[1]!, 't1');
    await write('t2');
    await told(subscribers[2]!, 't1', 't2');
    expect(idsTold(subscribers[0]!)).toEqual([]);
  });
});

describe('A stored push subscription that is gone', () => {
  const temporary = new TemporaryStorage();
  afterAll(() => temporary.remove());
  const rules = { allowHttp: false, ensureCallable: () => undefined };

  it.each([
    ['nothing may be written', true, []],
    [
      'a plugin refuses it',
      false,
      ['warn: A push subscription that is gone cannot be deleted from /buckets/home/collections/tasks: not allowed'],
    ],
  ])('is told no more even if %s', async (_, isReadonly, lines) => {
    const storage = await temporary.open();
    await new ChangeWriter(storage).create(TASKS, 'mine', {
      ...new PushSubscriber('https://push.example/mine').toJSON(),
    });
    const hooks = new CommitHooks();
    hooks.add('refusing', { beforeCommit: () => Promise.reject(new Error('not allowed')) });
    const objects = new StoredListenerObjects(storage, new ChangeLog(hooks), isReadonly);
    const log = new RecordingLog();
    const subscriptions = new StoredSubscriptions(TASKS.parentId, 10, { objects, rules, log });
    const [mine] = await subscriptions.list();
    await mine!.remove();
    expect(await subscriptions.list()).toEqual([]);
    expect(await storage.read((view) => view.hasObject(TASKS, 'mine'))).toBe(true);
    expect(log.lines).toEqual(lines);
    await temporary.close(storage);
  });
});
