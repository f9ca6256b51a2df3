import { Places } from '../../src/plugins/notifications/delivery/places.js';
import { subscriptionReads } from '../../src/plugins/notifications/reads/subscription-reads.js';
import type { JsonObject } from '../../src/wire/json.js';
import { NotificationsScene, RECORDS, until, verified, WEBHOOKS } from './notifications-server.js';

const BOTH = { [RECORDS]: ['read', 'write'] };

describe('Webhooks of users, when something else happens meanwhile', () => {
  let scene: NotificationsScene;
  beforeEach(async () => {
    scene = await NotificationsScene.open();
    await scene.put('r1');
  });
  afterEach(() => scene.close());

  const read = (id: string) => scene.server.request('GET', `/v1${RECORDS}/${id}`);
  const patch = (id: string, data: JsonObject) =>
    scene.server.request('PATCH', `${WEBHOOKS}/${id}`, { body: { data } });
  const readsTold = () =>
    scene.receiver.received.flatMap((each) => ((verified(each).reads ?? []) as JsonObject[]).map(({ uri }) => uri));
  const cursors = () =>
    scene.server.storage.read(({ sql }) =>
      sql.all<{ change_id: number }>("SELECT change_id FROM cursors WHERE consumer LIKE 'notification:%'"),
    );

  it('tell nothing more when the database has been emptied, neither changes nor reads', async () => {
    await scene.hook({ triggers: BOTH });
    await scene.put('r2');
    await until(() => expect(scene.told()).toEqual(['create enter r2']));
    expect((await scene.server.request('POST', '/v1/__flush__')).status).toBe(202);
    await scene.server.request('PUT', '/v1/buckets/blog');
    await scene.server.request('PUT', '/v1/buckets/blog/collections/articles');
    await scene.put('r1');
    await read('r1');
    // Whoever is told afterwards has been looked at after it.
    await scene.hook({ triggers: { [RECORDS]: ['read'] }, url: `${scene.receiver.url}/other` });
    await until(async () => {
      await read('r1');
      expect(scene.receiver.received.some(({ path }) => path === '/other')).toBe(true);
    });
    expect(scene.receiver.received.filter(({ path }) => path === '/hook')).toHaveLength(1);
    await until(async () => expect(await cursors()).toEqual([]));
  });

  it('say in the first changes, and not in reads, that others have passed by', async () => {
    const id = await scene.hook({ triggers: BOTH });
    await patch(id, { active: false });
    await scene.put('r2');
    await patch(id, { active: true });
    await read('r1');
    await until(() => expect(readsTold()).toEqual([`${RECORDS}/r1`]));
    await scene.put('r3');
    await until(() => expect(scene.told()).toEqual(['create enter r3']));
    expect(scene.receiver.received.map((each) => verified(each).resumed)).toEqual([undefined, true]);
  });

  it('drop reads that wait and are not wanted any more', async () => {
    await scene.put('r2');
    scene.receiver.reactions.push({ status: 503 }, { status: 503 });
    const id = await scene.hook({ triggers: { [RECORDS]: ['read'] } });
    await read('r1');
    await until(() => expect(scene.receiver.received.length).toBeGreaterThan(0));
    await patch(id, { triggers: { [`${RECORDS}/r2`]: ['read'] } });
    const before = readsTold().length;
    await read('r2');
    await until(() => expect(readsTold().slice(before)).toContain(`${RECORDS}/r2`));
    // A try that was under way when it was narrowed may still have ended.
    expect(readsTold().slice(before + 1)).not.toContain(`${RECORDS}/r1`);
    expect(readsTold().at(-1)).toBe(`${RECORDS}/r2`);
  });

  it('drop all that wait when no reads are wanted any more, also should they be wanted again', async () => {
    scene.receiver.hold();
    const id = await scene.hook({ triggers: { [RECORDS]: ['read'] } });
    await read('r1');
    await until(() => expect(scene.receiver.received.length).toBeGreaterThan(0));
    await patch(id, { triggers: { [RECORDS]: ['write'] } });
    const waiting = () => scene.server.storage.read((view) => subscriptionReads.withWaiting(view));
    expect(await waiting()).toEqual([]);
    scene.receiver.release();
  });

  it('do not keep the log while only reads fail', async () => {
    for (let tries = 0; tries < 500; tries += 1) scene.receiver.reactions.push({ status: 503 });
    await scene.hook({ triggers: { [RECORDS]: ['read'] } });
    await read('r1');
    await until(async () => expect(await cursors()).toHaveLength(1));
    const [before] = await cursors();
    await scene.put('r2');
    await until(async () => expect((await cursors())[0]!.change_id).toBeGreaterThan(before!.change_id));
  });

  it('are told one thing at a time, and a replay is not lost, when it is asked for while reads begin', async () => {
    const id = await scene.hook({ triggers: BOTH });
    for (const title of ['a', 'b', 'c']) await scene.put('r1', { title });
    await until(() => expect(scene.changesTold()).toHaveLength(3));
    await until(async () => expect(await cursors()).toEqual([]));
    const { position } = scene.changesTold()[0]!;
    scene.receiver.received.length = 0;
    scene.receiver.hold();

    // The place of the reads takes as long as in a busy database: meanwhile comes the replay.
    // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called on whichever there is
    const { write } = Places.prototype;
    let isAsked = false;
    Places.prototype.write = async function (this: Places, ...parameters) {
      await write.apply(this, parameters);
      if (isAsked || parameters[1].size === 0) return;
      isAsked = true;
      await scene.server.request('POST', `${WEBHOOKS}/${id}/replay`, { body: { position: position! } });
      await new Promise((resolve) => setTimeout(resolve, 300));
    };
    try {
      await read('r1');
      await until(() => expect(isAsked).toBe(true));
      await until(() => expect(scene.receiver.received.length).toBeGreaterThan(0));
      scene.receiver.release();
      await until(() => {
        expect(scene.changesTold().slice(-2)).toMatchObject([{ data: { title: 'b' } }, { data: { title: 'c' } }]);
        expect(readsTold().length).toBeGreaterThan(0);
      });
      expect(scene.receiver.mostAtOnce).toBe(1);
    } finally {
      Places.prototype.write = write;
    }
    await until(async () => expect(await cursors()).toEqual([]));
  });
});

describe('What is noted of reads', () => {
  const of = { kind: 'webhook', owner: 'basicauth:x', id: 'hook' } as const;
  let scene: NotificationsScene;
  beforeEach(async () => {
    scene = await NotificationsScene.open();
    await scene.server.storage.write((unit) =>
      unit.createObject({ parentId: of.owner, resourceName: of.kind }, of.id, { owner: of.owner }),
    );
  });
  afterEach(() => scene.close());

  const add = (reads: Record<string, number>, most = 100) =>
    scene.server.storage.write((unit) =>
      subscriptionReads.add(
        unit,
        of,
        Object.entries(reads).map(([uri, at]) => ({ uri, at })),
        most,
      ),
    );
  const waiting = () => scene.server.storage.read((view) => subscriptionReads.waiting(view, of));
  const passAll = async () => {
    const reads = await waiting();
    await scene.server.storage.write((unit) => subscriptionReads.pass(unit, of, reads));
  };

  it('is one read of each object until a minute after the one that was told', async () => {
    const now = Date.now();
    expect([...(await add({ '/a': now - 50_000 }))]).toEqual([['/a', now + 10_000]]);
    await passAll();
    // Another server learns by it how long that one counts.
    expect([...(await add({ '/a': now - 1 }))]).toEqual([['/a', now + 10_000]]);
    expect(await waiting()).toEqual([]);
    await add({ '/a': now + 10_000 });
    expect(await waiting()).toEqual([{ uri: '/a', at: now + 10_000 }]);
  });

  it('goes on when the clock was set back', async () => {
    const now = Date.now();
    await add({ '/a': now });
    await passAll();
    await add({ '/a': now - 3_600_000 });
    expect(await waiting()).toHaveLength(1);
  });

  it('is no more than the setting says in a minute, and what was left out is not known', async () => {
    const now = Date.now();
    const covered = await add({ '/a': now, '/b': now, '/c': now }, 2);
    expect([...covered.keys()]).toEqual(['/a', '/b']);
    await passAll();
    expect([...(await add({ '/c': now }, 2)).keys()]).toEqual([]);
    expect([...(await add({ '/c': now }, 3)).keys()]).toEqual(['/c']);
  });

  it('is nothing of a subscription that is not there', async () => {
    await scene.server.storage.write(async (unit) => {
      const list = { parentId: of.owner, resourceName: of.kind };
      await unit.deleteObject(list, (await unit.findObject(list, of.id))!);
    });
    expect([...(await add({ '/a': Date.now() }))]).toEqual([]);
    expect(await waiting()).toEqual([]);
  });
});
