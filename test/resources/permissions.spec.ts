import { make, makeBucket, makeCollection, uriOf } from '../support/places.js';
import { scenario } from '../support/scenario.js';
import { startTestServer, USER_IDS, type Ask, type TestServer } from '../support/server.js';

const UNAUTHORIZED = {
  status: 401,
  body: {
    code: 401,
    errno: 104,
    error: 'Unauthorized',
    message: 'Please authenticate yourself to use this endpoint.',
  },
  headers: { 'www-authenticate': 'Basic realm="Realm"' },
  changes: [],
};
const FORBIDDEN = {
  status: 403,
  body: { code: 403, errno: 121, error: 'Forbidden', message: 'This user cannot access this resource.' },
  headers: { 'www-authenticate': null },
  changes: [],
};

const ANYBODY = { auth: null };
const BOB = { auth: 'bob' } as const;

let server: TestServer;
beforeAll(async () => (server = await startTestServer()));
afterAll(() => server.close());

const body: Ask = { body: { data: {} } };

describe('Who may do nothing', () => {
  it.each([
    ['GET', ''],
    ['HEAD', ''],
    ['PUT', ''],
    ['PATCH', ''],
    ['DELETE', ''],
    ['GET', '/collections'],
    ['POST', '/collections'],
    ['DELETE', '/collections'],
    ['GET', '/groups/none'],
    ['PUT', '/groups/none'],
    ['GET', '/collections/c/records'],
    ['GET', '/collections/c/records/none'],
    ['PUT', '/collections/c/records/none'],
  ])('is refused: 401 for nobody, 403 for somebody: %s …%s', async (method, path) => {
    const bucket = await makeBucket(server);
    await make(server, `${bucket}/collections/c`);
    const ask = method === 'PUT' || method === 'POST' || method === 'PATCH' ? body : {};
    const isHead = method === 'HEAD';
    await scenario(server, [method, bucket + path, { ...ask, ...ANYBODY }], isHead ? { status: 401 } : UNAUTHORIZED);
    await scenario(server, [method, bucket + path, { ...ask, ...BOB }], isHead ? { status: 403 } : FORBIDDEN);
  });

  it('does not learn whether a bucket is there', async () => {
    for (const path of ['/v1/buckets/nowhere', '/v1/buckets/nowhere/collections', '/v1/buckets/_invalid']) {
      await scenario(server, ['GET', path], FORBIDDEN);
      await scenario(server, ['GET', path, ANYBODY], UNAUTHORIZED);
    }
    for (const method of ['PATCH', 'DELETE']) {
      await scenario(server, [method, '/v1/buckets/nowhere', method === 'PATCH' ? body : {}], FORBIDDEN);
    }
    await scenario(server, ['PUT', '/v1/buckets/nowhere/collections/c', body], FORBIDDEN);
  });

  it('learns as in Kinto, when writing, that a collection is missing', async () => {
    const bucket = await makeBucket(server);
    const missing = { status: 404, errno: 111, body: { details: { id: 'none', resource_name: 'collection' } } };
    const path = `${bucket}/collections/none/records`;
    for (const ask of [{}, BOB, ANYBODY]) {
      const answer = await scenario(server, ['POST', path, { ...body, ...ask }], missing);
      expect(answer.json).not.toHaveProperty('message');
      await scenario(server, ['DELETE', `${path}/r`, ask], missing);
    }
    await scenario(server, ['GET', path, ANYBODY], UNAUTHORIZED);
    await scenario(server, ['GET', path, BOB], FORBIDDEN);
    await scenario(server, ['GET', path], missing);
  });
});

describe('Who may read the parent', () => {
  it('learns what is not there', async () => {
    const bucket = await makeBucket(server, { permissions: { read: [USER_IDS.bob] } });
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      const ask = method === 'PATCH' ? { ...body, ...BOB } : BOB;
      await scenario(server, [method, `${bucket}/collections/none`, ask], {
        status: 404,
        body: { code: 404, errno: 110, error: 'Not Found', details: { id: 'none', resource_name: 'collection' } },
      });
    }
    await scenario(server, ['PUT', `${bucket}/collections/none`, { ...body, ...BOB }], FORBIDDEN);
  });
});

describe('Permissions of a bucket', () => {
  it('to read reach everything below', async () => {
    const bucket = await makeBucket(server, { permissions: { read: ['system.Everyone'] } });
    await make(server, `${bucket}/collections/c`);
    await make(server, `${bucket}/collections/c/records/r`);
    for (const path of ['', '/collections', '/collections/c', '/collections/c/records', '/collections/c/records/r']) {
      await scenario(server, ['GET', bucket + path, ANYBODY], { status: 200 });
    }
    await scenario(server, ['PUT', `${bucket}/collections/c/records/r`, { ...body, ...BOB }], FORBIDDEN);
  });

  it('to write reach everything below, but who has them by inheritance does not see who else has', async () => {
    const bucket = await makeBucket(server, { permissions: { write: [USER_IDS.bob] } });
    await make(server, `${bucket}/collections/c`);
    await make(server, `${bucket}/collections/c/records/r`);
    const record = `${bucket}/collections/c/records/r`;
    await scenario(server, ['GET', record, BOB], { status: 200, body: { permissions: {} } });
    const list = uriOf(`${bucket}/collections/c/records`);
    const answer = await scenario(server, ['PATCH', record, { ...body, ...BOB }], {
      status: 200,
      changes: [`update ${list} r`],
    });
    // Whoever writes is added to those who may.
    expect((answer.json.permissions as { write: string[] }).write).toContain(USER_IDS.bob);
    await scenario(server, ['DELETE', record, BOB], { status: 200, changes: [`delete ${list} r`] });
  });

  it('to create collections let one in at the door, and no further', async () => {
    const bucket = await makeBucket(server, { permissions: { 'collection:create': ['system.Authenticated'] } });
    await make(server, `${bucket}/collections/hers`);
    await scenario(server, ['GET', bucket, BOB], { status: 200 });
    await scenario(server, ['GET', `${bucket}/groups`, BOB], FORBIDDEN);
    await scenario(server, ['GET', `${bucket}/collections/hers`, BOB], FORBIDDEN);
    const empty = await scenario(server, ['GET', `${bucket}/collections`, BOB], { status: 200 });
    expect(empty.list).toEqual([]);
    await scenario(server, ['PUT', `${bucket}/collections/his`, { ...body, ...BOB }], {
      status: 201,
      body: { permissions: { write: [USER_IDS.bob] } },
      changes: [`create ${uriOf(bucket)}/collections his`],
    });
    await scenario(server, ['PUT', `${bucket}/collections/hers`, { ...body, ...BOB }], FORBIDDEN);
    // A creator without write learns by 412 that it exists.
    const headers = { 'if-none-match': '*' };
    await scenario(server, ['PUT', `${bucket}/collections/hers`, { headers, ...body, ...BOB }], { status: 412 });
  });

  it('let nobody in particular write in the name of everybody', async () => {
    const collection = await makeCollection(server, { permissions: { 'record:create': ['system.Everyone'] } });
    const answer = await server.request('POST', `${collection}/records`, { ...ANYBODY, ...body });
    expect(answer.status).toBe(201);
    expect(answer.json.permissions).toEqual({ write: ['system.Everyone'] });
    const [change] = (await server.newLogged()).slice(-1);
    expect(change?.userId).toBeNull();
  });
});

describe('Objects that are shared one by one', () => {
  it('are all that a list shows, counts and deletes', async () => {
    const records = `${await makeCollection(server)}/records`;
    await make(server, `${records}/hidden`);
    await make(server, `${records}/seen`, { permissions: { read: [USER_IDS.bob] } });
    await make(server, `${records}/his`, { permissions: { write: [USER_IDS.bob] } });
    const whole = await server.request('GET', records);
    const shared = await scenario(server, ['GET', records, BOB], { status: 200, headers: { etag: `"${whole.etag}"` } });
    expect(shared.ids).toEqual(['his', 'seen']);
    await scenario(server, ['HEAD', records, BOB], { status: 200, headers: { 'total-objects': '2' } });
    await scenario(server, ['GET', records, ANYBODY], UNAUTHORIZED);
    await scenario(server, ['DELETE', records, BOB], { status: 200, changes: [`delete ${uriOf(records)} his`] });
    expect((await server.request('GET', records)).ids).toEqual(['hidden', 'seen']);
    await scenario(server, ['DELETE', records, BOB], FORBIDDEN);
  });

  it('are found whatever the names around them look like', async () => {
    const bucket = await makeBucket(server);
    for (const id of ['c_c', 'cXc']) await make(server, `${bucket}/collections/${id}`);
    await make(server, `${bucket}/collections/cXc/records/r`, { permissions: { read: [USER_IDS.bob] } });
    await make(server, `${bucket}/collections/c_c/records/r`);
    await scenario(server, ['GET', `${bucket}/collections/c_c/records`, BOB], FORBIDDEN);
  });

  it('are the buckets one sees', async () => {
    const idOf = (path: string) => path.slice('/v1/buckets/'.length);
    const hidden = idOf(await makeBucket(server));
    const shared = idOf(await makeBucket(server, { permissions: { 'group:create': [USER_IDS.alice] } }));
    const { ids } = await server.request('GET', '/v1/buckets', { auth: 'alice' });
    expect(ids).toContain(shared);
    expect(ids).not.toContain(hidden);
  });
});

describe('Groups', () => {
  it('lend their members what they may, for as long as they are members', async () => {
    const bucket = await makeBucket(server);
    const group = `${bucket}/groups/g`;
    await make(server, group, { data: { members: [USER_IDS.bob] } });
    const permissions = { read: [uriOf(group)] };
    await make(server, `${bucket}/collections/c`, { permissions });
    await scenario(server, ['GET', `${bucket}/collections/c`, BOB], { status: 200 });
    const { json } = await server.request('GET', '/v1/', BOB);
    expect((json.user as { principals: string[] }).principals).toContain(uriOf(group));

    await server.request('PATCH', group, { body: { data: { members: [USER_IDS.alice] } } });
    await scenario(server, ['GET', `${bucket}/collections/c`, BOB], FORBIDDEN);
    await scenario(server, ['GET', `${bucket}/collections/c`, { auth: 'alice' }], { status: 200 });

    await server.request('DELETE', group);
    await scenario(server, ['GET', `${bucket}/collections/c`, { auth: 'alice' }], FORBIDDEN);
  });

  it('may have everybody who is somebody as a member', async () => {
    const bucket = await makeBucket(server);
    await make(server, `${bucket}/groups/all`, { data: { members: ['system.Authenticated'] } });
    await make(server, `${bucket}/collections/c`, { permissions: { read: [`${uriOf(bucket)}/groups/all`] } });
    await scenario(server, ['GET', `${bucket}/collections/c`, BOB], { status: 200 });
    await scenario(server, ['GET', `${bucket}/collections/c`, ANYBODY], UNAUTHORIZED);
  });

  it('are announced like everything else', async () => {
    const bucket = await makeBucket(server);
    await scenario(server, ['PUT', `${bucket}/groups/g`, { body: { data: { members: ['x', 'x'] } } }], {
      status: 201,
      body: { data: { members: ['x', 'x'] } },
      changes: [`create ${uriOf(bucket)}/groups g`],
    });
  });
});

describe('Where the settings say otherwise', () => {
  it('lets only those create buckets who are named, and adds nobody to what they write', async () => {
    const ini = `kinto.bucket_create_principals = ${USER_IDS.alice}\nkinto.explicit_permissions = false`;
    const strict = await startTestServer({ ini });
    await scenario(strict, ['PUT', '/v1/buckets/b', body], FORBIDDEN);
    const permissions = { read: [USER_IDS.alice] };
    await scenario(strict, ['PUT', '/v1/buckets/b', { auth: 'alice', body: { permissions } }], {
      status: 201,
      body: { permissions: {} },
      changes: ['create /buckets b'],
    });
    await scenario(strict, ['GET', '/v1/buckets/b', { auth: 'alice' }], { status: 200, body: { permissions: {} } });
    await scenario(strict, ['DELETE', '/v1/buckets/b', { auth: 'alice' }], FORBIDDEN);
    await strict.close();
  });

  it('lets who is named for one resource have that resource everywhere, and nothing below', async () => {
    const kind = await startTestServer({ ini: 'kinto.collection_read_principals = system.Everyone' });
    await make(kind, '/v1/buckets/b');
    await make(kind, '/v1/buckets/b/collections/c');
    await scenario(kind, ['GET', '/v1/buckets/b/collections/c', ANYBODY], { status: 200 });
    await scenario(kind, ['GET', '/v1/buckets/b/collections/c/records', ANYBODY], UNAUTHORIZED);
    await kind.close();
  });
});
