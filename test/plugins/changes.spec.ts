import { journal } from '../../src/storage/journal.js';
import { trimming } from '../../src/storage/trimming.js';
import type { JsonObject } from '../../src/wire/json.js';
import { LiveReader, type ReaderOptions } from '../listeners/support/live-reader.js';
import { startTestServer, USER_IDS, type Answer, type TestServer, type User } from '../support/server.js';

const COLLECTION = '/v1/buckets/b/collections/c';
const LIST = `${COLLECTION}/records`;

let server: TestServer;
let readers: LiveReader[] = [];

async function start(ini = ''): Promise<void> {
  server = await startTestServer({ ini });
  await server.request('PUT', '/v1/buckets/b');
  await server.request('PUT', COLLECTION);
}

afterEach(async () => {
  for (const reader of readers) reader.drop();
  readers = [];
  await server.close();
});

function get(path: string, auth: User | null = 'mat'): Promise<Answer> {
  return server.request('GET', path, { auth });
}

async function write(id: string, data: JsonObject = {}, permissions?: JsonObject): Promise<string> {
  const body = permissions === undefined ? { data } : { data, permissions };
  const answer = await server.request('PUT', `${LIST}/${id}`, { body });
  return answer.headers.get('change-position')!;
}

async function share(path: string, read: string[]): Promise<void> {
  expect((await server.request('PATCH', path, { body: { permissions: { read } } })).status).toBe(200);
}

async function follow(path: string, options: ReaderOptions = {}): Promise<LiveReader> {
  const reader = await LiveReader.open(server, path, options);
  readers.push(reader);
  return reader;
}

const urisIn = ({ list }: Answer) => list.map(({ uri }) => uri);
const positionIn = ({ json }: Answer) => json.position as string;

describe('The feed of everything', () => {
  beforeEach(() => start());

  it('has what the log has, in the order of commits, each change with its place and the one before', async () => {
    const place = await write('r', { n: 1 });
    await server.request('PUT', '/v1/buckets/b/groups/g', { body: { data: { members: [] } } });
    await server.request('DELETE', `${LIST}/r`);
    const answer = await get('/v1/changes?_position=earliest');
    const record = '/buckets/b/collections/c/records/r';
    expect(urisIn(answer)).toEqual(['/buckets/b', '/buckets/b/collections/c', record, '/buckets/b/groups/g', record]);
    const { data, ...rest } = answer.json as { data: JsonObject[] } & JsonObject;
    expect(data.map(({ previous }) => previous)).toEqual([
      rest.previous,
      ...data.slice(0, -1).map(({ position }) => position),
    ]);
    expect(rest).toMatchObject({ position: data.at(-1)!.position, more: false });
    expect(data[2]).toMatchObject({ list_position: place, resource: 'record', action: 'create', last: true });
    expect(data[2]).toMatchObject({ user_id: USER_IDS.mat, data: { id: 'r', n: 1 } });
    expect(data[4]).toMatchObject({ action: 'delete', data: { id: 'r', deleted: true } });
    expect(data[4]).not.toHaveProperty('old');
  });

  it('begins now unless told otherwise, goes on page by page, and shows the old state to who asks', async () => {
    const begun = await get('/v1/changes');
    expect(begun.list).toEqual([]);
    for (const n of [1, 2, 3]) await write('r', { n });
    const first = await get(`/v1/changes?_position=${positionIn(begun)}&_limit=2&include=old`);
    expect(first.list.map(({ old }) => (old as JsonObject | undefined)?.n)).toEqual([undefined, 1]);
    expect(first.json.more).toBe(true);
    const second = await get(`/v1/changes?_position=${positionIn(first)}&_limit=2&include=old`);
    expect(second.list.map(({ old }) => (old as JsonObject).n)).toEqual([2]);
    expect(second.json.more).toBe(false);
  });

  it('has the resources, actions and scopes that are asked for, and the place of what is not', async () => {
    const from = positionIn(await get('/v1/changes'));
    await write('r');
    await write('r', { n: 1 });
    await server.request('PUT', '/v1/buckets/other');
    const ask = (parameters: string) => get(`/v1/changes?_position=${from}&${parameters}`);
    expect(urisIn(await ask('resource=bucket'))).toEqual(['/buckets/other']);
    expect((await ask('action=update,delete')).list).toHaveLength(1);
    expect(urisIn(await ask('scope=/buckets/other,/buckets/nothing'))).toEqual(['/buckets/other']);
    expect(urisIn(await ask('scope=/buckets/*/collections/c'))).toHaveLength(2);
    expect(urisIn(await ask('scope=/buckets/oth'))).toEqual([]);
    expect(positionIn(await ask('resource=group'))).toBe(positionIn(await ask('')));
  });

  it.each([
    '_limit=0',
    '_limit=1001',
    '_wait=56',
    'resource=account',
    'action=read',
    'scope=buckets',
    'include=new',
    '_position=abc.1.0000',
  ])('refuses %s', async (parameter) => {
    const answer = await get(`/v1/changes?${parameter}`);
    expect([answer.status, answer.json.errno]).toEqual([400, 107]);
  });

  it('shows everybody what they may read at the moment, and nothing else', async () => {
    const from = positionIn(await get('/v1/changes'));
    await write('secret', { n: 1 });
    await write('shared', { n: 1 });
    await write('shared', { n: 2 }, { read: [USER_IDS.bob] });
    const shared = '/buckets/b/collections/c/records/shared';
    const bobs = await get(`/v1/changes?_position=${from}&include=old`, 'bob');
    expect(urisIn(bobs)).toEqual([shared, shared]);
    // What it was before it was shared is not theirs to see, nor who has changed it.
    expect(bobs.list[1]).not.toHaveProperty('old');
    expect(bobs.list[1]).not.toHaveProperty('user_id');
    expect((await get(`/v1/changes?_position=${from}`, null)).list).toEqual([]);

    await write('shared', { n: 3 }, { read: [] });
    const left = await get(`/v1/changes?_position=${positionIn(bobs)}`, 'bob');
    expect(left.list).toMatchObject([{ match: 'leave', uri: shared, data: { id: 'shared' } }]);
    expect(left.list[0]!.data).toEqual({ id: 'shared' });
    await write('shared', { n: 4 });
    expect((await get(`/v1/changes?_position=${positionIn(left)}`, 'bob')).list).toEqual([]);
  });

  it('tells of a deletion those who could read what is gone', async () => {
    await write('r', {}, { read: [USER_IDS.bob] });
    const from = positionIn(await get('/v1/changes'));
    await server.request('DELETE', `${LIST}/r`);
    expect((await get(`/v1/changes?_position=${from}`, 'bob')).list).toMatchObject([{ action: 'delete' }]);
    expect((await get(`/v1/changes?_position=${from}`, 'alice')).list).toEqual([]);
  });

  it('waits for a change that its reader may see', async () => {
    const from = positionIn(await get('/v1/changes'));
    const polling = get(`/v1/changes?_position=${from}&_wait=30`, 'bob');
    await write('secret');
    await write('shared', {}, { read: [USER_IDS.bob] });
    const answer = await polling;
    expect(urisIn(answer)).toEqual(['/buckets/b/collections/c/records/shared']);
    expect(answer.json.previous).toBe(from);
    const { json } = await get(`/v1/changes?_position=${from}&resource=group&_wait=0.1`);
    expect(json).toMatchObject({ data: [], previous: from, more: false });
    expect(json.position).not.toBe(from);
  });

  it('goes on as events, and goes on where a lost connection was', async () => {
    const reader = await follow('/v1/changes?resource=record');
    const opened = await reader.next();
    expect(opened).toMatchObject({ event: 'open', id: opened.data.position, data: { resumed: 'live' } });
    await write('a');
    const first = await reader.next();
    expect(first).toMatchObject({ event: 'create', id: first.data.position, data: { previous: opened.id } });
    reader.drop();
    await write('b');
    const again = await follow('/v1/changes?resource=record', { after: first.id });
    expect((await again.next()).data.resumed).toBe('replay');
    expect(await again.next()).toMatchObject({ event: 'create', data: { previous: first.id, data: { id: 'b' } } });
  });

  it('says when a position is of another history, or the log does not go back as far', async () => {
    const from = positionIn(await get('/v1/changes'));
    await write('r');
    const forged = from.replace(/.{4}$/, (salt) => (salt === 'ffff' ? '0000' : 'ffff'));
    expect((await get(`/v1/changes?_position=${forged}`)).json).toMatchObject({
      ...{ data: [], event: 'reset', reason: 'new_history' },
    });
    await write('s');
    await server.storage.write(async ({ sql }) => trimming.delete(sql, (await journal.top(sql)) - 1, 1000));
    const { json } = await get(`/v1/changes?_position=${from}`);
    expect(json).toMatchObject({ event: 'reset', reason: 'expired', previous: from });
    expect((await get(`/v1/changes?_position=${json.position as string}`)).json).toMatchObject({ data: [] });
    expect((await get('/v1/changes?_position=earliest')).list).toHaveLength(1);
    const reader = await follow(`/v1/changes?_position=${from}`);
    expect((await reader.next()).data.resumed).toBe('reset');
    expect(await reader.next()).toMatchObject({ event: 'reset', id: json.position, data: { reason: 'expired' } });
  });
});

describe('The feed of a bucket', () => {
  beforeEach(() => start());

  it('has what is in it, for who may read it', async () => {
    await server.request('PUT', '/v1/buckets/other');
    await write('r');
    const answer = await get('/v1/buckets/b/changes?_position=earliest');
    expect(urisIn(answer)).toEqual([
      ...['/buckets/b', '/buckets/b/collections/c', '/buckets/b/collections/c/records/r'],
    ]);
    expect((await get('/v1/buckets/b/changes', 'bob')).status).toBe(403);
    expect((await get('/v1/buckets/b/changes', null)).status).toBe(401);
    expect((await get('/v1/buckets/none/changes')).status).toBe(403);
    await share('/v1/buckets/b', [USER_IDS.bob]);
    const reader = await follow('/v1/buckets/b/changes', { auth: 'bob' });
    await reader.next();
    await share('/v1/buckets/b', []);
    expect((await reader.next()).event).toBe('revoked');
    await reader.ended();
  });

  it('ends with it', async () => {
    const reader = await follow('/v1/buckets/b/changes');
    await reader.next();
    await server.request('DELETE', '/v1/buckets/b');
    expect((await reader.next()).event).toBe('gone');
  });
});

describe('The feed of a collection', () => {
  beforeEach(() => start());

  it('has its records, by the positions of their list', async () => {
    const begun = await server.request('GET', LIST);
    const from = begun.headers.get('change-position')!;
    const place = await write('r');
    const { json } = await get(`${COLLECTION}/changes?_position=${from}`);
    expect(json).toMatchObject({ position: place, previous: from, data: [{ position: place, list_position: place }] });
    expect((await get('/v1/buckets/b/collections/none/changes')).status).toBe(404);
    expect((await get(`${COLLECTION}/changes`, 'bob')).status).toBe(403);
  });

  it('is one of the default bucket, too', async () => {
    await server.request('PUT', '/v1/buckets/default/collections/t/records/r');
    const answer = await get('/v1/buckets/default/collections/t/changes?_position=earliest');
    expect(answer.list).toMatchObject([{ action: 'create', data: { id: 'r' } }]);
  });

  it('lets in who has a ticket for it', async () => {
    const body = { data: { use: 'once', scope: ['/buckets/b/*'] } };
    const { data } = await server.request('POST', '/v1/realtime/tickets', { body });
    const path = `${COLLECTION}/changes?_ticket=${data.ticket as string}`;
    expect((await get(path.replace('/buckets/b/', '/buckets/c/'), null)).status).toBe(403);
    expect((await get(path, null)).status).toBe(200);
    expect((await get(path, null)).status).toBe(401);
  });
});

describe('The change feed', () => {
  it('ends its streams and polls with the server, and counts them', async () => {
    await start('kinto.live.max_streams_per_user = 2');
    const reader = await follow('/v1/changes');
    await reader.next();
    const polling = get('/v1/changes?_wait=30');
    let third = await get('/v1/changes?_wait=0.05');
    const deadline = Date.now() + 10_000;
    while (third.json.event === undefined && Date.now() < deadline) third = await get('/v1/changes?_wait=0.05');
    expect(third.json).toMatchObject({ data: [], event: 'bye', reason: 'too_many_streams' });
    await server.close();
    expect((await polling).json).toMatchObject({ event: 'bye', reason: 'restart' });
    expect(await reader.next()).toMatchObject({ event: 'bye', data: { reason: 'restart' } });
    await start();
  });

  it('ends for one whose login counts no more, though nothing else happens', async () => {
    const policies = 'multiauth.policies = account basicauth';
    const policy = 'multiauth.policy.account.use = kinto.plugins.accounts.AccountsPolicy';
    const accounts = 'kinto.includes = kinto.plugins.accounts\nkinto.account_create_principals = system.Everyone';
    // Neither a sweep nor a heartbeat comes within the time of this test.
    const rhythm = 'kinto.live.sweep = 590\nkinto.live.heartbeat = 590';
    await start([policies, policy, accounts, rhythm].join('\n'));
    await server.request('PUT', '/v1/accounts/bob', { auth: null, body: { data: { password: 'secret' } } });
    const reader = await follow('/v1/changes', { auth: 'bob' });
    await reader.next();
    // At once: they were asked who they are a moment ago.
    expect((await server.request('DELETE', '/v1/accounts/bob', { auth: 'bob' })).status).toBe(200);
    expect((await reader.next()).event).toBe('revoked');
    await reader.ended();
  });

  it('can be switched off', async () => {
    await start('kinto.changes.feed = false');
    expect((await get('/v1/changes')).status).toBe(404);
    expect((await get('/v1/')).json.capabilities).not.toHaveProperty('changes');
  });
});
