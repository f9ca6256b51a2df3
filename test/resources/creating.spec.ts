import { make, makeBucket, makeCollection, uriOf } from '../support/places.js';
import { scenario } from '../support/scenario.js';
import { startTestServer, USER_IDS, type TestServer } from '../support/server.js';

let server: TestServer;
let records: string;
beforeAll(async () => (server = await startTestServer()));
beforeEach(async () => {
  records = `${await makeCollection(server)}/records`;
});
afterAll(() => server.close());

describe('POST', () => {
  it('creates an object under an id of the server’s, and announces it', async () => {
    const answer = await server.request('POST', records, { body: { data: { title: 'é' } } });
    expect(answer.status).toBe(201);
    expect(answer.json).toEqual({
      permissions: { write: [USER_IDS.mat] },
      data: { title: 'é', id: expect.any(String) as string, last_modified: answer.etag },
    });
    expect(answer.data.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(answer.text).toContain('\\u00E9');
    expect(answer.headers.get('last-modified')).toBe(new Date(answer.etag).toUTCString());
    expect(answer.headers.get('cache-control')).toBeNull();
    expect((await server.newChanges()).at(-1)).toBe(`create ${uriOf(records)} ${answer.data.id as string}`);
  });

  it.each(['buckets', 'collections', 'groups'])('gives %s short ids', async (plural) => {
    const list = plural === 'buckets' ? '/v1/buckets' : `${await makeBucket(server)}/${plural}`;
    const answer = await server.request('POST', list);
    expect(answer.status).toBe(201);
    expect(answer.data.id).toMatch(/^[A-Za-z0-9][A-Za-z0-9_-]{7}$/);
  });

  it('takes the client’s id', async () => {
    await scenario(server, ['POST', records, { body: { data: { id: 'mine', n: 1 } } }], {
      status: 201,
      body: { data: { id: 'mine', n: 1 } },
      changes: [`create ${uriOf(records)} mine`],
    });
  });

  it('answers with what is there already, and changes nothing', async () => {
    const before = await make(server, `${records}/mine`, { data: { n: 1 } });
    const answer = await scenario(server, ['POST', records, { body: { data: { id: 'mine', n: 2 } } }], {
      status: 200,
      body: { data: before, permissions: { write: [USER_IDS.mat] } },
      headers: { etag: `"${before.last_modified as number}"` },
      changes: [],
    });
    expect(answer.data).toEqual(before);
  });

  it('shows what is there to nobody who may not read it', async () => {
    await make(server, `${records}/mine`);
    const ask = { auth: 'bob', body: { data: { id: 'mine' } } } as const;
    await scenario(server, ['POST', records, ask], { status: 403, errno: 121 });
  });

  it.each([1, null, '', '_x', 'a/b', 'a\n', ' ', [], {}])('refuses the id %j', async (id) => {
    await scenario(server, ['POST', records, { body: { data: { id } } }], {
      status: 400,
      errno: 107,
      body: { details: [{ location: 'path', name: null, description: 'Invalid object id' }] },
      changes: [],
    });
  });

  it('refuses an id that is none even to somebody it does not know', async () => {
    const ask = { auth: null, body: { data: { id: '_x' } } };
    await scenario(server, ['POST', records, ask], { status: 400, body: { message: 'path: Invalid object id' } });
  });
});

describe('PUT', () => {
  it('creates, then replaces the whole', async () => {
    const path = `${records}/r`;
    const first = await scenario(server, ['PUT', path, { body: { data: { a: 1 } } }], {
      status: 201,
      changes: [`create ${uriOf(records)} r`],
    });
    const second = await scenario(server, ['PUT', path, { body: { data: { b: 2 } } }], {
      status: 200,
      changes: [`update ${uriOf(records)} r`],
    });
    expect(second.data).toEqual({ b: 2, id: 'r', last_modified: second.etag });
    expect(second.etag).toBeGreaterThan(first.etag);
  });

  it('announces what the object is now and what it was', async () => {
    const before = await make(server, `${records}/r`, { data: { a: 1 } });
    await server.newLogged();
    const { data } = await server.request('PUT', `${records}/r`, { body: { data: { a: 2 } } });
    const [change] = await server.newLogged();
    expect(change).toMatchObject({ action: 'update', userId: USER_IDS.mat, timestamp: data.last_modified, last: true });
    expect(JSON.parse(change!.newText)).toEqual(data);
    expect(JSON.parse(change!.oldText!)).toEqual(before);
  });

  it('creates an empty object from nothing at all', async () => {
    const answer = await scenario(server, ['PUT', `${records}/r`], {
      status: 201,
      changes: [`create ${uriOf(records)} r`],
    });
    expect(answer.data).toEqual({ id: 'r', last_modified: answer.etag });
  });

  it('of permissions alone keeps the data, and is still a change', async () => {
    const before = await make(server, `${records}/r`, { data: { a: 1 } });
    const answer = await scenario(server, ['PUT', `${records}/r`, { body: { permissions: { read: ['x'] } } }], {
      status: 200,
      body: { permissions: { read: ['x'], write: [USER_IDS.mat] } },
      changes: [`update ${uriOf(records)} r`],
    });
    expect(answer.data).toEqual({ ...before, last_modified: answer.etag });
    expect(answer.etag).toBeGreaterThan(Number(before.last_modified));
  });

  it('of some permissions empties the others, and of none leaves them', async () => {
    await make(server, `${records}/r`, { permissions: { read: ['x'], write: ['y'] } });
    for (const permissions of [{}, { read: null }]) {
      const kept = await server.request('PUT', `${records}/r`, { body: { permissions } });
      expect(kept.json.permissions).toMatchObject({ read: ['x'] });
    }
    const { json } = await server.request('PUT', `${records}/r`, { body: { permissions: { write: ['z'] } } });
    const { read, write } = json.permissions as { read?: string[]; write: string[] };
    expect(read).toBeUndefined();
    expect(write.sort()).toEqual([USER_IDS.mat, 'z'].sort());
  });

  it.each([{ id: 'other' }, { id: 1 }, { id: null }])('refuses another id inside: %j', async (data) => {
    await make(server, `${records}/r`);
    await scenario(server, ['PUT', `${records}/r`, { body: { data } }], {
      status: 400,
      body: { details: [{ location: 'body', name: 'id', description: 'Object id does not match existing object' }] },
      changes: [],
    });
  });

  it('refuses an id that is none to who may create, and is silent to who may not', async () => {
    await scenario(server, ['PUT', `${records}/_r`, { body: {} }], { status: 400, errno: 107 });
    await scenario(server, ['PUT', `${records}/_r`, { auth: 'bob', body: {} }], { status: 403 });
    await scenario(server, ['PUT', '/v1/buckets/b%0A', { body: {} }], { status: 400 });
  });

  it('takes an id of any length', async () => {
    const id = 'x'.repeat(5000);
    await scenario(server, ['PUT', `${records}/${id}`], { status: 201, changes: [`create ${uriOf(records)} ${id}`] });
    await scenario(server, ['GET', `${records}/${id}`], { status: 200 });
  });
});
