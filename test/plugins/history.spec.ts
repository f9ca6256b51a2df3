import { make } from '../support/places.js';
import { scenario } from '../support/scenario.js';
import { basicAuth, startTestServer, USER_IDS, type TestServer } from '../support/server.js';
import type { JsonObject } from '../../src/wire/json.js';

const BUCKET = '/v1/buckets/b';
const COLLECTION = `${BUCKET}/collections/c`;
const RECORDS = `${COLLECTION}/records`;
const HISTORY = `${BUCKET}/history`;
const INI = 'kinto.includes = kinto.plugins.history kinto.plugins.default_bucket';

let server: TestServer;

async function start(ini = ''): Promise<void> {
  server = await startTestServer({ ini: `${INI}\n${ini}` });
}

afterEach(() => server.close());

async function historyOf(bucket: string, query = ''): Promise<JsonObject[]> {
  return (await server.request('GET', `${bucket}/history${query}`)).list;
}

/** As `create /buckets/b/collections/c`, the newest first. */
async function storyOf(bucket: string): Promise<string[]> {
  return (await historyOf(bucket)).map(({ action, uri }) => `${action as string} ${uri as string}`);
}

function batch(...requests: object[]) {
  return server.request('POST', '/v1/batch', { body: { requests } as never });
}

describe('The history of a bucket', () => {
  beforeEach(() => start());

  it('is a capability', async () => {
    const { json } = await server.request('GET', '/v1/');
    expect((json.capabilities as JsonObject).history).toEqual({
      description: 'Track changes on data.',
      url: 'http://kinto.readthedocs.io/en/latest/api/1.x/history.html',
    });
  });

  it('has an entry for each change, with what became of the object', async () => {
    await make(server, BUCKET, { permissions: { read: ['julia'] } });
    await make(server, `${BUCKET}/groups/g`, { data: { members: ['x'] } });
    await make(server, COLLECTION);
    const record = await make(server, `${RECORDS}/r`, { data: { a: 1 }, permissions: { read: ['bob'] } });
    const patched = await server.request('PATCH', `${RECORDS}/r`, { body: { data: { a: 2 } } });
    const deleted = await server.request('DELETE', `${RECORDS}/r`);
    const common = {
      id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      last_modified: expect.any(Number) as number,
      date: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/) as string,
      user_id: USER_IDS.mat,
    };
    const uri = '/buckets/b/collections/c/records/r';
    const ofRecord = { ...common, uri, resource_name: 'record', collection_id: 'c', record_id: 'r' };
    const permissions = { write: [USER_IDS.mat] };
    const entries = await historyOf(BUCKET);
    expect(entries).toEqual([
      { ...ofRecord, action: 'delete', target: { data: deleted.data, permissions: {} } },
      { ...ofRecord, action: 'update', target: { data: patched.data, permissions: { read: ['bob'], ...permissions } } },
      { ...ofRecord, action: 'create', target: { data: record, permissions: { read: ['bob'], ...permissions } } },
      {
        ...common,
        uri: '/buckets/b/collections/c',
        resource_name: 'collection',
        collection_id: 'c',
        action: 'create',
        target: { data: expect.objectContaining({ id: 'c' }) as JsonObject, permissions },
      },
      {
        ...common,
        uri: '/buckets/b/groups/g',
        resource_name: 'group',
        group_id: 'g',
        action: 'create',
        target: { data: expect.objectContaining({ members: ['x'] }) as JsonObject, permissions },
      },
      {
        ...common,
        uri: '/buckets/b',
        resource_name: 'bucket',
        bucket_id: 'b',
        action: 'create',
        target: {
          data: expect.objectContaining({ id: 'b' }) as JsonObject,
          permissions: { read: ['julia'], ...permissions },
        },
      },
    ]);
    const dates = entries.map(({ date }) => date as string);
    expect(dates).toEqual([...dates].sort().reverse());
    expect(new Set(dates).size).toBe(dates.length);
  });

  it('has no entry for what changes nothing: reading, a POST of what is there, a refusal', async () => {
    await make(server, BUCKET);
    await make(server, COLLECTION);
    await make(server, `${RECORDS}/r`);
    const before = await storyOf(BUCKET);
    await server.request('GET', RECORDS);
    await scenario(server, ['POST', RECORDS, { body: { data: { id: 'r', a: 1 } } }], { status: 200 });
    await scenario(server, ['PUT', `${RECORDS}/r`, { headers: { 'if-none-match': '*' }, body: {} }], { status: 412 });
    expect(await storyOf(BUCKET)).toEqual(before);
    // An update that changes nothing but the time is one all the same.
    await server.request('PATCH', `${RECORDS}/r`, { body: { data: {} } });
    expect(await storyOf(BUCKET)).toEqual(['update /buckets/b/collections/c/records/r', ...before]);
  });

  it('is announced to nobody', async () => {
    await make(server, BUCKET);
    await scenario(server, ['PUT', COLLECTION, { body: {} }], {
      status: 201,
      changes: ['create /buckets/b/collections c'],
    });
  });

  it('keeps digits and characters as they are', async () => {
    await make(server, BUCKET);
    await make(server, COLLECTION);
    const raw = '{"data":{"n":9007199254740993,"f":1.5,"t":"é\\u0001😀"}}';
    const answer = await server.request('PUT', `${RECORDS}/r`, { raw });
    const object = answer.text.slice(answer.text.indexOf('"data":') + '"data":'.length, -1);
    const history = await server.request('GET', `${HISTORY}?record_id=r`);
    expect(object).toContain('9007199254740993');
    // Not as a whole: PostgreSQL keeps the keys in an order of its own.
    for (const member of ['"n":9007199254740993', '"f":1.5', /"t":"[^"]+"/.exec(object)![0]]) {
      expect(history.text).toContain(member);
    }
  });

  it('tells nobody’s changes as nobody’s', async () => {
    await make(server, BUCKET, { permissions: { 'collection:create': ['system.Everyone'] } });
    await make(server, COLLECTION, {}, { auth: null });
    const [entry] = await historyOf(BUCKET);
    expect(entry).toMatchObject({ user_id: null, resource_name: 'collection' });
  });

  it('has what the default bucket makes by itself, and is found under its alias', async () => {
    const records = '/v1/buckets/default/collections/c/records';
    const { data } = await server.request('POST', records, { body: { data: { a: 1 } } });
    const bucket = '/buckets/ddaf8694-fa9e-2949-ed0e-77198a7907fb';
    expect(await storyOf('/v1/buckets/default')).toEqual([
      `create ${bucket}/collections/c/records/${data.id as string}`,
      `create ${bucket}/collections/c`,
      `create ${bucket}`,
    ]);
  });

  it('outlives a collection and goes with its bucket', async () => {
    await make(server, BUCKET);
    await make(server, COLLECTION);
    await make(server, `${RECORDS}/r`);
    await server.request('DELETE', COLLECTION);
    expect(await storyOf(BUCKET)).toEqual([
      'delete /buckets/b/collections/c',
      'create /buckets/b/collections/c/records/r',
      'create /buckets/b/collections/c',
      'create /buckets/b',
    ]);
    await server.request('DELETE', BUCKET);
    await make(server, BUCKET);
    expect(await storyOf(BUCKET)).toEqual(['create /buckets/b']);
  });

  it('has an entry for each object of a plural DELETE, each in its own bucket', async () => {
    for (const bucket of ['b', 'd']) {
      await make(server, `/v1/buckets/${bucket}`);
      await make(server, `/v1/buckets/${bucket}/collections/c`);
      await make(server, `/v1/buckets/${bucket}/collections/c/records/r`);
      await make(server, `/v1/buckets/${bucket}/collections/c/records/s`);
    }
    await server.request('DELETE', RECORDS);
    expect((await storyOf(BUCKET)).slice(0, 2).sort()).toEqual([
      'delete /buckets/b/collections/c/records/r',
      'delete /buckets/b/collections/c/records/s',
    ]);
    await batch(...['b', 'd'].map((id) => ({ method: 'PATCH', path: `/v1/buckets/${id}`, body: { data: { n: 1 } } })));
    expect((await storyOf(BUCKET))[0]).toBe('update /buckets/b');
    expect((await storyOf('/v1/buckets/d'))[0]).toBe('update /buckets/d');
    expect(await storyOf('/v1/buckets/d')).toHaveLength(5);
  });
});

describe('The history of a batch', () => {
  beforeEach(() => start());

  it('tells what happened to a list in the order in which it happened', async () => {
    await batch(
      { method: 'PUT', path: BUCKET },
      { method: 'PUT', path: COLLECTION },
      { method: 'PUT', path: `${RECORDS}/r`, body: { data: { n: 1 } } },
      { method: 'DELETE', path: `${RECORDS}/r` },
      { method: 'PUT', path: `${RECORDS}/s` },
      { method: 'PUT', path: `${RECORDS}/r`, body: { data: { n: 2 } } },
    );
    expect(await storyOf(BUCKET)).toEqual([
      'create /buckets/b/collections/c/records/r',
      'create /buckets/b/collections/c/records/s',
      'delete /buckets/b/collections/c/records/r',
      'create /buckets/b/collections/c/records/r',
      'create /buckets/b/collections/c',
      'create /buckets/b',
    ]);
  });

  it('names who did each thing', async () => {
    await make(server, BUCKET);
    await server.request('PUT', COLLECTION, { body: { permissions: { write: ['system.Everyone'] } } });
    const as = (user: string, path: string) => ({ method: 'PUT', path, headers: { Authorization: basicAuth(user) } });
    await batch(as('mat', `${RECORDS}/a`), as('bob', `${RECORDS}/b`));
    const written = (await historyOf(BUCKET, '?resource_name=record')).map(({ record_id, user_id }) => [
      record_id,
      user_id,
    ]);
    expect(written).toEqual([
      ['b', USER_IDS.bob],
      ['a', USER_IDS.mat],
    ]);
  });

  it('leaves out what was refused', async () => {
    await make(server, BUCKET);
    await batch(
      { method: 'PUT', path: COLLECTION },
      { method: 'PUT', path: COLLECTION, headers: { 'If-None-Match': '*' } },
    );
    expect(await storyOf(BUCKET)).toEqual(['create /buckets/b/collections/c', 'create /buckets/b']);
  });

  it('begins anew with a bucket that was deleted and made again', async () => {
    await make(server, BUCKET);
    await make(server, COLLECTION);
    await batch(
      { method: 'PUT', path: `${RECORDS}/old` },
      { method: 'PUT', path: `${BUCKET}/groups/old`, body: { data: { members: [] } } },
      { method: 'PATCH', path: BUCKET, body: { data: { n: 1 } } },
      { method: 'DELETE', path: BUCKET },
      { method: 'PUT', path: BUCKET },
      { method: 'PUT', path: COLLECTION },
      { method: 'PUT', path: `${RECORDS}/new` },
    );
    expect((await storyOf(BUCKET)).sort()).toEqual([
      'create /buckets/b',
      'create /buckets/b/collections/c',
      'create /buckets/b/collections/c/records/new',
    ]);
  });

  it('leaves nothing of a bucket that is gone at its end', async () => {
    await batch(
      { method: 'PUT', path: BUCKET },
      { method: 'PUT', path: COLLECTION },
      { method: 'DELETE', path: BUCKET },
    );
    await scenario(server, ['GET', HISTORY], { status: 403 });
    await make(server, BUCKET);
    expect(await storyOf(BUCKET)).toEqual(['create /buckets/b']);
  });
});

describe('What is excluded from the history', () => {
  it('are resources and everything below them, and users', async () => {
    await start(
      'kinto.history.exclude_resources = /buckets/a /buckets/b/collections/a /buckets/b/groups/a /buckets/b/collections/b/records/2\n' +
        `kinto.history.exclude_user_ids = ${USER_IDS.bob}`,
    );
    const permissions = { write: [USER_IDS.bob] };
    for (const bucket of ['a', 'b']) await make(server, `/v1/buckets/${bucket}`, { permissions });
    await make(server, '/v1/buckets/a/groups/g', { data: { members: [] } });
    await make(server, `${BUCKET}/groups/a`, { data: { members: [] } });
    for (const collection of ['a', 'b']) {
      await make(server, `${BUCKET}/collections/${collection}`);
      for (const record of ['1', '2']) await make(server, `${BUCKET}/collections/${collection}/records/${record}`);
    }
    await make(server, `${BUCKET}/collections/b/records/3`, {}, { auth: 'bob' });
    expect(await storyOf('/v1/buckets/a')).toEqual([]);
    expect(await storyOf(BUCKET)).toEqual([
      'create /buckets/b/collections/b/records/1',
      'create /buckets/b/collections/b',
      'create /buckets/b',
    ]);
    const { json } = await server.request('GET', '/v1/');
    expect((json.capabilities as { history: JsonObject }).history.excluded_resources).toEqual([
      { bucket: 'a' },
      { bucket: 'b', collection: 'a' },
      { bucket: 'b', group: 'a' },
      { bucket: 'b', collection: 'b', record: '2' },
    ]);
  });
});
