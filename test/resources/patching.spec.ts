import { make, makeCollection, uriOf } from '../support/places.js';
import { scenario } from '../support/scenario.js';
import { startTestServer, USER_IDS, type TestServer } from '../support/server.js';

const MERGE = { 'content-type': 'application/merge-patch+json' };

let server: TestServer;
let records: string;
let record: string;
beforeAll(async () => (server = await startTestServer()));
beforeEach(async () => {
  records = `${await makeCollection(server)}/records`;
  record = `${records}/r`;
  await make(server, record, { data: { a: 1, deep: { x: 1, y: 2 } }, permissions: { read: ['x'] } });
});
afterAll(() => server.close());

describe('PATCH', () => {
  it('replaces the attributes it names and leaves the others', async () => {
    const answer = await scenario(server, ['PATCH', record, { body: { data: { deep: { z: 3 }, b: null } } }], {
      status: 200,
      changes: [`update ${uriOf(records)} r`],
    });
    expect(answer.data).toEqual({ a: 1, deep: { z: 3 }, b: null, id: 'r', last_modified: answer.etag });
    expect(answer.json.permissions).toEqual({ read: ['x'], write: [USER_IDS.mat] });
  });

  it('is a change even where nothing changes', async () => {
    const before = await server.request('GET', record);
    const answer = await scenario(server, ['PATCH', record, { body: { data: {} } }], {
      status: 200,
      changes: [`update ${uriOf(records)} r`],
    });
    expect(answer.etag).toBeGreaterThan(before.etag);
  });

  it('sets the permissions it names and leaves the others', async () => {
    const answer = await server.request('PATCH', record, { body: { permissions: { write: ['y'] } } });
    const { read, write } = answer.json.permissions as { read: string[]; write: string[] };
    expect(read).toEqual(['x']);
    expect(write.sort()).toEqual([USER_IDS.mat, 'y'].sort());
    const emptied = await server.request('PATCH', record, { body: { permissions: { read: [], write: null } } });
    expect(emptied.json.permissions).not.toHaveProperty('read');
    expect((emptied.json.permissions as { write: string[] }).write).toHaveLength(2);
  });

  it.each([[undefined], [{}]])('needs data or permissions, not %j', async (body) => {
    await scenario(server, ['PATCH', record, body === undefined ? {} : { body }], {
      status: 400,
      errno: 107,
      body: {
        details: [{ location: 'body', name: 'data', description: 'Provide at least one of data or permissions' }],
      },
    });
  });

  it('looks for the object and at the preconditions before it asks for data or permissions', async () => {
    await scenario(server, ['PATCH', `${records}/none`, { body: {} }], { status: 404, errno: 110, changes: [] });
    const stale = { headers: { 'if-match': '"1000"' }, body: {} };
    await scenario(server, ['PATCH', record, stale], { status: 412, errno: 114, changes: [] });
  });

  it.each(['other', 1, null])('refuses the id %j', async (id) => {
    await scenario(server, ['PATCH', record, { body: { data: { id } } }], { status: 400, errno: 107, changes: [] });
    await scenario(server, ['GET', record], { status: 200 });
  });

  it('finds nothing to patch', async () => {
    await scenario(server, ['PATCH', `${records}/none`, { body: { data: {} } }], {
      status: 404,
      errno: 110,
      body: { details: { id: 'none', resource_name: 'record' } },
    });
  });

  it('knows three media types, and says so', async () => {
    const types = ['application/json', 'application/merge-patch+json', 'application/json-patch+json'];
    const description = `Content-Type header should be one of [${types.map((type) => `'${type}'`).join(', ')}]`;
    await scenario(server, ['PATCH', record, { headers: { 'content-type': 'text/plain' }, body: {} }], {
      status: 415,
      errno: 107,
      body: { message: description, details: [{ location: 'header', name: 'Content-Type', description }] },
    });
  });
});

describe('A merge patch', () => {
  it('merges objects and removes what is null', async () => {
    const data = { a: null, deep: { x: null, z: { n: null } }, id: null, last_modified: null };
    const answer = await scenario(server, ['PATCH', record, { headers: MERGE, body: { data } }], {
      status: 200,
      changes: [`update ${uriOf(records)} r`],
    });
    expect(answer.data).toEqual({ deep: { y: 2, z: {} }, id: 'r', last_modified: answer.etag });
  });

  it('replaces what is no object by one, and keeps nulls in lists', async () => {
    const data = { a: { now: 'an object' }, deep: [null, 1] };
    const answer = await server.request('PATCH', record, { headers: MERGE, body: { data } });
    expect(answer.data).toMatchObject(data);
  });

  it('takes __proto__ for a key like any other', async () => {
    const raw = '{"data":{"__proto__":{"polluted":true}}}';
    const answer = await server.request('PATCH', record, { headers: MERGE, raw });
    expect(answer.text).toContain('"__proto__":{"polluted":true}');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('empties the permissions that are null', async () => {
    const ask = { headers: MERGE, body: { permissions: { read: null } } };
    const answer = await server.request('PATCH', record, ask);
    expect(answer.json.permissions).toEqual({ write: [USER_IDS.mat] });
  });

  it('by somebody whose right is inherited leaves the rights of all others', async () => {
    const bucket = record.split('/').slice(0, 4).join('/');
    await server.request('PATCH', bucket, { body: { permissions: { write: [USER_IDS.bob] } } });
    const ask = { auth: 'bob' as const, headers: MERGE, body: { permissions: { read: ['y'] } } };
    const answer = await server.request('PATCH', record, ask);
    const { read, write } = answer.json.permissions as { read: string[]; write: string[] };
    expect(read).toEqual(['y']);
    expect(write.sort()).toEqual([USER_IDS.mat, USER_IDS.bob].sort());
  });
});
