import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '../../src/wire/json.js';
import { FakeReceiver } from '../support/fake-receiver.js';
import { NotificationsScene, RECORDS, SECRET, until, verified, WEBHOOKS } from './notifications-server.js';

/** Each with the one that the receiver was told of before, of the same list. */
function expectChain(changes: readonly JsonObject[]): void {
  const last = new Map<string, unknown>();
  for (const { uri, position, previous } of changes) {
    const list = (uri as string).replace(/\/[^/]*$/, '');
    expect({ uri, previous }).toEqual({ uri, previous: last.get(list) });
    last.set(list, position);
  }
}

describe('The change before, in the changes of webhooks', () => {
  let scene: NotificationsScene;

  beforeEach(async () => {
    scene = await NotificationsScene.open();
  });
  afterEach(() => scene.close());

  const changes = (receiver?: FakeReceiver) => scene.changesTold(receiver);

  it('is named of each list on its own, over all messages, and by none that begins', async () => {
    await scene.hook({ triggers: { '/buckets/blog/**': ['write'] } });
    await scene.server.request('PUT', '/v1/buckets/blog/collections/drafts');
    const batch = ['articles', 'drafts', 'articles'].map((collection, index) => ({
      method: 'PUT',
      path: `/v1/buckets/blog/collections/${collection}/records/b${index}`,
    }));
    await scene.put('r1');
    await scene.server.request('POST', '/v1/batch', { body: { requests: batch } });
    await scene.put('r1', { title: 'again' });
    await scene.remove('r1');
    await until(() => expect(changes()).toHaveLength(7));
    expectChain(changes());
    const ofArticles = changes().filter(({ uri }) => (uri as string).startsWith(RECORDS));
    expect(ofArticles.map((each) => 'previous' in each)).toEqual([false, true, true, true, true]);
  });

  it('is the last that was told: what a filter left out is no gap', async () => {
    await scene.hook({ filter: { title: 'wanted' } });
    await scene.put('r1', { title: 'wanted' });
    await scene.put('r2', { title: 'other' });
    await scene.put('r3', { title: 'wanted' });
    await until(() => expect(scene.told()).toEqual(['create enter r1', 'create enter r3']));
    expectChain(changes());
    const [first, second] = changes();
    expect(second!.previous).toBe(first!.position);
  });

  it('is the same at each try, and shows a gap behind a message that was refused', async () => {
    scene.receiver.reactions.push({ status: 204 }, { status: 500 }, { status: 422 });
    await scene.hook();
    await scene.put('r1');
    await until(() => expect(changes()).toHaveLength(1));
    await scene.put('r2');
    await until(() => expect(changes()).toHaveLength(3));
    await scene.put('r3');
    await until(() => expect(changes()).toHaveLength(4));
    const [r1, tried, refused, after] = changes();
    expect([tried!.previous, refused!.previous]).toEqual([r1!.position, r1!.position]);
    // The receiver is still at r1.
    expect(after!.previous).toBe(refused!.position);
  });

  it('is none where a replay begins, and goes on behind it', async () => {
    const id = await scene.hook();
    await scene.put('r1');
    await scene.put('r2');
    await scene.put('r3');
    await until(() => expect(changes()).toHaveLength(3));
    const { position } = changes()[0]!;
    scene.receiver.received.length = 0;
    const replay = { body: { position: position! } };
    expect((await scene.server.request('POST', `${WEBHOOKS}/${id}/replay`, replay)).status).toBe(202);
    await until(() => expect(scene.told()).toEqual(['create enter r2', 'create enter r3']));
    await scene.put('r4');
    await until(() => expect(changes()).toHaveLength(3));
    expectChain(changes());
    expect(changes()[0]).not.toHaveProperty('previous');
  });

  it('is none where a webhook begins again', async () => {
    const data = { url: `${scene.receiver.url}/hook`, secret: SECRET, triggers: { [RECORDS]: ['write'] } };
    const put = () => scene.server.request('PUT', `${WEBHOOKS}/mine`, { body: { data } });
    await put();
    await scene.put('r1');
    await until(() => expect(changes()).toHaveLength(1));
    await scene.server.request('DELETE', `${WEBHOOKS}/mine`);
    await put();
    await scene.put('r2');
    await until(() => expect(changes()).toHaveLength(2));
    expect(changes()[1]).not.toHaveProperty('previous');
  });

  it('is none after changes have passed by, of which the message says so', async () => {
    const id = await scene.hook();
    await scene.put('r1');
    await until(() => expect(changes()).toHaveLength(1));
    const switched = (active: boolean) =>
      scene.server.request('PATCH', `${WEBHOOKS}/${id}`, { body: { data: { active } } });
    await switched(false);
    await scene.put('r2');
    await switched(true);
    await scene.put('r3');
    await until(() => expect(scene.told()).toEqual(['create enter r1', 'create enter r3']));
    expect(verified(scene.receiver.received[1]!).resumed).toBe(true);
    expect(changes()[1]).not.toHaveProperty('previous');
  });
});

describe('The change before, when the webhook is written again', () => {
  let scene: NotificationsScene;
  let id: string;
  beforeEach(async () => {
    scene = await NotificationsScene.open();
    await scene.server.request('PUT', '/v1/buckets/blog/collections/drafts');
    id = await scene.hook({ triggers: { '/buckets/blog/**': ['write'] } });
    await scene.put('r1');
    await until(() => expect(scene.changesTold()).toHaveLength(1));
  });
  afterEach(() => scene.close());

  const patch = (data: JsonObject) => scene.server.request('PATCH', `${WEBHOOKS}/${id}`, { body: { data } });

  it('is not the one before those that have passed by', async () => {
    await patch({ active: false });
    await scene.put('r2');
    await patch({ active: true });
    await scene.server.request('PUT', '/v1/buckets/blog/collections/drafts/records/d1');
    await until(() => expect(scene.changesTold()).toHaveLength(2));
    await patch({ include_old: true });
    await scene.put('r3');
    await until(() => expect(scene.changesTold()).toHaveLength(3));
    expect(scene.changesTold()[2]).not.toHaveProperty('previous');
  });

  it('stays known, also after a replay', async () => {
    const { position } = scene.changesTold()[0]!;
    await scene.put('r2');
    await until(() => expect(scene.changesTold()).toHaveLength(2));
    await scene.server.request('POST', `${WEBHOOKS}/${id}/replay`, { body: { position: position! } });
    await until(() => expect(scene.changesTold()).toHaveLength(3));
    await patch({ include_old: true });
    await scene.put('r3');
    await until(() => expect(scene.changesTold()).toHaveLength(4));
    const [, , again, after] = scene.changesTold();
    expect(again).not.toHaveProperty('previous');
    expect(after!.previous).toBe(again!.position);
  });
});

describe('The change before, over a restart', () => {
  it('is known to the next server', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kumocast-previous-'));
    const ini = `kinto.storage_backend = sqlite\nkinto.storage_url = ${join(folder, 'data.sqlite')}`;
    const receiver = await FakeReceiver.open();
    for (const id of ['r1', 'r2', 'r3']) {
      const scene = await NotificationsScene.open(ini);
      if (id === 'r1') await scene.hook({}, 'mat', receiver);
      await scene.put(id);
      await until(() => expect(scene.told(receiver).at(-1)).toBe(`create enter ${id}`));
      await scene.close();
    }
    const changes = receiver.received.flatMap((request) => verified(request).changes);
    expect(changes.filter(({ previous }) => previous !== undefined).length).toBeGreaterThanOrEqual(2);
    expectChain(distinct(changes));
    await receiver.close();
    rmSync(folder, { recursive: true });
  });
});

/** What was under way when a server ended may have come twice. */
function distinct(changes: readonly JsonObject[]): JsonObject[] {
  return [...new Map(changes.map((change) => [change.position, change])).values()];
}
