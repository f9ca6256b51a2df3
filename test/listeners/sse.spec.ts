import { startTestServer, USER_IDS, type TestServer, type User } from '../support/server.js';
import type { JsonObject } from '../../src/wire/json.js';
import { LiveReader, type ReaderOptions } from './support/live-reader.js';

const COLLECTION = '/v1/buckets/b/collections/c';
const LIST = `${COLLECTION}/records`;

let server: TestServer;
let readers: LiveReader[] = [];

async function start(ini = ''): Promise<void> {
  server = await startTestServer({ ini });
  await server.request('PUT', '/v1/buckets/b');
  await server.request('PUT', COLLECTION);
}

async function follow(path = LIST, options: ReaderOptions = {}): Promise<LiveReader> {
  const reader = await LiveReader.open(server, path, options);
  readers.push(reader);
  return reader;
}

/** The reader, and its first event. */
async function open(path = LIST, options: ReaderOptions = {}) {
  const reader = await follow(path, options);
  return { reader, opened: await reader.next() };
}

async function write(id: string, data: JsonObject, permissions?: JsonObject): Promise<string> {
  const body = permissions === undefined ? { data } : { data, permissions };
  const answer = await server.request('PUT', `${LIST}/${id}`, { body });
  expect([200, 201]).toContain(answer.status);
  return answer.headers.get('change-position')!;
}

async function share(permissions: JsonObject, path = COLLECTION): Promise<void> {
  const answer = await server.request('PATCH', path, { body: { permissions } });
  expect(answer.status).toBe(200);
}

const idOf = ({ data }: { data: JsonObject }) => (data.data as JsonObject).id;

afterEach(async () => {
  for (const reader of readers) reader.drop();
  readers = [];
  await server.close();
});

describe('A live list', () => {
  beforeEach(() => start());

  it('tells what is committed from now on, each change with its place and the one before', async () => {
    await write('early', { n: 0 });
    const { reader, opened } = await open();
    expect(reader.status).toBe(200);
    expect(reader.response.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      'change-position': opened.id,
    });
    expect(opened).toMatchObject({ event: 'open', data: { resumed: 'live', pending: 0, position: opened.id } });
    const position = await write('r', { title: 'Grüße' });
    await write('r', { title: 'again' });
    await server.request('DELETE', `${LIST}/r`);
    const [created, updated, deleted] = [await reader.next(), await reader.next(), await reader.next()];
    expect(created).toMatchObject({
      event: 'create',
      id: position,
      data: {
        position,
        previous: opened.id,
        uri: '/buckets/b/collections/c/records/r',
        resource: 'record',
        action: 'create',
        match: 'enter',
        last: true,
        user_id: USER_IDS.mat,
        data: { id: 'r', title: 'Grüße' },
      },
    });
    expect(updated).toMatchObject({ event: 'update', data: { previous: position, match: 'stay' } });
    expect(updated.data).not.toHaveProperty('old');
    expect(deleted).toMatchObject({ event: 'delete', data: { match: 'leave', data: { id: 'r', deleted: true } } });
  });

  it('begins with what there is, and goes on without a gap', async () => {
    for (let n = 0; n < 250; n++) await write(`r${n}`, { n });
    const { reader, opened } = await open(`${LIST}?_snapshot=true&min_n=10&_fields=n`);
    await write('r9', { n: 10, other: true });
    expect(opened.data.resumed).toBe('snapshot');
    const seen: unknown[] = [];
    let event = await reader.next();
    for (; event.event === 'snapshot'; event = await reader.next()) {
      const objects = event.data.data as JsonObject[];
      expect(objects.length).toBeLessThanOrEqual(100);
      for (const object of objects) expect(Object.keys(object).sort()).toEqual(['id', 'last_modified', 'n']);
      seen.push(...objects.map(({ id }) => id));
    }
    expect(new Set(seen).size).toBe(240);
    // Whoever is cut off before the end has no place to go on from.
    expect(opened.id).toBeUndefined();
    const { position } = opened.data;
    expect(event).toMatchObject({ event: 'snapshot_end', id: position, data: { position } });
    const entered = await reader.next();
    expect(entered).toMatchObject({ event: 'update', data: { match: 'enter', previous: position } });
    expect(Object.keys(entered.data.data as JsonObject).sort()).toEqual(['id', 'last_modified', 'n']);
  });

  it('goes on from the position of the list’s own answer', async () => {
    await write('a', {});
    const list = await server.request('GET', LIST);
    const position = list.headers.get('change-position')!;
    expect(list.headers.get('access-control-expose-headers')).toContain('Change-Position');
    await write('b', {});
    const { reader, opened } = await open(`${LIST}?_position=${position}`);
    expect(opened).toMatchObject({ id: position, data: { resumed: 'replay', pending: 1 } });
    expect(idOf(await reader.next())).toBe('b');
  });

  it('goes on after a lost connection, and the header counts before the URL', async () => {
    const { reader, opened } = await open();
    await write('a', {});
    const first = await reader.next();
    reader.drop();
    for (const id of ['b', 'c', 'd']) await write(id, {});
    const again = await open(`${LIST}?_position=${opened.id}`, { after: first.id });
    expect(again.opened.data).toMatchObject({ resumed: 'replay', pending: 3 });
    await write('e', {});
    const ids = [];
    for (let count = 0; count < 4; count++) ids.push(idOf(await again.reader.next()));
    expect(ids).toEqual(['b', 'c', 'd', 'e']);
  });

  it('tells entering and leaving the view of its filters, and the place of what it does not tell', async () => {
    for (const status of ['open', 'shut']) await write(status, { status });
    const { reader, opened } = await open(`${LIST}?status=open&_include=old`);
    await write('shut', { status: 'shut', n: 1 });
    await write('shut', { status: 'open' });
    await write('open', { status: 'open', n: 1 });
    await write('open', { status: 'shut' });
    const events = [await reader.next(), await reader.next(), await reader.next()];
    expect(events.map(({ event, data }) => [event, data.match, idOf({ data })])).toEqual([
      ['update', 'enter', 'shut'],
      ['update', 'stay', 'open'],
      ['leave', 'leave', 'open'],
    ]);
    expect(events[0]!.data.previous).toBe(opened.id);
    expect(events[1]!.data.old).toMatchObject({ status: 'open' });
    expect(events[2]!.data.data).toEqual({ id: 'open' });
    for (let count = 0; count < 100; count++) await write('hidden', { status: 'shut', count });
    const checkpoint = await reader.next();
    expect(checkpoint).toMatchObject({ event: 'checkpoint', data: { previous: events[2]!.id } });
  });

  it('tells the difference since a timestamp to who knows no position', async () => {
    await write('old', { n: 1 });
    await write('gone', { n: 1 });
    const { etag } = await server.request('GET', LIST);
    await write('in', { n: 1 });
    await write('out', { n: 2 });
    await server.request('DELETE', `${LIST}/gone`);
    const { reader, opened } = await open(`${LIST}?_since=${etag}&n=1`);
    expect(opened.data.resumed).toBe('difference');
    const events = [await reader.next(), await reader.next(), await reader.next(), await reader.next()];
    expect(events.slice(0, 3).map((event) => [event.event, idOf(event)])).toEqual([
      ['update', 'in'],
      ['leave', 'out'],
      ['delete', 'gone'],
    ]);
    expect(events[3]).toMatchObject({ event: 'checkpoint', id: opened.data.position });
  });

  it('tells the changes of one batch in their order, the last one marked', async () => {
    await write('x', {});
    const { reader } = await open();
    const requests = [
      { method: 'PUT', path: `${LIST}/a`, body: { data: {} } },
      { method: 'DELETE', path: `${LIST}/x` },
      { method: 'PUT', path: `${LIST}/b`, body: { data: {} } },
    ];
    await server.request('POST', '/v1/batch', { body: { requests } });
    const events = [await reader.next(), await reader.next(), await reader.next()];
    expect(events.map((event) => [event.event, idOf(event), event.data.last])).toEqual([
      ['create', 'a', false],
      ['delete', 'x', false],
      ['create', 'b', true],
    ]);
    expect(new Set(events.map(({ data }) => data.request_id)).size).toBe(1);
  });

  it.each([
    ['_sort=n', 400],
    ['_limit=3', 400],
    ['_token=x', 400],
    ['_before=3', 400],
    ['_position=nonsense', 400],
    ['_include=new', 400],
    ['_snapshot=perhaps', 400],
    ['_since=yesterday', 400],
  ])('is refused before it begins with ?%s', async (query, status) => {
    const reader = await follow(`${LIST}?${query}`);
    expect(reader.status).toBe(status);
    expect(reader.response.headers['content-type']).toContain('application/json');
  });

  it('is refused as the list is: 401, 403 and 404', async () => {
    const statuses = [];
    for (const [path, auth] of [
      [LIST, null],
      [LIST, 'bob'],
      ['/v1/buckets/none/collections/c/records', 'bob'],
      ['/v1/buckets/b/collections/none/records', 'mat'],
    ] as [string, User | null][]) {
      statuses.push((await follow(path, { auth })).status);
    }
    expect(statuses).toEqual([401, 403, 403, 404]);
  });

  it('is no item of a batch, and HEAD has its headers alone', async () => {
    const headers = { Accept: 'text/event-stream' };
    const requests = [{ method: 'GET', path: LIST, headers }];
    const batch = await server.request('POST', '/v1/batch', { body: { requests } });
    expect((batch.json.responses as JsonObject[])[0]).toMatchObject({ status: 406 });
    const head = await server.request('HEAD', LIST, { headers });
    expect(head.status).toBe(200);
    expect(head.headers.get('content-type')).toBe('text/event-stream');
  });

  it('is there for collections, groups and buckets, too', async () => {
    const collections = (await open('/v1/buckets/b/collections')).reader;
    const groups = (await open('/v1/buckets/b/groups?_live=sse')).reader;
    await server.request('PUT', '/v1/buckets/b/collections/new');
    await server.request('PUT', '/v1/buckets/b/groups/g', { body: { data: { members: [] } } });
    expect(await collections.next()).toMatchObject({ event: 'create', data: { resource: 'collection' } });
    expect(await groups.next()).toMatchObject({ event: 'create', data: { resource: 'group' } });
  });

  it('resets whose position belongs to another history', async () => {
    await write('a', {});
    const { reader, opened } = await open();
    reader.drop();
    const [epoch, n, salt] = opened.id!.split('.') as [string, string, string];
    const otherSalt = salt === '0000' ? '0001' : '0000';
    for (const position of [`other.${n}.${salt}`, `${epoch}.${Number(n) + 5}.${salt}`, `${epoch}.${n}.${otherSalt}`]) {
      const again = await open(`${LIST}?_position=${position}`);
      expect(again.opened.data.resumed).toBe('reset');
      const data = { reason: 'new_history', position: opened.id };
      expect(await again.reader.next()).toMatchObject({ event: 'reset', id: opened.id, data });
      again.reader.drop();
    }
    const last = await open(`${LIST}?_position=other.1.0000`);
    await last.reader.next();
    await write('b', {});
    expect((await last.reader.next()).data.previous).toBe(opened.id);
  });
});

describe('Who follows a list and loses the right', () => {
  beforeEach(() => start());

  it('is told that it was revoked, and nothing after', async () => {
    await share({ read: [USER_IDS.bob] });
    const { reader } = await open(LIST, { auth: 'bob' });
    await write('a', {});
    const told = await reader.next();
    expect(idOf(told)).toBe('a');
    expect(told.data).not.toHaveProperty('user_id');
    await share({ read: [] });
    await write('secret', {});
    expect((await reader.next()).event).toBe('revoked');
    await reader.ended();
    expect((await follow(LIST, { auth: 'bob' })).status).toBe(403);
  });

  it('is let go when the group that let them in lets them go', async () => {
    const group = '/v1/buckets/b/groups/g';
    await server.request('PUT', group, { body: { data: { members: [USER_IDS.bob] } } });
    await share({ read: ['/buckets/b/groups/g'] });
    const { reader } = await open(LIST, { auth: 'bob' });
    await server.request('PATCH', group, { body: { data: { members: [] } } });
    await write('secret', {});
    expect((await reader.next()).event).toBe('revoked');
    await reader.ended();
  });

  it.each(['/v1/buckets/b/collections/c', '/v1/buckets/b'])('is told that it is gone with %s', async (path) => {
    const { reader } = await open();
    await server.request('DELETE', path);
    expect(await reader.next()).toMatchObject({ event: 'gone' });
    await reader.ended();
  });
});

describe('Who sees only what is shared with them', () => {
  beforeEach(() => start());

  it('is told of that and of nothing else', async () => {
    await write('mine', { n: 0 }, { read: [USER_IDS.bob] });
    await write('other', { n: 0 });
    const { reader, opened } = await open(LIST, { auth: 'bob' });
    await write('other', { n: 1 });
    await write('mine', { n: 1 });
    expect(await reader.next()).toMatchObject({ event: 'update', data: { match: 'stay', previous: opened.id } });
    await write('other', { n: 2 }, { read: [USER_IDS.bob] });
    expect(await reader.next()).toMatchObject({
      event: 'update',
      data: { match: 'enter', data: { id: 'other', n: 2 } },
    });
    await write('mine', { n: 2 }, { read: [] });
    const left = await reader.next();
    expect(left).toMatchObject({ event: 'leave', data: { data: { id: 'mine' } } });
    await write('mine', { n: 3 });
    await server.request('DELETE', `${LIST}/other`);
    expect(await reader.next()).toMatchObject({ event: 'delete', data: { data: { id: 'other' } } });
  });

  it('begins anew after an absence, and when they may read it all', async () => {
    await write('mine', {}, { read: [USER_IDS.bob] });
    const { reader } = await open(LIST, { auth: 'bob' });
    await share({ read: [USER_IDS.bob] });
    const reset = await reader.next();
    expect(reset).toMatchObject({ event: 'reset', data: { reason: 'access_changed' } });
    await write('other', {});
    expect(await reader.next()).toMatchObject({ event: 'create', data: { previous: reset.id } });
    const partial = `${reset.id!}.s`;
    const again = await open(LIST, { auth: 'bob', after: partial });
    expect(await again.reader.next()).toMatchObject({ event: 'reset', data: { reason: 'partial_access' } });
  });

  it('reads anew what a group has given them', async () => {
    const group = '/v1/buckets/b/groups/g';
    await server.request('PUT', group, { body: { data: { members: [] } } });
    await write('mine', {}, { read: [USER_IDS.bob] });
    await write('ours', {}, { read: ['/buckets/b/groups/g'] });
    const { reader } = await open(LIST, { auth: 'bob' });
    await server.request('PATCH', group, { body: { data: { members: [USER_IDS.bob] } } });
    expect(await reader.next()).toMatchObject({ event: 'reset', data: { reason: 'access_changed' } });
    await write('ours', { n: 1 });
    expect(await reader.next()).toMatchObject({ event: 'update', data: { match: 'stay' } });
  });
});
