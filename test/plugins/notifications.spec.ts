import type { JsonObject } from '../../src/wire/json.js';
import { FakeReceiver } from '../support/fake-receiver.js';
import { USER_IDS } from '../support/server.js';
import { NotificationsScene, RECORDS, until, verified, WEBHOOKS } from './notifications-server.js';

describe('Webhooks of users', () => {
  let scene: NotificationsScene;

  beforeEach(async () => {
    scene = await NotificationsScene.open();
  });
  afterEach(() => scene.close());

  describe('are kept', () => {
    it('for each user alone, without the secret', async () => {
      const id = await scene.hook();
      const mine = await scene.server.request('GET', WEBHOOKS);
      expect(mine.ids).toEqual([id]);
      expect(mine.text).not.toContain('whsec_');
      expect(mine.list[0]).toMatchObject({ state: 'active', failures: 0, triggers: { [RECORDS]: ['write'] } });
      expect(mine.list[0]).not.toHaveProperty('owner');
      expect((await scene.server.request('GET', WEBHOOKS, { auth: 'bob' })).list).toEqual([]);
      for (const method of ['GET', 'DELETE']) {
        expect((await scene.server.request(method, `${WEBHOOKS}/${id}`, { auth: 'bob' })).status).toBe(404);
      }
    });

    it('with a secret that is shown this once where none was given', async () => {
      const body = { data: { url: `${scene.receiver.url}/`, triggers: { '/buckets': ['create'] } } };
      const made = await scene.server.request('POST', WEBHOOKS, { body });
      expect(made.status).toBe(201);
      const secret = made.data.secret as string;
      expect(secret).toMatch(/^whsec_/);
      expect(await scene.shown(made.data.id as string)).not.toHaveProperty('secret');
      await scene.server.request('PUT', '/v1/buckets/more');
      await until(() => expect(scene.receiver.received).toHaveLength(1));
      expect(verified(scene.receiver.received[0]!, secret).changes[0]).toMatchObject({ uri: '/buckets/more' });
    });

    it('with the secret they had when they are written without it', async () => {
      const id = await scene.hook();
      const body = { data: { triggers: { '/buckets/*': ['update'] } } };
      const patched = await scene.server.request('PATCH', `${WEBHOOKS}/${id}`, { body });
      expect(patched.status).toBe(200);
      expect(patched.text).not.toContain('whsec_');
      await scene.server.request('PATCH', '/v1/buckets/blog', { body: { data: { a: 1 } } });
      await until(() => expect(scene.receiver.received).toHaveLength(1));
      expect(verified(scene.receiver.received[0]!).changes[0]).toMatchObject({ resource: 'bucket', action: 'update' });
    });

    it('so that no listener, log or filter shows what is in them', async () => {
      await scene.hook();
      const logged = (await scene.server.newLogged()).filter(({ list }) => list.resourceName === 'webhook');
      expect(logged).toHaveLength(1);
      expect(JSON.stringify(logged)).not.toContain(scene.receiver.url);
      expect(JSON.stringify(logged)).not.toContain('whsec_');
      for (const query of ['?secret=whsec_a', '?_sort=secret', '?min_secret=a']) {
        expect((await scene.server.request('GET', WEBHOOKS + query)).status).toBe(400);
      }
    });

    it('for nobody who is not logged in', async () => {
      for (const [method, path] of [
        ['GET', ''],
        ['POST', ''],
        ['GET', '/x'],
        ['DELETE', '/x'],
        ['GET', '/x/deliveries'],
        ['POST', '/x/test'],
        ['POST', '/x/replay'],
      ]) {
        const answer = await scene.server.request(method!, WEBHOOKS + path, { auth: null });
        expect([method, path, answer.status, answer.json.errno]).toEqual([method, path, 401, 104]);
      }
    });

    it('only while a user has not too many', async () => {
      await scene.close();
      scene = await NotificationsScene.open('kinto.notifications.max_per_user = 1');
      await scene.hook();
      await expect(scene.hook()).rejects.toThrow('"errno":121');
      await scene.hook({}, 'bob');
    });

    it('under the capability that tells of them', async () => {
      const { capabilities } = (await scene.server.request('GET', '/v1/')).json as { capabilities: JsonObject };
      expect(capabilities.webhooks).toMatchObject({ limits: { subscriptions: 20, triggers: 50 } });
      expect(capabilities).not.toHaveProperty('webpush');
    });
  });

  it.each([
    ['no URL', { url: 'nonsense' }, 'data.url'],
    ['a URL of another kind', { url: 'ftp://example.org/' }, 'data.url'],
    ['a URL with a password', { url: 'https://me:pass@example.org/' }, 'data.url'],
    ['a secret that is too short', { secret: 'short' }, 'data.secret'],
    ['no trigger at all', { triggers: {} }, 'data.triggers'],
    ['triggers that are a list', { triggers: ['/buckets'] }, 'data.triggers'],
    ['another root', { triggers: { '/accounts': ['write'] } }, 'data.triggers'],
    ['records of a group', { triggers: { '/buckets/b/groups/g/records': ['write'] } }, 'data.triggers'],
    ['another action', { triggers: { '/buckets/b': ['write', 'shout'] } }, 'data.triggers'],
    ['an action behind a good one', { triggers: { '/buckets/b': ['write'], '/buckets/c': [] } }, 'data.triggers'],
    ['a filter of a page', { filter: { _limit: 1 } }, 'data.filter'],
    ['a switch that is a text', { active: 'yes' }, 'data.active'],
  ])('are refused with %s', async (_, data, name) => {
    const body = { data: { url: scene.receiver.url, triggers: { '/buckets': ['write'] }, ...data } };
    const answer = await scene.server.request('POST', WEBHOOKS, { body: body as JsonObject });
    expect([answer.status, answer.json.errno]).toEqual([400, 107]);
    expect(answer.json.details).toMatchObject([{ location: 'body', name }]);
  });

  describe('are told', () => {
    it('what is created, updated and deleted, in order, signed', async () => {
      await scene.hook();
      await scene.put('r1', { title: 'one' });
      await scene.put('r1', { title: 'two' });
      await scene.remove('r1');
      await until(() => expect(scene.told()).toEqual(['create enter r1', 'update stay r1', 'delete leave r1']));
      const first = verified(scene.receiver.received[0]!);
      expect(first.changes[0]).toMatchObject({
        ...{ uri: `${RECORDS}/r1`, resource: 'record', action: 'create', data: { id: 'r1', title: 'one' } },
      });
      expect(scene.receiver.received[0]!.headers['webhook-id']).toBe(first.delivery);
      const last = verified(scene.receiver.received.at(-1)!);
      expect(last.changes.at(-1)!.position).toBe(last.position);
      expect(last.changes.at(-1)!.data).toMatchObject({ deleted: true });
    });

    it('what their triggers name and nothing else', async () => {
      await scene.hook({
        triggers: { '/buckets/blog/collections/*/records/r1': ['update'], '/buckets/*': ['delete'] },
      });
      await scene.put('r1');
      await scene.put('r2');
      await scene.put('r2');
      await scene.put('r1');
      await until(() => expect(scene.told()).toEqual(['update stay r1']));
      await scene.server.request('DELETE', '/v1/buckets/blog');
      await until(() => expect(scene.told()).toEqual(['update stay r1', 'delete leave blog']));
    });

    it('everything below where a pattern goes deep', async () => {
      await scene.hook({ triggers: { '/buckets/blog/**': ['create'] } });
      await scene.server.request('PUT', '/v1/buckets/blog/groups/g', { body: { data: { members: [] } } });
      await scene.put('r1');
      await until(() => expect(scene.told()).toEqual(['create enter g', 'create enter r1']));
    });

    it('what fits the filter, and that it does no more', async () => {
      await scene.hook({ filter: { status: 'published' } });
      await scene.put('r1', { status: 'draft' });
      await scene.put('r1', { status: 'published' });
      await scene.put('r1', { status: 'gone' });
      await scene.put('r1', { status: 'draft' });
      await scene.put('r2', { status: 'published' });
      await until(() => expect(scene.told()).toEqual(['update enter r1', 'update leave r1', 'create enter r2']));
      const left = scene.receiver.received.map((each) => verified(each).changes).flat()[1]!;
      expect(left.data).toEqual({ id: 'r1' });
    });

    it('of the default bucket by its own name', async () => {
      await scene.hook({ triggers: { '/buckets/default/collections/tasks/records': ['create'] } });
      await scene.server.request('PUT', '/v1/buckets/default/collections/tasks/records/t1', { body: { data: {} } });
      await until(() => expect(scene.told()).toEqual(['create enter t1']));
    });

    it('nothing of the data where they do not want it', async () => {
      await scene.hook({ include_data: false });
      await scene.put('r1', { title: 'one' });
      await until(() => expect(scene.told()).toEqual(['create enter r1']));
      expect(scene.receiver.received[0]!.body).not.toContain('title');
    });

    it('what an object was before, where they want that and could see it', async () => {
      await scene.hook({ include_old: true, filter: { status: 'published' } });
      await scene.put('r1', { status: 'draft' });
      await scene.put('r1', { status: 'published', title: 'one' });
      await scene.put('r1', { status: 'published', title: 'two' });
      await scene.server.request('DELETE', `/v1${RECORDS}/r1`);
      await until(() => expect(scene.told()).toEqual(['update enter r1', 'update stay r1', 'delete leave r1']));
      const changes = scene.receiver.received.flatMap((each) => verified(each).changes);
      const titles = changes.map(({ old }) => (old as { title?: string } | undefined)?.title);
      expect(titles).toEqual([undefined, 'one', 'two']);
    });

    it('nothing from before they were made, while they are not active, or once they are deleted', async () => {
      await scene.put('r0');
      const id = await scene.hook();
      await scene.put('r1');
      await until(() => expect(scene.told()).toEqual(['create enter r1']));
      await scene.server.request('PATCH', `${WEBHOOKS}/${id}`, { body: { data: { active: false } } });
      await scene.put('r2');
      await scene.server.request('PATCH', `${WEBHOOKS}/${id}`, { body: { data: { active: true } } });
      await scene.put('r3');
      await until(() => expect(scene.told()).toEqual(['create enter r1', 'create enter r3']));
      expect(verified(scene.receiver.received[1]!).resumed).toBe(true);
      await scene.server.request('DELETE', `${WEBHOOKS}/${id}`);
      const other = await FakeReceiver.open();
      await scene.hook({}, 'mat', other);
      await scene.put('r4');
      await until(() => expect(scene.told(other)).toEqual(['create enter r4']));
      expect(scene.told()).toHaveLength(2);
      await other.close();
    });
  });

  describe('obey permissions', () => {
    const shared = { read: [USER_IDS.bob] };

    it('as they are when a message is sent', async () => {
      await scene.hook({}, 'bob');
      await scene.put('r1');
      await scene.put('r2', {}, shared);
      await scene.put('r3');
      await until(() => expect(scene.told()).toEqual(['create enter r2']));
    });

    it('and tell once, by id alone, that an object can be read no more', async () => {
      await scene.hook({}, 'bob');
      await scene.put('r1', { title: 'mine' }, shared);
      await until(() => expect(scene.told()).toEqual(['create enter r1']));
      await scene.put('r1', { title: 'secret' }, { read: [] });
      await scene.put('r1', { title: 'more' });
      await scene.put('r2', {}, shared);
      await until(() => {
        expect(scene.told()).toEqual(['create enter r1', 'update leave r1', 'create enter r2']);
      });
      expect(scene.receiver.received.map(({ body }) => body).join()).not.toMatch(/secret|more/);
    });

    it('for a try that comes late: what is not theirs any more is not sent', async () => {
      scene.receiver.reactions.push({ status: 503 }, { status: 503 });
      scene.receiver.hold();
      await scene.hook({}, 'bob');
      await scene.put('r1', { title: 'mine' }, shared);
      await until(() => expect(scene.receiver.received).toHaveLength(1));
      await scene.server.request('PUT', '/v1/buckets/blog/collections/articles/records/r1', {
        body: { data: { title: 'mine' }, permissions: { read: [] } },
      });
      scene.receiver.release();
      await scene.put('r2', {}, shared);
      await until(() => expect(scene.told().at(-1)).toBe('create enter r2'));
      expect(scene.told().filter((each) => each === 'create enter r1')).toHaveLength(1);
    });

    it('and come back when the permission does', async () => {
      await scene.hook({}, 'bob');
      const share = (read: string[]) =>
        scene.server.request('PATCH', '/v1/buckets/blog', { body: { permissions: { read } } });
      await scene.put('r1');
      await share([USER_IDS.bob]);
      await scene.put('r2');
      await until(() => expect(scene.told()).toContain('create enter r2'));
      await share([]);
      const own = await FakeReceiver.open();
      await scene.hook({}, 'mat', own);
      await scene.put('r3');
      await until(() => expect(scene.told(own)).toEqual(['create enter r3']));
      await share([USER_IDS.bob]);
      await scene.put('r4');
      await until(() => expect(scene.told()).toContain('create enter r4'));
      await own.close();
    });
  });
});
