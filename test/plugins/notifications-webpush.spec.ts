import { makeVapidKeys } from '../../src/outgoing/webpush/vapid-keys.js';
import type { JsonObject } from '../../src/wire/json.js';
import { FakePushService } from '../support/fake-push-service.js';
import type { PushSubscriber } from '../support/push-subscriber.js';
import type { User } from '../support/server.js';
import { NotificationsScene, RECORDS, until } from './notifications-server.js';

const WEBPUSH = '/v1/notifications/webpush';
const VAPID = makeVapidKeys();
const SUBJECT = 'mailto:push@example.org';
const INI = `
kinto.webpush.vapid_public_key = ${VAPID.publicKey}
kinto.webpush.vapid_private_key = ${VAPID.privateKey}
kinto.webpush.subject = ${SUBJECT}
`;

describe('Push subscriptions of users', () => {
  let scene: NotificationsScene;
  let service: FakePushService;

  beforeEach(async () => {
    service = await FakePushService.open(VAPID.publicKey, SUBJECT);
    scene = await NotificationsScene.open(INI);
  });
  afterEach(async () => {
    await scene.close();
    await service.close();
  });

  const bodyOf = (subscriber: PushSubscriber, data: JsonObject = {}): JsonObject => {
    const { endpoint, keys } = subscriber.toJSON();
    return { data: { push: { endpoint, keys }, triggers: { [RECORDS]: ['write'] }, ...data } };
  };
  const subscribe = (subscriber: PushSubscriber, data: JsonObject = {}, auth: User = 'mat') =>
    scene.server.request('POST', WEBPUSH, { auth, body: bodyOf(subscriber, data) });
  const all = async (auth: User = 'mat') => (await scene.server.request('GET', WEBPUSH, { auth })).list;

  it('are told of in the capability, with the key that browsers subscribe with', async () => {
    const { capabilities } = (await scene.server.request('GET', '/v1/')).json as { capabilities: JsonObject };
    expect(capabilities.webpush).toMatchObject({ vapid_public_key: VAPID.publicKey });
  });

  it('are told what changed in a form that only the subscriber can read', async () => {
    const phone = service.subscribe('phone');
    expect((await subscribe(phone)).status).toBe(201);
    await scene.put('r1');
    await until(() => expect(service.textsOf(phone)).toHaveLength(1));
    expect(service.textsOf(phone)[0]).toMatchObject({
      ...{ v: 1, uri: '/buckets/blog/collections/articles', resource: 'record' },
      ...{ counts: { create: 1, update: 0, delete: 0 }, ids: ['r1'] },
    });
    expect(service.textsOf(phone)[0]).not.toHaveProperty('data');
  });

  it('have the object in the message, how long it is kept and how urgent it is, if they ask for it', async () => {
    const phone = service.subscribe('phone');
    await subscribe(phone, { include_data: true, ttl: 60, urgency: 'high' });
    await scene.put('r1', { title: 'one' });
    await until(() => expect(service.textsOf(phone)).toMatchObject([{ data: { id: 'r1', title: 'one' } }]));
    expect(service.messages[0]!.headers).toMatchObject({ ttl: '60', urgency: 'high' });
    expect(service.messages[0]!.headers.topic).toMatch(/^[\w-]{32}$/);
  });

  it('have it up to what fits into a push message, and do without it above', async () => {
    const phone = service.subscribe('phone');
    await subscribe(phone, { include_data: true });
    await scene.put('r1', { title: 'x'.repeat(3000) });
    await scene.put('r2', { title: 'x'.repeat(4000) });
    await until(() => expect(service.textsOf(phone)).toHaveLength(2));
    expect(service.textsOf(phone)[0]).toHaveProperty('data');
    expect(service.textsOf(phone)[1]).not.toHaveProperty('data');
  });

  it('keep their secret, and say when they expire', async () => {
    const phone = service.subscribe('phone');
    const made = await subscribe(phone);
    const { auth } = phone.toJSON().keys;
    expect(made.text).not.toContain(auth);
    expect(made.data.expires_at).toBe(made.lastModified + 2_592_000_000);
    expect((await scene.server.request('GET', WEBPUSH)).text).not.toContain(auth);
    const patch = { body: { data: { triggers: { '/buckets': ['create'] } } } };
    expect((await scene.server.request('PATCH', `${WEBPUSH}/${made.data.id as string}`, patch)).status).toBe(200);
    await scene.server.request('PUT', '/v1/buckets/more');
    await until(() => expect(service.told).toEqual(['phone']));
  });

  it('are replaced when the same browser subscribes again', async () => {
    const phone = service.subscribe('phone');
    const first = await subscribe(phone);
    const second = await subscribe(phone, { ttl: 5 });
    expect([second.status, second.data.id]).toEqual([200, first.data.id]);
    expect(await all()).toHaveLength(1);
    expect((await subscribe(phone, {}, 'bob')).status).toBe(201);
  });

  it.each([
    ['no keys', { endpoint: 'https://push.example.org/x' }, 'data.push.keys'],
    [
      'keys that are none',
      { endpoint: 'https://push.example.org/x', keys: { p256dh: 'a', auth: 'b' } },
      'data.push.keys',
    ],
    ['no endpoint', { keys: {} }, 'data.push.endpoint'],
  ])('are refused with %s', async (_, push, name) => {
    const body = { data: { push, triggers: { '/buckets': ['write'] } } };
    const answer = await scene.server.request('POST', WEBPUSH, { body: body as JsonObject });
    expect([answer.status, answer.json.errno]).toEqual([400, 107]);
    expect(answer.json.details).toMatchObject([{ name }]);
  });

  it.each([404, 410])('are deleted when the push service answers %i', async (status) => {
    service.answer('phone', { status });
    await subscribe(service.subscribe('phone'));
    const laptop = service.subscribe('laptop');
    await subscribe(laptop);
    await scene.put('r1');
    await until(async () => expect(await all()).toHaveLength(1));
    await scene.put('r2');
    // What changes while a message is on its way comes together.
    const ids = () => service.textsOf(laptop).flatMap((text) => (text as { ids: string[] }).ids);
    await until(() => expect(ids()).toEqual(['r1', 'r2']));
    expect(service.requests.filter((each) => each.startsWith('phone'))).toEqual([`phone ${status}`]);
  });

  it('are tried again while the push service fails, and tell of it', async () => {
    service.answer('phone', { status: 500 }, 'cut');
    const made = await subscribe(service.subscribe('phone'));
    await scene.put('r1');
    await until(() => expect(service.told).toEqual(['phone']));
    await until(async () => expect(await all()).toMatchObject([{ id: made.data.id, state: 'active' }]));
    expect((await all())[0]).toHaveProperty('last_error');
  });

  it('are told only what their owner may read', async () => {
    const phone = service.subscribe('phone');
    await subscribe(phone, {}, 'bob');
    await subscribe(service.subscribe('laptop'));
    await scene.put('r1');
    await until(() => expect(service.told).toEqual(['laptop']));
    await scene.server.request('PATCH', '/v1/buckets/blog', {
      body: { permissions: { read: ['system.Authenticated'] } },
    });
    await scene.put('r2');
    await until(() => expect(service.textsOf(phone)).toMatchObject([{ ids: ['r2'] }]));
  });

  it('are tested at once', async () => {
    const phone = service.subscribe('phone');
    const { data } = await subscribe(phone);
    const answer = await scene.server.request('POST', `${WEBPUSH}/${data.id as string}/test`);
    expect(answer.data).toMatchObject({ result: 'delivered' });
    expect(service.textsOf(phone)).toMatchObject([{ v: 1, test: true }]);
  });

  it('are deleted when nobody has renewed them in time', async () => {
    await scene.close();
    scene = await NotificationsScene.open(`${INI}kinto.notifications.subscription_ttl = 1`);
    await subscribe(service.subscribe('phone'));
    await until(async () => {
      await scene.put('r1');
      expect(await all()).toHaveLength(0);
    });
  });
});
