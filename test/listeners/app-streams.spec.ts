import type { JsonObject } from '../../src/wire/json.js';
import { basicAuth, startTestServer, USER_IDS, type TestServer } from '../support/server.js';
import { until } from './support/json-socket.js';
import { makeStream, metaOf, StreamClient, STREAMS_INI } from './support/stream-client.js';

const COLLECTION = '/v1/buckets/blog/collections/articles';
const RECORDS = `${COLLECTION}/records`;

let server: TestServer;

async function put(path: string, data: JsonObject, permissions?: JsonObject, auth?: 'bob'): Promise<void> {
  const body: JsonObject = permissions === undefined ? { data } : { data, permissions };
  const answer = await server.request('PUT', path, { body, ...(auth === undefined ? {} : { auth }) });
  if (answer.status >= 300) throw new Error(answer.text);
}

function remove(path: string) {
  return server.request('DELETE', path);
}

beforeEach(async () => {
  server = await startTestServer({ ini: STREAMS_INI });
  await put('/v1/buckets/blog', {});
  await put(COLLECTION, { kind: 'post' });
});

afterEach(async () => {
  StreamClient.closeAll();
  await server.close();
});

describe('A stream', () => {
  it('begins with a hello that says what it is and where it stands', async () => {
    await makeStream(server, { key: 'indexer', object_types: ['record'] });
    const client = await StreamClient.greeted(server, 'indexer');
    expect(client.hello).toEqual({
      type: 'hello',
      connection_id: expect.stringMatching(/^c_/) as string,
      keepalive: 50,
      position: expect.stringMatching(/^[0-9a-z]+-\d+\.[0-9a-f]{4}$/) as string,
      resumed: 'new',
      stream: { key: 'indexer', object_types: ['record'] },
    });
  });

  it('tells of records as the API shows them, each with its predecessor', async () => {
    await makeStream(server, { key: 'indexer', object_types: ['record'], include: ['old'] });
    const client = await StreamClient.greeted(server, 'indexer');
    await put(`${RECORDS}/r1`, { title: 'Helo' });
    const shown = (await server.request('GET', `${RECORDS}/r1`)).data;
    await put(`${RECORDS}/r1`, { title: 'Hello' });
    await remove(`${RECORDS}/r1`);
    const [created, updated, deleted] = await client.hears(3);
    expect(created!.data).toEqual(shown);
    expect(metaOf(created!)).toMatchObject({
      ...{ type: 'record', id: 'r1', action: 'create', match: 'enter', uri: RECORDS.slice(3) + '/r1' },
      ...{ previous: client.hello.position, timestamp: shown.last_modified, user_id: USER_IDS.mat, last: true },
      list_position: expect.stringMatching(/^[0-9a-z]+\.\d+\.[0-9a-f]{4}$/) as string,
    });
    expect(updated).toMatchObject({
      meta: { action: 'update', match: 'stay', revision: shown.last_modified, previous: metaOf(created!).position },
      ...{ data: { title: 'Hello' }, old: { title: 'Helo' } },
    });
    expect(deleted).toMatchObject({
      meta: { action: 'delete', match: 'leave', is_deleted: true, previous: metaOf(updated!).position },
      ...{ data: { id: 'r1', deleted: true }, old: { title: 'Hello' } },
    });
  });

  it('tells of buckets, collections and groups, and who joined and left', async () => {
    await makeStream(server, { key: 'all', object_types: ['bucket', 'collection', 'group'] });
    const client = await StreamClient.greeted(server, 'all');
    await put('/v1/buckets/other', {});
    await put('/v1/buckets/other/collections/c', {});
    await put('/v1/buckets/other/groups/g', { members: ['account:ann', 'account:ben'] });
    await put('/v1/buckets/other/groups/g', { members: ['account:ben', 'account:cy'] });
    await put('/v1/buckets/other/collections/c/records/r', {});
    await remove('/v1/buckets/other');
    await client.hears(5);
    expect(client.told).toEqual([
      'create bucket other',
      'create collection c',
      'create group g',
      'update group g',
      'delete bucket other',
    ]);
    expect(metaOf(client.frames[3]!)).toMatchObject({
      members_added: ['account:cy'],
      members_removed: ['account:ann'],
    });
  });

  it('tells of what others have granted and taken', async () => {
    const bob = { auth: 'bob' } as const;
    await server.request('PUT', '/v1/buckets/bobs', { ...bob, body: {} });
    await makeStream(server, { key: 'grants', object_types: ['grant', 'bucket'], echo: false });
    const client = await StreamClient.greeted(server, 'grants');
    await put('/v1/buckets/bobs', {}, { read: [USER_IDS.mat] }, 'bob');
    await client.hears(2);
    await put('/v1/buckets/bobs', {}, { read: [] }, 'bob');
    await client.hears(4);
    expect(client.told).toEqual([
      'create grant /buckets/bobs',
      'update bucket bobs',
      'delete grant /buckets/bobs',
      'leave bucket bobs',
    ]);
    const [given, entered, taken, left] = client.frames;
    expect(given!.data).toEqual({ uri: '/buckets/bobs', resource: 'bucket', permissions: ['read'] });
    // Both are one change: the second has its position.
    expect(metaOf(given!).position).toBeUndefined();
    expect(metaOf(entered!)).toMatchObject({ match: 'enter', position: expect.any(String) as string });
    expect(taken!.data).toEqual({ uri: '/buckets/bobs', resource: 'bucket', permissions: [] });
    expect(left!.data).toEqual({ id: 'bobs' });
  });

  it('keeps to its scope and its filters, old state and new', async () => {
    await put('/v1/buckets/blog/collections/drafts', {});
    await makeStream(server, {
      key: 'published',
      object_types: ['record'],
      scope: ['/buckets/blog/collections/articles/records'],
      filter: { record: { status: 'published', min_words: 10 } },
    });
    const client = await StreamClient.greeted(server, 'published');
    await put('/v1/buckets/blog/collections/drafts/records/r', { status: 'published', words: 20 });
    await put(`${RECORDS}/r1`, { status: 'draft', words: 20 });
    await put(`${RECORDS}/r1`, { status: 'published', words: 20 });
    await put(`${RECORDS}/r1`, { status: 'published', words: 30 });
    await put(`${RECORDS}/r1`, { status: 'published', words: 5 });
    await put(`${RECORDS}/r2`, { status: 'published', words: 10 });
    await client.hears(4);
    expect(client.frames.map((frame) => [metaOf(frame).id, metaOf(frame).match])).toEqual([
      ['r1', 'enter'],
      ['r1', 'stay'],
      ['r1', 'leave'],
      ['r2', 'enter'],
    ]);
    expect(client.frames[2]!.data).toEqual({ id: 'r1' });
  });

  it('brings the parent and the readers, on deletions too', async () => {
    await makeStream(server, { key: 'wide', object_types: ['record'], include: ['parent', 'readers'] });
    const client = await StreamClient.greeted(server, 'wide');
    await put(`${RECORDS}/r1`, {}, { read: ['account:bob'] });
    // Readers are told as they are when it is told.
    await client.hears(1);
    await remove(`${RECORDS}/r1`);
    for (const frame of await client.hears(2)) {
      expect(metaOf(frame).parent).toMatchObject({ id: 'articles', kind: 'post' });
      expect([...(metaOf(frame).readers as string[])].sort()).toEqual(['account:bob', USER_IDS.mat]);
    }
  });

  it('leaves out what its owner does where echo is false', async () => {
    await put(COLLECTION, {}, { write: [USER_IDS.bob] });
    await makeStream(server, { key: 'others', object_types: ['record'], echo: false });
    const client = await StreamClient.greeted(server, 'others');
    await put(`${RECORDS}/mine`, {});
    await put(`${RECORDS}/theirs`, {}, undefined, 'bob');
    await client.hears(1);
    expect(client.told).toEqual(['create record theirs']);
  });

  it('is changed while it is connected', async () => {
    await makeStream(server, { key: 'indexer', object_types: ['collection'] });
    const client = await StreamClient.greeted(server, 'indexer');
    const body = { data: { object_types: ['record'] } };
    expect((await server.request('PATCH', '/v1/streams/indexer', { body })).status).toBe(200);
    await until(() => client.controls('stream_updated').length === 1, 'word of the change');
    expect(client.controls('stream_updated')[0]!.stream).toEqual({ key: 'indexer', object_types: ['record'] });
    await put(COLLECTION, { kind: 'other' });
    await put(`${RECORDS}/after`, {});
    expect((await client.hears(1)).map((frame) => metaOf(frame).id).at(-1)).toBe('after');
    expect(client.told).not.toContain('update collection articles');
  });
});

describe('Who may not read', () => {
  const bobs = { authorization: basicAuth('bob') };

  beforeEach(async () => {
    const body = { data: { key: 'bobs', object_types: ['record'], include: ['old', 'parent', 'readers'] } };
    expect((await server.request('POST', '/v1/streams', { auth: 'bob', body })).status).toBe(201);
  });

  it('is told what is shared, when it comes into sight and when it leaves', async () => {
    const client = await StreamClient.greeted(server, 'bobs', bobs);
    await put(`${RECORDS}/secret`, { text: 'secret' });
    await put(`${RECORDS}/r1`, { text: 'before' });
    await put(`${RECORDS}/r1`, { text: 'shared' }, { read: [USER_IDS.bob] });
    await client.hears(1);
    await put(`${RECORDS}/r1`, { text: 'shared still' });
    await client.hears(2);
    await put(`${RECORDS}/r1`, { text: 'not any more' }, { read: [] });
    await put(`${RECORDS}/r2`, { text: 'end' }, { read: [USER_IDS.bob] });
    await client.hears(4);
    expect(client.frames.map((frame) => [metaOf(frame).id, metaOf(frame).match])).toEqual([
      ['r1', 'enter'],
      ['r1', 'stay'],
      ['r1', 'leave'],
      ['r2', 'enter'],
    ]);
    const all = JSON.stringify(client.heard);
    for (const hidden of ['secret', 'before', 'not any more', 'post']) expect(all).not.toContain(hidden);
    for (const frame of client.frames) expect(metaOf(frame)).not.toHaveProperty('readers');
  });

  it('is told that a whole part of the scope is lost, and nothing of it from then on', async () => {
    await put('/v1/buckets/blog', {}, { read: [USER_IDS.bob] });
    const scope = ['/buckets/blog/collections/*/records'];
    const patched = await server.request('PATCH', '/v1/streams/bobs', { auth: 'bob', body: { data: { scope } } });
    expect(patched.status).toBe(200);
    const client = await StreamClient.greeted(server, 'bobs', bobs);
    await put(`${RECORDS}/r1`, { text: 'one' });
    await client.hears(1);
    await put('/v1/buckets/blog', {}, { read: [] });
    await put(`${RECORDS}/r1`, { text: 'two' });
    await until(() => client.controls('grant_lost').length === 1, 'word of the loss');
    expect(client.controls('grant_lost')[0]).toMatchObject({ uri: '/buckets/blog' });
    await put(`${RECORDS}/r3`, {}, { read: [USER_IDS.bob] });
    await client.hears(2);
    expect(metaOf(client.frames[1]!).id).toBe('r3');
    expect(JSON.stringify(client.heard)).not.toContain('two');
  });
});
