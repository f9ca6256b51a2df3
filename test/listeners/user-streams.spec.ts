import type { JsonObject } from '../../src/wire/json.js';
import { basicAuth, startTestServer, USER_IDS, type Answer, type TestServer } from '../support/server.js';
import { until } from './support/json-socket.js';
import { USER_STREAMS_INI, UserStreamClient } from './support/user-stream-client.js';

const COLLECTION = '/v1/buckets/blog/collections/articles';
const RECORDS = `${COLLECTION}/records`;

let server: TestServer;

async function put(path: string, data: JsonObject, permissions?: JsonObject): Promise<Answer> {
  const answer = await server.request('PUT', path, {
    body: permissions === undefined ? { data } : { data, permissions },
  });
  if (answer.status >= 300) throw new Error(answer.text);
  return answer;
}

async function share(permissions: JsonObject): Promise<void> {
  const answer = await server.request('PATCH', COLLECTION, { body: { permissions } });
  if (answer.status !== 200) throw new Error(answer.text);
}

beforeEach(async () => {
  server = await startTestServer({ ini: `${USER_STREAMS_INI}\nkinto.live.heartbeat = 0.25` });
  await put('/v1/buckets/blog', {});
  await put(COLLECTION, {});
});

afterEach(async () => {
  UserStreamClient.closeAll();
  await server.close();
});

describe('A user stream', () => {
  it('begins with a hello that has the id of the connection', async () => {
    const client = await UserStreamClient.greeted(server);
    expect(client.hello).toEqual({
      event: 'hello',
      connection_id: expect.stringMatching(/^u_[\w-]{16}$/) as string,
      ...{ resumed: false, heartbeat: 0.25, resume_for: 300, subscriptions: [] },
    });
  });

  it('tells of a list that is asked for on it, from the very position of the answer', async () => {
    await put(`${RECORDS}/r0`, { title: 'before' });
    const client = await UserStreamClient.greeted(server);
    const answer = await client.follow(RECORDS);
    expect(answer.status).toBe(200);
    expect(answer.ids).toEqual(['r0']);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(answer.headers.get('content-length')).toBe(String(answer.text.length));
    expect(answer.headers.get('access-control-expose-headers')).toContain('Subscription-Id');
    const id = answer.headers.get('subscription-id');
    expect(id).toMatch(/^s_[\w-]{12}$/);
    const written = await put(`${RECORDS}/r1`, { title: 'after' });
    const [frame] = await client.hears(1);
    expect(frame).toEqual({
      ...{ event: 'create', subscription_ids: [id], uri: `${RECORDS.slice(3)}/r1`, resource: 'record' },
      ...{ position: written.headers.get('change-position'), previous: answer.headers.get('change-position') },
      ...{ action: 'create', match: 'enter', timestamp: written.lastModified, last: true, user_id: USER_IDS.mat },
      ...{ request_id: expect.any(String) as string, data: written.data },
    });
  });

  it('loses nothing that is written while the list is asked for', async () => {
    const client = await UserStreamClient.greeted(server);
    const writes = Array.from({ length: 40 }, (_, n) => put(`${RECORDS}/r${n}`, {}));
    const answers = await Promise.all(Array.from({ length: 5 }, (_, n) => client.follow(RECORDS, `s${n}`)));
    await Promise.all(writes);
    await put(`${RECORDS}/last`, {});
    for (const [n, answer] of answers.entries()) {
      const id = `s${n}`;
      const own = () => client.frames.filter(({ subscription_ids: ids }) => (ids as string[]).includes(id));
      while (!own().some(({ data }) => (data as JsonObject).id === 'last'))
        await client.hears(client.frames.length + 1);
      const told = own().map(({ data }) => (data as JsonObject).id as string);
      expect([...answer.ids, ...told].sort()).toEqual(
        [...Array.from({ length: 40 }, (_, i) => `r${i}`), 'last'].sort(),
      );
    }
  });

  it('tells of several lists of any kind', async () => {
    const client = await UserStreamClient.greeted(server);
    await client.follow('/v1/buckets/blog/collections', 'collections');
    await client.follow('/v1/buckets/blog/groups', 'groups');
    await client.follow(RECORDS, 'articles');
    await put('/v1/buckets/blog/collections/photos', {});
    await put('/v1/buckets/blog/groups/g', { members: [] });
    await put(`${RECORDS}/r1`, {});
    await client.hears(3);
    expect(client.told.sort()).toEqual(['create g: groups', 'create photos: collections', 'create r1: articles']);
  });

  it('tells what a list shows: its filters, its fields, and who leaves it', async () => {
    const client = await UserStreamClient.greeted(server);
    await put(`${RECORDS}/r1`, { status: 'open', secret: 1 });
    const answer = await client.follow(`${RECORDS}?status=open&_fields=status&_sort=-id&_limit=5&_since=1`, 'open');
    expect(answer.headers.get('subscription-id')).toBe('open');
    await put(`${RECORDS}/r2`, { status: 'shut' });
    await put(`${RECORDS}/r1`, { status: 'shut', secret: 2 });
    await put(`${RECORDS}/r2`, { status: 'open', secret: 3 });
    const [left, entered] = await client.hears(2);
    expect(left).toMatchObject({ event: 'leave', match: 'leave', data: { id: 'r1' } });
    expect(entered).toMatchObject({ event: 'update', match: 'enter', previous: left!.position });
    expect(entered!.data).toEqual({ id: 'r2', status: 'open', last_modified: expect.any(Number) as number });
  });

  it('tells the state before where it is asked for', async () => {
    const client = await UserStreamClient.greeted(server);
    await put(`${RECORDS}/r1`, { title: 'Helo' });
    await client.follow(`${RECORDS}?_include=old`);
    await put(`${RECORDS}/r1`, { title: 'Hello' });
    const [frame] = await client.hears(1);
    expect(frame).toMatchObject({ old: { title: 'Helo' }, data: { title: 'Hello' } });
  });

  it('resolves the default bucket, and names the real one', async () => {
    const client = await UserStreamClient.greeted(server);
    await client.follow('/v1/buckets/default/collections/tasks/records', 'tasks');
    await put('/v1/buckets/default/collections/tasks/records/t1', {});
    const [frame] = await client.hears(1);
    expect(frame!.uri).toMatch(/^\/buckets\/[0-9a-f-]{36}\/collections\/tasks\/records\/t1$/);
  });

  it('marks by a checkpoint what went by untold', async () => {
    const client = await UserStreamClient.greeted(server);
    const answer = await client.follow(`${RECORDS}?status=open`, 'open');
    const written = await put(`${RECORDS}/r1`, { status: 'shut' });
    const [checkpoint] = await client.hearsEvent('checkpoint');
    expect(checkpoint).toEqual({
      ...{ event: 'checkpoint', subscription_ids: ['open'] },
      ...{ position: written.headers.get('change-position'), previous: answer.headers.get('change-position') },
    });
  });
});

describe('A change that several subscriptions have', () => {
  /** Each of them is told the moment it happens, from now on. @returns where they all are */
  async function warm(client: UserStreamClient, count: number): Promise<unknown> {
    await put(`${RECORDS}/warm`, { status: 'open', words: 5 });
    await until(() => client.frames.flatMap(({ subscription_ids: ids }) => ids).length === count, 'all to be live');
    const { position } = client.frames[0]!;
    client.heard.length = 1;
    return position;
  }

  it('is one frame with all of them', async () => {
    const client = await UserStreamClient.greeted(server);
    await client.follow(RECORDS, 'all');
    await client.follow(`${RECORDS}?status=open`, 'open');
    await client.follow(`${RECORDS}?min_words=3`, 'long');
    await warm(client, 3);
    await put(`${RECORDS}/r1`, { status: 'open', words: 5 });
    await put(`${RECORDS}/r2`, { status: 'shut', words: 1 });
    await client.hears(2);
    expect(client.told).toEqual(['create r1: all open long', 'create r2: all']);
  });

  it('is one frame, too, where one of them has not heard of the last change: it is brought there first', async () => {
    const client = await UserStreamClient.greeted(server);
    await client.follow(RECORDS, 'all');
    await client.follow(`${RECORDS}?status=open`, 'open');
    const previous = await warm(client, 2);
    const requests = ['shut', 'open'].map((status) => {
      return { method: 'PUT', path: `${RECORDS}/${status}`, body: { data: { status } } };
    });
    // In one batch, so that no heartbeat comes between.
    await server.request('POST', '/v1/batch', { body: { requests } });
    const [first, second] = await client.hears(2);
    expect(client.told).toEqual(['create shut: all', 'create open: all open']);
    expect(second!.previous).toBe(first!.position);
    expect(client.ofEvent('checkpoint')).toEqual([
      { event: 'checkpoint', subscription_ids: ['open'], position: first!.position, previous },
    ]);
  });

  it('is told apart where it is not the same to them', async () => {
    const client = await UserStreamClient.greeted(server);
    await put(`${RECORDS}/r1`, { status: 'shut', title: 'x' });
    await client.follow(RECORDS, 'all');
    await client.follow(`${RECORDS}?status=open`, 'open');
    await client.follow(`${RECORDS}?_fields=title`, 'titles');
    await warm(client, 3);
    await put(`${RECORDS}/r1`, { status: 'open', title: 'y' });
    const frames = await client.hears(3);
    const shown = frames.map(({ subscription_ids: ids, match, data }) => {
      return [ids, match, (data as JsonObject).status ?? null];
    });
    expect(shown).toEqual([
      [['all'], 'stay', 'open'],
      [['open'], 'enter', 'open'],
      [['titles'], 'stay', null],
    ]);
  });
});

describe('A list that is asked for on a connection', () => {
  it('is not followed where the answer is a part of it', async () => {
    const client = await UserStreamClient.greeted(server);
    for (const id of ['r1', 'r2', 'r3']) await put(`${RECORDS}/${id}`, {});
    const first = await client.follow(`${RECORDS}?_limit=2`);
    expect(first.ids).toHaveLength(2);
    expect(first.headers.get('subscription-id')).toBeNull();
    const next = new URL(first.headers.get('next-page')!);
    expect(next.searchParams.get('_connection_id')).toBe(client.id);
    const second = await server.request('GET', next.pathname + next.search);
    expect(second.ids).toHaveLength(1);
    const before = await client.follow(`${RECORDS}?_before="${second.etag + 1}"`);
    for (const { headers } of [second, before]) expect(headers.get('subscription-id')).toBeNull();
  });

  it('is not followed where it has not changed', async () => {
    const client = await UserStreamClient.greeted(server);
    const { etag } = await client.follow(RECORDS);
    const answer = await client.follow(RECORDS, 'again', { headers: { 'if-none-match': `"${etag}"` } });
    expect(answer.status).toBe(304);
    expect(answer.headers.get('subscription-id')).toBeNull();
  });

  it('goes on from a position, without the list', async () => {
    const client = await UserStreamClient.greeted(server);
    const position = (await put(`${RECORDS}/r1`, {})).headers.get('change-position')!;
    await put(`${RECORDS}/r2`, {});
    await server.request('DELETE', `${RECORDS}/r1`);
    const answer = await client.follow(`${RECORDS}?_position=${position}`, 'mine');
    expect([answer.status, answer.list]).toEqual([200, []]);
    expect(answer.headers.get('change-position')).toBe(position);
    const [first] = await client.hears(2);
    expect(first!.previous).toBe(position);
    expect(client.told).toEqual(['create r2: mine', 'delete r1: mine']);
  });

  it('begins anew where nobody knows the position any more', async () => {
    const client = await UserStreamClient.greeted(server);
    const answer = await client.follow(`${RECORDS}?_position=abc.7.0123`, 'mine');
    expect(answer.status).toBe(200);
    expect(await client.hearsEvent('reset')).toMatchObject([{ subscription_ids: ['mine'], reason: 'new_history' }]);
    await put(`${RECORDS}/r1`, {});
    expect((await client.hears(1))[0]!.previous).toBe(client.ofEvent('reset')[0]!.position);
  });

  it('takes the place of another under the same id', async () => {
    const client = await UserStreamClient.greeted(server);
    await client.follow(`${RECORDS}?status=open`, 'mine');
    await client.follow(`${RECORDS}?status=shut`, 'mine');
    await put(`${RECORDS}/r1`, { status: 'open' });
    await put(`${RECORDS}/r2`, { status: 'shut' });
    await client.hears(1);
    expect(client.told).toEqual(['create r2: mine']);
  });

  it.each([
    ['an id that is none', { _connection_id: 'u_x' }, '_connection_id'],
    ['an id that is too long', { _subscription_id: 'x'.repeat(65) }, '_subscription_id'],
    ['an id with a slash', { _subscription_id: 'a/b' }, '_subscription_id'],
    ['a position that is none', { _position: '17' }, '_position'],
    ['something to include that there is not', { _include: 'all' }, '_include'],
  ])('is refused with %s', async (_what, given, name) => {
    const client = await UserStreamClient.greeted(server);
    const query = new URLSearchParams({ _connection_id: client.id, ...given });
    const answer = await server.request('GET', `${RECORDS}?${query.toString()}`);
    expect([answer.status, answer.json.errno]).toEqual([400, 107]);
    expect(answer.json.details).toMatchObject([{ location: 'querystring', name }]);
  });

  it("is refused on somebody else's connection, as on one that is not there", async () => {
    await share({ read: [USER_IDS.bob] });
    const client = await UserStreamClient.greeted(server);
    const path = `${RECORDS}?_connection_id=`;
    const [his, none, nobody] = [
      await server.request('GET', path + client.id, { auth: 'bob' }),
      await server.request('GET', `${path}u_aaaaaaaaaaaaaaaa`, { auth: 'bob' }),
      await server.request('GET', path + client.id, { auth: null }),
    ];
    expect([his.status, his.text]).toEqual([400, none.text]);
    // Who may not read the list learns only that.
    expect(nobody.status).toBe(401);
  });

  it('is refused in a batch', async () => {
    const client = await UserStreamClient.greeted(server);
    const path = `${RECORDS}?_connection_id=${client.id}`;
    const answer = await server.request('POST', '/v1/batch', { body: { requests: [{ method: 'GET', path }] } });
    expect(answer.json.responses).toMatchObject([{ status: 400, body: { errno: 107 } }]);
  });

  it('is answered as ever where user streams are not switched on', async () => {
    await server.close();
    server = await startTestServer();
    await put('/v1/buckets/blog', {});
    await put(COLLECTION, {});
    const answer = await server.request('GET', `${RECORDS}?_connection_id=u_x`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-expose-headers')).not.toContain('Subscription-Id');
    expect((await server.request('GET', '/v1/user_stream')).status).toBe(404);
  });
});

describe('Permissions', () => {
  const bob = { authorization: basicAuth('bob') };

  it('are those of the list: who may not read it cannot follow it', async () => {
    const client = await UserStreamClient.greeted(server, bob);
    expect((await client.follow(RECORDS)).status).toBe(403);
  });

  it('that are lost end the subscription with a word, and no other', async () => {
    await share({ read: [USER_IDS.bob] });
    await put('/v1/buckets/blog/collections/other', {}, { read: [USER_IDS.bob] });
    const client = await UserStreamClient.greeted(server, bob);
    await client.follow(RECORDS, 'articles');
    await client.follow('/v1/buckets/blog/collections/other/records', 'others');
    await share({ read: [] });
    await put(`${RECORDS}/secret`, {});
    expect(await client.hearsEvent('revoked')).toEqual([{ event: 'revoked', subscription_ids: ['articles'] }]);
    await put('/v1/buckets/blog/collections/other/records/r1', {});
    await client.hears(1);
    expect(client.told).toEqual(['create r1: others']);
    expect(client.closed).toBeUndefined();
  });

  it('leave no subscription to a collection that is gone', async () => {
    const client = await UserStreamClient.greeted(server);
    await client.follow(RECORDS, 'articles');
    await server.request('DELETE', COLLECTION);
    expect(await client.hearsEvent('gone')).toEqual([{ event: 'gone', subscription_ids: ['articles'] }]);
  });

  it('show who sees single objects those, as they come and go', async () => {
    await put(`${RECORDS}/r1`, { n: 1 }, { read: [USER_IDS.bob] });
    const client = await UserStreamClient.greeted(server, bob);
    const answer = await client.follow(RECORDS, 'mine');
    expect(answer.ids).toEqual(['r1']);
    expect(answer.headers.get('change-position')).toMatch(/\.s$/);
    await put(`${RECORDS}/r2`, { n: 2 }, { read: [USER_IDS.bob] });
    await put(`${RECORDS}/r3`, { n: 3 });
    await put(`${RECORDS}/r1`, { n: 4 }, { read: [] });
    await client.hears(2);
    expect(client.frames).toMatchObject([
      { match: 'enter', data: { id: 'r2', n: 2 } },
      { match: 'leave', data: { id: 'r1' } },
    ]);
    expect(client.frames[0]).not.toHaveProperty('user_id');
  });
});
