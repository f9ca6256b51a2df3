import { startTestServer, USER_IDS, type TestServer } from '../support/server.js';
import { FakeIdentityProvider } from '../support/fake-identity-provider.js';
import type { JsonObject } from '../../src/wire/json.js';
import { KINDS, SOCKETIO_INI, SocketClient, until } from './socketio-client.js';

const COLLECTION = '/buckets/blog/collections/articles';
const LIST = `${COLLECTION}/records`;

let server: TestServer;

async function start(ini = ''): Promise<void> {
  server = await startTestServer({ ini: `${SOCKETIO_INI}\n${ini}` });
  await server.request('PUT', '/v1/buckets/blog');
  await server.request('PUT', `/v1${COLLECTION}`);
}

async function write(id: string, data: JsonObject, permissions?: JsonObject): Promise<string> {
  const body = permissions === undefined ? { data } : { data, permissions };
  const answer = await server.request('PUT', `/v1${LIST}/${id}`, { body });
  expect([200, 201]).toContain(answer.status);
  return answer.headers.get('change-position')!;
}

async function share(permissions: JsonObject, path = COLLECTION): Promise<void> {
  expect((await server.request('PATCH', `/v1${path}`, { body: { permissions } })).status).toBe(200);
}

/** The ids that messages of that name have told of so far. */
function toldIds(client: SocketClient, event = 'recordsChanged'): string[] {
  return client.all(event).flatMap(({ changes }) => (changes as JsonObject[]).flatMap(({ ids }) => ids as string[]));
}

afterEach(async () => {
  SocketClient.closeAll();
  await server.close();
});

describe.each(KINDS)('Version $version of the client over $transport', (kind) => {
  beforeEach(() => start());

  it('is told what changes, without asking for it', async () => {
    const client = await SocketClient.connect(server, '/me', kind);
    const made = await client.command('buckets.blog.collections.articles.records.create', { params: { title: 'Hi' } });
    const first = await client.next('recordsChanged');
    const { id, last_modified } = made.body.data as { id: string; last_modified: number };
    const position = made.meta.headers['Change-Position'];
    expect(first).toEqual({
      changes: [
        {
          ...{ uri: COLLECTION, list: LIST, resource: 'record', position, timestamp: last_modified },
          ...{ counts: { create: 1, update: 0, delete: 0 }, ids: [id], more: false },
          origin: { request_id: expect.any(String) as string, socket_id: client.socket.id },
        },
      ],
    });
    await server.request('DELETE', `/v1${LIST}/${id}`);
    const second = await client.next('recordsChanged');
    expect(second.changes).toMatchObject([{ previous: position, counts: { delete: 1 }, ids: [id] }]);
    await server.request('PUT', '/v1/buckets/blog/groups/g', { body: { data: { members: [] } } });
    expect((await client.next('groupsChanged')).changes).toMatchObject([{ uri: '/buckets/blog', ids: ['g'] }]);
    await share({ read: [] });
    expect((await client.next('collectionsChanged')).changes).toMatchObject([{ ids: ['articles'] }]);
    await share({ read: [] }, '/buckets/blog');
    expect((await client.next('bucketsChanged')).changes).toMatchObject([{ uri: '/', ids: ['blog'] }]);
  });

  it('subscribes with data, from where it was', async () => {
    const position = await write('a', { status: 'open' });
    await write('b', { status: 'shut' });
    const client = await SocketClient.connect(server, '/me', kind);
    const asked = { key: 'k', uri: COLLECTION, filter: { status: 'open' }, include: ['data', 'old'], position };
    const { error, body } = await client.ask('subscribe', asked);
    expect({ error, body }).toEqual({
      error: null,
      body: { key: 'k', list: LIST, position, resumed: 'replay', pending: 1 },
    });
    await write('b', { status: 'open' });
    expect(await client.next('change')).toMatchObject({
      ...{ key: 'k', action: 'update', match: 'enter', previous: position, uri: `${LIST}/b`, last: true },
      ...{ user_id: USER_IDS.mat, data: { id: 'b', status: 'open' }, old: { id: 'b', status: 'shut' } },
    });
    expect((await client.ask('getSubscriptions')).body).toEqual({ subscriptions: [{ key: 'k', list: LIST }] });
    expect((await client.ask('unsubscribe', { all: true })).body).toEqual({ keys: ['k'] });
    await write('b', { status: 'open', n: 2 });
    await write('end', {});
    await until(() => toldIds(client).includes('end'), 'message of the end');
    expect(client.all('change')).toEqual([]);
  });

  it('is told what it missed, and nothing else', async () => {
    const client = await SocketClient.connect(server, '/me', kind);
    await write('seen', {});
    const [{ position }] = (await client.next('recordsChanged')).changes as [{ position: string }];
    client.cut();
    await client.disconnected();
    for (const id of ['x', 'y', 'x']) await write(id, {});
    await server.request('DELETE', `/v1${LIST}/y`);
    const again = await SocketClient.connect(server, '/me', { ...kind, positions: { [COLLECTION]: position } });
    const missed = await again.next('recordsChanged');
    expect(missed).toMatchObject({
      recovered: true,
      changes: [{ previous: position, ids: ['x', 'y'], counts: { create: 2, update: 1, delete: 1 }, more: false }],
    });
    const { position: reached } = (missed.changes as JsonObject[])[0]!;
    await write('after', {});
    expect((await again.next('recordsChanged')).changes).toMatchObject([{ previous: reached, ids: ['after'] }]);
    again.socket.close();
    const strange = await SocketClient.connect(server, '/me', { ...kind, positions: { [LIST]: 'other.1.0000' } });
    expect(await strange.next('recordsChanged')).toMatchObject({ changes: [{ reset: 'new_history' }] });
  });

  it('goes back to the server that is started next, and not when it was sent away', async () => {
    const client = await SocketClient.connect(server, '/me', kind);
    const ended = client.disconnected();
    await server.close();
    expect(['transport close', 'transport error']).toContain(await ended);
  });

  it('is refused with the error that HTTP has', async () => {
    await write('x', {});
    const refusals = [];
    for (const [namespace, options] of [
      ['/me', { user: null }],
      ['/me', { token: 'unknown' }],
      ['/somebody', {}],
      ['/buckets/blog', { user: 'bob' }],
      ['/buckets/none', { user: 'bob' }],
      [COLLECTION, { user: null }],
      ['/buckets/blog/collections/none', {}],
      ['/what/is/this', {}],
      ['/me', { query: { resource: '/other' } }],
    ] as const) {
      const refusal = await SocketClient.start(server, namespace, { ...kind, ...options }).opened();
      refusals.push([refusal?.code, refusal?.errno]);
    }
    expect(refusals).toEqual([
      ...[
        [401, 104],
        [401, 104],
        [403, 121],
        [403, 121],
        [403, 121],
      ],
      ...[
        [401, 104],
        [404, 111],
        [404, 111],
        [400, 107],
      ],
    ]);
  });
});

describe('The page of the seed, with other names', () => {
  it.each(KINDS)('works with version $version over $transport', async (kind) => {
    const provider = await FakeIdentityProvider.open();
    provider.profiles.set('TVVro8e8T5', { sub: 'mathurin' });
    await start(`
multiauth.policies = basicauth people
multiauth.policy.people.use = openid
multiauth.policy.people.issuer = ${provider.issuer}
multiauth.policy.people.client_id = kumocast
multiauth.policy.people.client_secret = secret`);
    const client = await fetch(`${server.url}/socket.io/socket.io.js`);
    expect(client.headers.get('content-type')).toContain('javascript');
    expect(await client.text()).toContain('Socket.IO v4');
    expect((await fetch(`${server.url}/v1/socket.io/socket.io.js`)).status).toBe(200);

    // var socket = io.connect("https://mathurin.pryv.io:443/mathurin?auth=TVVro8e8T5&resource=/mathurin")
    const query = { resource: '/mathurin' };
    const socket = await SocketClient.connect(server, '/mathurin', { ...kind, token: 'TVVro8e8T5', query });
    for (const path of ['/buckets/mine', '/buckets/mine/collections/diary']) {
      expect((await socket.ask('request', { method: 'PUT', path })).error).toBeNull();
    }
    let hasChanged = false;
    socket.socket.on('eventsChanged', () => (hasChanged = true));
    const path = 'buckets.mine.collections.diary';
    await socket.command(`${path}.records.create`, { params: { id: 'b', title: 'b' } });
    await socket.command(`${path}.records.create`, { params: { id: 'a', title: 'a' } });
    const cmdData = { id: `${path}.records.get`, params: { _sort: 'title' } };
    const { error, body } = await socket.ask('command', cmdData);
    expect(error).toBeNull();
    expect((body.data as JsonObject[]).map(({ id }) => id)).toEqual(['a', 'b']);
    await until(() => hasChanged, 'eventsChanged');
    await socket.next('channelsChanged');
    await socket.next('foldersChanged');
    expect(toldIds(socket, 'eventsChanged').length).toBeGreaterThan(0);
    SocketClient.closeAll();
    await provider.close();
  });
});

describe('A namespace', () => {
  beforeEach(() => start());

  it('shows what is below it, and no more', async () => {
    await server.request('PUT', '/v1/buckets/other');
    const bucket = await SocketClient.connect(server, '/buckets/blog');
    const collection = await SocketClient.connect(server, COLLECTION);
    const all = await SocketClient.connect(server, '/me');
    await server.request('PUT', '/v1/buckets/other/collections/c');
    await server.request('PUT', '/v1/buckets/blog/collections/more');
    await write('r', {});
    for (const client of [bucket, collection, all]) await client.next('recordsChanged');
    await until(() => toldIds(all, 'collectionsChanged').length === 2, 'both collections');
    expect(toldIds(bucket, 'collectionsChanged')).toEqual(['more']);
    expect(collection.heard).toEqual([]);
    const beyond = await collection.ask('subscribe', { uri: '/buckets/blog/collections' });
    expect(beyond.error).toMatchObject({ code: 400, errno: 107 });
  });

  it('may be the default bucket, and is told by its real name', async () => {
    const client = await SocketClient.connect(server, '/buckets/default/collections/tasks');
    const made = await client.command('records.create', { params: { id: 't' } });
    expect(made.error).toBeNull();
    const [change] = (await client.next('recordsChanged')).changes as JsonObject[];
    expect(change!.uri).toMatch(/^\/buckets\/[0-9a-f-]{36}\/collections\/tasks$/);
    const { body } = await client.ask('subscribe', { uri: '/buckets/default/collections/tasks' });
    expect(body.list).toBe(change!.list);
  });
});

describe('Who may not read all of it', () => {
  beforeEach(() => start());

  it('hears of nothing that they may not read', async () => {
    const stranger = await SocketClient.connect(server, '/me', { user: 'bob' });
    await write('secret', {});
    await write('mine', {}, { read: [USER_IDS.bob] });
    await write('secret', { n: 2 });
    await write('mine', { n: 2 });
    await until(() => toldIds(stranger).length === 2 || toldIds(stranger).includes('mine'), 'own record');
    // What was his until now has left him, by its id alone.
    await write('mine', { n: 3 }, { read: [] });
    await write('mine', { n: 4 });
    await write('end', {}, { read: [USER_IDS.bob] });
    await until(() => toldIds(stranger).includes('end'), 'the end');
    expect(new Set(toldIds(stranger))).toEqual(new Set(['mine', 'end']));
    expect(stranger.heard.filter(({ event }) => event !== 'recordsChanged')).toEqual([]);
    const [, position] = /"position":"([^"]+)"/.exec(JSON.stringify(stranger.heard))!;
    // Who sees only a part of a list does not know it up to there.
    expect(position).toMatch(/\.s$/);
  });

  it('hears of all once a group lets them in, and of nothing once it lets them go', async () => {
    const group = '/v1/buckets/blog/groups/g';
    await server.request('PUT', group, { body: { data: { members: [] } } });
    await share({ read: ['/buckets/blog/groups/g'] });
    const bob = await SocketClient.connect(server, '/me', { user: 'bob' });
    const mat = await SocketClient.connect(server, '/me');
    await write('before', {});
    await until(() => toldIds(mat).includes('before'), 'record');
    await server.request('PATCH', group, { body: { data: { members: [USER_IDS.bob] } } });
    await write('during', {});
    await until(() => toldIds(bob).includes('during'), 'record');
    await server.request('PATCH', group, { body: { data: { members: [] } } });
    await write('after', {});
    await until(() => toldIds(mat).includes('after'), 'record');
    expect(toldIds(bob)).toEqual(['during']);
  });
});

describe('A subscription', () => {
  beforeEach(() => start());

  it('begins with what there is, in parts, and tells ids alone if that is wanted', async () => {
    for (let n = 0; n < 150; n++) await write(`r${n}`, { n });
    const client = await SocketClient.connect(server, '/me');
    await client.ask('subscribe', { uri: LIST, snapshot: true, include: [], filter: { _fields: 'n' } });
    const end = await client.next('snapshotEnd');
    const objects = client.all('snapshot').flatMap(({ data }) => data as JsonObject[]);
    expect(objects).toHaveLength(150);
    expect(Object.keys(objects[0]!).sort()).toEqual(['id', 'last_modified']);
    await write('r1', { n: 7 });
    const change = await client.next('change');
    expect(change).toMatchObject({ key: LIST, previous: end.position });
    expect(Object.keys(change.data as JsonObject).sort()).toEqual(['id', 'last_modified']);
  });

  it('ends with the right to read, the socket goes on', async () => {
    await share({ read: [USER_IDS.bob] });
    const bob = await SocketClient.connect(server, '/me', { user: 'bob' });
    await bob.ask('subscribe', { key: 'k', uri: LIST });
    await write('a', {});
    await bob.next('change');
    await share({ read: [] });
    await write('secret', {});
    expect(await bob.next('scopeRevoked')).toEqual({ key: 'k', reason: 'revoked' });
    expect(bob.all('change')).toEqual([]);
    expect((await bob.ask('subscribe', { uri: LIST })).error).toMatchObject({ code: 403 });
    expect((await bob.ask('getSubscriptions')).body).toEqual({ subscriptions: [] });
  });

  it('ends with its list', async () => {
    const client = await SocketClient.connect(server, '/me');
    await client.ask('subscribe', { key: 'k', uri: LIST });
    await server.request('DELETE', `/v1${COLLECTION}`);
    expect(await client.next('scopeRevoked')).toEqual({ key: 'k', reason: 'gone' });
  });

  it('is refused twice under one key, and beyond their number', async () => {
    await server.close();
    await start('kinto.socketio.max_subscriptions = 2');
    const client = await SocketClient.connect(server, '/me');
    expect((await client.ask('subscribe', { key: 'a', uri: LIST })).error).toBeNull();
    expect((await client.ask('subscribe', { key: 'a', uri: LIST })).error).toMatchObject({ code: 400, errno: 107 });
    expect((await client.ask('subscribe', { key: 'b', uri: LIST })).error).toBeNull();
    const { error } = await client.ask('subscribe', { key: 'c', uri: LIST });
    expect(error).toMatchObject({ code: 403, errno: 121, details: { limit: 2 } });
  });
});
