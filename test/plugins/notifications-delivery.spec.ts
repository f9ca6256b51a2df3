import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeReceiver } from '../support/fake-receiver.js';
import { startTestServer } from '../support/server.js';
import { NotificationsScene, until, verified, WEBHOOKS } from './notifications-server.js';

describe('Webhooks of users, when something fails', () => {
  let scene: NotificationsScene;
  let other: FakeReceiver;

  beforeEach(async () => {
    other = await FakeReceiver.open();
    scene = await NotificationsScene.open('kinto.notifications.give_up_after = 86400');
  });
  afterEach(async () => {
    await scene.close();
    await other.close();
  });

  it('are sent again until they arrive, under the same id, in order', async () => {
    scene.receiver.reactions.push({ status: 500 }, 'cut', { status: 404 });
    const id = await scene.hook();
    await scene.put('r1');
    await until(() => expect(scene.receiver.received.length).toBeGreaterThan(0));
    await scene.put('r2');
    const told = scene.told.bind(scene);
    const [r1, r2] = ['create enter r1', 'create enter r2'];
    await until(() => expect(told()).toEqual([r1, r1, r1, r1, r2]));
    const ids = scene.receiver.received.map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids.slice(0, 4)).size).toBe(1);
    expect(ids[4]).not.toBe(ids[0]);
    await until(async () => expect(await scene.shown(id)).toMatchObject({ state: 'active', failures: 0 }));
    const shown = await scene.shown(id);
    expect(shown.last_success).toEqual(expect.any(Number));
    expect(shown.last_error).toMatchObject({ code: expect.stringContaining('404') as string });
  });

  it('hold up nobody else while a receiver hangs', async () => {
    scene.receiver.hold();
    await scene.hook();
    await scene.hook({}, 'mat', other);
    await scene.put('r1');
    await scene.put('r2');
    await until(() => expect(scene.told(other)).toEqual(['create enter r1', 'create enter r2']));
    expect(scene.receiver.mostAtOnce).toBe(1);
    scene.receiver.release();
    await until(() => expect(scene.told().at(-1)).toBe('create enter r2'));
  });

  it('tell the deliveries that there were, the newest first', async () => {
    scene.receiver.reactions.push({ status: 503, body: 'not now' });
    const id = await scene.hook();
    await scene.put('r1');
    const deliveries = async () => (await scene.server.request('GET', `${WEBHOOKS}/${id}/deliveries`)).list;
    await until(async () => expect((await deliveries()).map(({ result }) => result)).toEqual(['delivered', 'failed']));
    const [last] = await deliveries();
    expect(last).toMatchObject({ uri: '/buckets/blog/collections/articles', resource: 'record', changes: 1 });
    expect(last!.delivery).toBe(scene.receiver.received[0]!.headers['webhook-id']);
    expect((await scene.server.request('GET', `${WEBHOOKS}/${id}/deliveries`, { auth: 'bob' })).status).toBe(404);
  });

  it('pass over a message that is refused for good', async () => {
    scene.receiver.reactions.push({ status: 422 });
    const id = await scene.hook();
    await scene.put('r1');
    await until(() => expect(scene.receiver.received).toHaveLength(1));
    await scene.put('r2');
    await until(() => expect(scene.told()).toEqual(['create enter r1', 'create enter r2']));
    const { list } = await scene.server.request('GET', `${WEBHOOKS}/${id}/deliveries`);
    expect(list.map(({ result }) => result)).toContain('refused');
  });

  it('are disabled when the receiver is gone, and resume when they are written again', async () => {
    scene.receiver.reactions.push({ status: 410 });
    const id = await scene.hook();
    await scene.put('r1');
    await until(async () => expect(await scene.shown(id)).toMatchObject({ state: 'disabled' }));
    await scene.put('r2');
    await scene.server.request('PATCH', `${WEBHOOKS}/${id}`, { body: { data: { note: 'repaired' } } });
    expect(await scene.shown(id)).toMatchObject({ state: 'active', note: 'repaired' });
    await scene.put('r3');
    await until(() => expect(scene.told()).toEqual(['create enter r1', 'create enter r3']));
    expect(verified(scene.receiver.received[1]!).resumed).toBe(true);
  });

  it('are disabled when they have failed for too long', async () => {
    await scene.close();
    scene = await NotificationsScene.open('kinto.notifications.give_up_after = 1');
    for (let left = 500; left > 0; left--) scene.receiver.reactions.push({ status: 500 });
    const id = await scene.hook();
    await scene.put('r1');
    await until(async () => expect(await scene.shown(id)).toMatchObject({ state: 'disabled' }));
  });

  it('are tested at once, with an answer', async () => {
    scene.receiver.reactions.push({ status: 204 }, { status: 500 });
    const id = await scene.hook();
    const test = () => scene.server.request('POST', `${WEBHOOKS}/${id}/test`);
    expect((await test()).data).toMatchObject({ result: 'delivered' });
    expect(verified(scene.receiver.received[0]!)).toMatchObject({ test: true, changes: [] });
    expect((await test()).data).toMatchObject({ result: 'failed', reason: expect.stringContaining('500') as string });
    expect((await scene.server.request('POST', `${WEBHOOKS}/${id}/test`, { auth: 'bob' })).status).toBe(404);
  });

  it('are replayed from a position that was told', async () => {
    const id = await scene.hook();
    for (const record of ['r1', 'r2', 'r3']) await scene.put(record);
    await until(() => expect(scene.told().at(-1)).toBe('create enter r3'));
    const first = scene.receiver.received.flatMap((each) => verified(each).changes)[0]!;
    scene.receiver.received.length = 0;
    const replay = (body: { position: string }) => scene.server.request('POST', `${WEBHOOKS}/${id}/replay`, { body });
    expect((await replay({ position: first.position as string })).status).toBe(202);
    await until(() => expect(scene.told()).toEqual(['create enter r2', 'create enter r3']));
    for (const position of ['nonsense', 'aaaa.1.0000']) {
      const answer = await replay({ position });
      expect([answer.status, answer.json.errno]).toEqual([400, 107]);
    }
    await scene.put('r4');
    await until(() => expect(scene.told().at(-1)).toBe('create enter r4'));
  });
});

describe('Webhooks of users, by default', () => {
  it('call no address inside', async () => {
    const server = await startTestServer({ ini: 'kinto.includes = kumocast.plugins.notifications' });
    try {
      for (const host of [
        'https://127.0.0.1',
        'https://10.0.0.1',
        'https://[::1]',
        'https://localhost',
        'http://example.org',
      ]) {
        const body = { data: { url: `${host}/hook`, triggers: { '/buckets': ['write'] } } };
        const answer = await server.request('POST', WEBHOOKS, { body });
        expect([host, answer.status, answer.json.errno]).toEqual([host, 400, 107]);
      }
    } finally {
      await server.close();
    }
  });
});

describe('Webhooks of users, over a restart', () => {
  let folder: string;
  let receiver: FakeReceiver;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kumocast-notifications-'));
    receiver = await FakeReceiver.open();
  });
  afterEach(async () => {
    await receiver.close();
    rmSync(folder, { recursive: true });
  });

  it('arrive though the server ended before they could be sent', async () => {
    const ini = `kinto.storage_backend = sqlite\nkinto.storage_url = ${join(folder, 'data.sqlite')}`;
    const before = await NotificationsScene.open(ini);
    before.receiver.hold();
    await before.hook({}, 'mat', receiver);
    const silent = await before.hook();
    await before.put('r1');
    await until(() => expect(before.told(receiver)).toEqual(['create enter r1']));
    await before.server.request('DELETE', `${WEBHOOKS}/${silent}`);
    receiver.hold();
    await before.put('r2');
    await before.put('r3');
    await before.close();
    receiver.release();
    receiver.received.length = 0;

    const after = await NotificationsScene.open(ini);
    await until(() => expect(after.told(receiver)).toEqual(['create enter r2', 'create enter r3']));
    await after.put('r4');
    await until(() => expect(after.told(receiver).at(-1)).toBe('create enter r4'));
    await after.close();
    expect(after.receiver.received).toHaveLength(0);
  });
});
