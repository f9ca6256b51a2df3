import { make, makeBucket } from '../support/places.js';
import { scenario } from '../support/scenario.js';
import { startTestServer, USER_IDS, type Answer, type TestServer } from '../support/server.js';

const LIST = '/v1/permissions';
const ENABLED = 'kinto.experimental_permissions_endpoint = true';

let server: TestServer;

async function start(...settings: string[]): Promise<void> {
  server = await startTestServer({ ini: [ENABLED, ...settings].join('\n') });
}

afterEach(() => server.close());

/** What Kinto 26.5 was asked for the answers below. */
async function makeObjects(): Promise<void> {
  const toMat = [USER_IDS.mat];
  await make(server, '/v1/buckets/a', { permissions: { read: ['system.Everyone'] } });
  const shared = { read: toMat, 'collection:create': ['system.Authenticated'] };
  await make(server, '/v1/buckets/b', { permissions: shared }, { auth: 'bob' });
  await make(server, '/v1/buckets/a/collections/c', { permissions: { 'record:create': ['system.Everyone'] } });
  await make(server, '/v1/buckets/a/collections/c/records/r', { permissions: { read: ['system.Everyone'] } });
  await make(server, '/v1/buckets/a/groups/g', { data: { members: toMat } });
  await make(server, '/v1/buckets/b/groups/h', { data: { members: toMat } }, { auth: 'bob' });
  const byGroup = { permissions: { write: ['/buckets/b/groups/h'] } };
  await make(server, '/v1/buckets/b/collections/s', byGroup, { auth: 'bob' });
}

function uris({ list }: Answer): unknown[] {
  return list.map(({ uri }) => uri);
}

/** The permissions of each entry, in an order of their own. */
function entries({ list }: Answer): unknown[] {
  return list.map((entry) => ({ ...entry, permissions: [...(entry.permissions as string[])].sort() }));
}

const OF_MAT = [
  '/buckets/b/collections/s',
  '/buckets/b',
  '/buckets/a/groups/g',
  '/buckets/a/collections/c/records/r',
  '/buckets/a/collections/c',
  '/buckets/a',
  '/',
];

describe('The list of permissions', () => {
  it('has an object once, however many permissions on it everybody has', async () => {
    await start();
    const permissions = { read: ['system.Everyone'], 'group:create': ['system.Everyone'] };
    await make(server, '/v1/buckets/a', { permissions });
    // Nobody is but one principal.
    const answer = await server.request('GET', LIST, { auth: null });
    expect(uris(answer)).toEqual(['/buckets/a']);
    const counted = await server.request('HEAD', LIST, { auth: null });
    expect(counted.headers.get('total-objects')).toBe('1');
  });

  it('is not there unless it is asked for', async () => {
    server = await startTestServer();
    await scenario(server, ['GET', LIST], { status: 404, errno: 111 });
    const hello = await server.request('GET', '/v1/');
    expect(hello.json.capabilities).not.toHaveProperty('permissions_endpoint');
  });

  it('is announced in Kinto’s words', async () => {
    await start();
    await scenario(server, ['GET', '/v1/'], {
      status: 200,
      body: {
        capabilities: {
          permissions_endpoint: {
            description: 'The permissions endpoint can be used to list all user objects permissions.',
            url: 'https://kinto.readthedocs.io/en/latest/configuration/settings.html#activating-the-permissions-endpoint',
          },
        },
      },
    });
  });

  it('tells a user what they hold themselves, by their groups and by settings, the highest URI first', async () => {
    // Which is no permission on any object.
    await start(`kinto.user-data_delete_principals = ${USER_IDS.mat}`);
    await makeObjects();
    const answer = await scenario(server, ['GET', LIST], { status: 200 });
    const collection = ['read', 'read:attributes', 'record:create', 'write'];
    expect(entries(answer)).toEqual([
      {
        uri: '/buckets/b/collections/s',
        resource_name: 'collection',
        permissions: collection,
        bucket_id: 'b',
        id: 's',
        collection_id: 's',
      },
      {
        uri: '/buckets/b',
        resource_name: 'bucket',
        permissions: ['collection:create', 'read', 'read:attributes'],
        id: 'b',
        bucket_id: 'b',
      },
      {
        uri: '/buckets/a/groups/g',
        resource_name: 'group',
        permissions: ['read', 'write'],
        bucket_id: 'a',
        id: 'g',
        group_id: 'g',
      },
      {
        uri: '/buckets/a/collections/c/records/r',
        resource_name: 'record',
        permissions: ['read', 'write'],
        bucket_id: 'a',
        collection_id: 'c',
        id: 'r',
        record_id: 'r',
      },
      {
        uri: '/buckets/a/collections/c',
        resource_name: 'collection',
        permissions: collection,
        bucket_id: 'a',
        id: 'c',
        collection_id: 'c',
      },
      {
        uri: '/buckets/a',
        resource_name: 'bucket',
        permissions: ['collection:create', 'group:create', 'read', 'read:attributes', 'write'],
        id: 'a',
        bucket_id: 'a',
      },
      { uri: '/', resource_name: 'root', permissions: ['bucket:create'] },
    ]);
  });

  it('tells those who are not logged in what everybody may', async () => {
    await start();
    await makeObjects();
    const answer = await scenario(server, ['GET', LIST, { auth: null }], { status: 200 });
    expect(entries(answer)).toMatchObject([
      { uri: '/buckets/a/collections/c/records/r', permissions: ['read'] },
      { uri: '/buckets/a/collections/c', permissions: ['read:attributes', 'record:create'] },
      { uri: '/buckets/a', permissions: ['read', 'read:attributes'] },
    ]);
    expect(answer.list).toHaveLength(3);
  });

  it('adds what settings give on every object of a resource, but not on every record', async () => {
    const settings = ['bucket_read', 'group_create', 'group_write', 'record_create', 'record_read'];
    await start(...settings.map((name) => `kinto.${name}_principals = ${USER_IDS.alice}`));
    await makeObjects();
    const answer = await scenario(server, ['GET', LIST, { auth: 'alice' }], { status: 200 });
    expect(entries(answer)).toMatchObject([
      { uri: '/buckets/b/groups/h', permissions: ['read', 'write'] },
      { uri: '/buckets/b/collections/s', permissions: ['read:attributes', 'record:create'] },
      { uri: '/buckets/b', permissions: ['collection:create', 'group:create', 'read', 'read:attributes'] },
      { uri: '/buckets/a/groups/g', permissions: ['read', 'write'] },
      { uri: '/buckets/a/collections/c/records/r', permissions: ['read'] },
      { uri: '/buckets/a/collections/c', permissions: ['read:attributes', 'record:create'] },
      { uri: '/buckets/a', permissions: ['group:create', 'read', 'read:attributes'] },
      { uri: '/', permissions: ['bucket:create'] },
    ]);
    await server.request('DELETE', '/v1/buckets/b', { auth: 'bob' });
    const { list } = await server.request('GET', `${LIST}?bucket_id=b`, { auth: 'alice' });
    expect(list).toEqual([]);
  });

  it('holds everything of a user who is in more groups than are looked up one by one', async () => {
    await start();
    await make(server, '/v1/buckets/b', {}, { auth: 'bob' });
    const members = [USER_IDS.mat];
    for (let n = 0; n < 25; n++) {
      await make(server, `/v1/buckets/b/groups/g${n}`, { data: { members } }, { auth: 'bob' });
      const permissions = { read: [`/buckets/b/groups/g${n}`, USER_IDS.mat] };
      await make(server, `/v1/buckets/b/collections/c${n}`, { permissions }, { auth: 'bob' });
    }
    const { list, headers } = await server.request('GET', `${LIST}?resource_name=collection&_limit=25`);
    expect(list.map(({ id }) => id)).toEqual(
      Array.from({ length: 25 }, (_, n) => `c${n}`)
        .sort()
        .reverse(),
    );
    expect(headers.get('next-page')).toBeNull();
    const counted = await server.request('HEAD', `${LIST}?resource_name=collection`);
    expect(counted.headers.get('total-objects')).toBe('25');
  });

  it('can be refused to those who are not logged in', async () => {
    await start('kinto.permissions_read_principals = system.Authenticated');
    await scenario(server, ['GET', LIST, { auth: null }], { status: 401, errno: 104 });
    await scenario(server, ['GET', LIST], { status: 200 });
  });

  it('changes nothing, and nothing else can be done with it', async () => {
    await start();
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      await scenario(server, [method, LIST], { status: 405, errno: 115, headers: { allow: 'HEAD, GET, OPTIONS' } });
    }
    await scenario(server, ['GET', LIST], { status: 200, changes: [] });
  });
});

describe('Asking the list of permissions', () => {
  beforeEach(async () => {
    await start();
    await makeObjects();
  });

  it.each([
    ['resource_name=bucket', ['/buckets/b', '/buckets/a']],
    ['exclude_resource_name=record,root', OF_MAT.filter((uri) => uri !== '/' && !uri.includes('records'))],
    ['bucket_id=a&has_collection_id=true', ['/buckets/a/collections/c/records/r', '/buckets/a/collections/c']],
    ['id=a', ['/buckets/a']],
    ['has_id=false', ['/']],
    ['like_uri=coll', OF_MAT.filter((uri) => uri.includes('coll'))],
    ['not_deleted=true', OF_MAT],
    ['deleted=true', []],
    ['gt_uri=/buckets/b', ['/buckets/b/collections/s']],
    ['uri=1', []],
    // There are no timestamps, so these say nothing.
    ['_since=9999999', OF_MAT],
    ['last_modified=3', OF_MAT],
    ['gt_last_modified=3', OF_MAT],
  ])('%s', async (query, expected) => {
    const answer = await scenario(server, ['GET', `${LIST}?${query}`], { status: 200 });
    expect(uris(answer)).toEqual(expected);
    const counted = await server.request('HEAD', `${LIST}?${query}`);
    expect(counted.text).toBe('');
    expect(counted.headers.get('total-objects')).toBe(String(expected.length));
    expect(counted.headers.get('total-records')).toBe(String(expected.length));
  });

  it.each([
    ['foo=1', { name: 'foo', location: 'querystring', description: "Unknown filter field 'foo'" }],
    ['contains_permissions=a', { description: "Unknown filter field 'contains_permissions'" }],
    ['_sort=foo', { name: null, location: 'querystring', description: "Unknown sort field 'foo'" }],
    ['_fields=permissions', { location: 'body', description: 'Fields permissions do not exist' }],
    ['contains_id=x', { name: 'contains_id', description: "Field 'id' is not an array" }],
    ['_since=abc', { name: '_since', description: '"abc" is not a number' }],
    ['has_last_modified=true', { name: 'has_last_modified', description: 'Invalid value for has_last_modified' }],
    ['_token=abc', { name: null, description: '_token has invalid content' }],
  ])('%s is refused as Kinto refuses it', async (query, detail) => {
    await scenario(server, ['GET', `${LIST}?${query}`], { status: 400, errno: 107, body: { details: [detail] } });
  });

  it('sorts by any field, by the URI in the end, and never by a timestamp', async () => {
    const sorted = async (sort: string) => uris(await server.request('GET', `${LIST}?_sort=${sort}`));
    expect(await sorted('uri')).toEqual([...OF_MAT].reverse());
    expect(await sorted('last_modified,uri')).toEqual([...OF_MAT].reverse());
    expect(await sorted('-last_modified')).toEqual(OF_MAT);
    expect((await sorted('-id'))[0]).toBe('/');
    expect(await sorted('resource_name')).toEqual([
      ...['/buckets/b', '/buckets/a', '/buckets/b/collections/s', '/buckets/a/collections/c'],
      ...['/buckets/a/groups/g', '/buckets/a/collections/c/records/r', '/'],
    ]);
  });

  it.each(['', '&_sort=uri', '&_sort=id', '&_sort=-collection_id,resource_name', '&_sort=last_modified'])(
    'is read page by page without a gap or a duplicate%s',
    async (sort) => {
      const whole = uris(await server.request('GET', `${LIST}?${sort.slice(1)}`));
      const seen: unknown[] = [];
      let next: string | null = `${server.url}${LIST}?_limit=2${sort}`;
      let pages = 0;
      while (next !== null) {
        const answer: Answer = await server.request('GET', next.slice(server.url.length));
        expect(answer.status).toBe(200);
        seen.push(...uris(answer));
        next = answer.headers.get('next-page');
        pages += 1;
      }
      expect(seen).toEqual(whole);
      expect(pages).toBe(4);
    },
  );

  it('refuses a token that another order gave out', async () => {
    const token = Buffer.from(JSON.stringify({ last_object: { id: 'a' }, offset: 1, nonce: 'x' })).toString('base64');
    await scenario(server, ['GET', `${LIST}?_token=${encodeURIComponent(token)}`], { status: 400, errno: 107 });
  });

  it('shows only the fields asked for, and the id', async () => {
    const answer = await server.request('GET', `${LIST}?_fields=uri&has_collection_id=true`);
    expect(answer.list).toEqual([
      { uri: '/buckets/b/collections/s', id: 's' },
      { uri: '/buckets/a/collections/c/records/r', id: 'r' },
      { uri: '/buckets/a/collections/c', id: 'c' },
    ]);
  });

  it('warns of _to, and may not be kept', async () => {
    await scenario(server, ['GET', `${LIST}?_to=3`], {
      status: 200,
      headers: { 'cache-control': 'no-cache, no-store' },
    });
    const answer = await server.request('GET', `${LIST}?_to=3`);
    expect(answer.headers.get('alert')).toContain('soft-eol');
  });

  it('passes preconditions over, as long as they are some', async () => {
    const { headers } = await server.request('GET', LIST);
    for (const [name, value] of [
      ['if-none-match', headers.get('etag') ?? ''],
      ['if-none-match', '*'],
      ['if-match', '"5"'],
    ] as const) {
      await scenario(server, ['GET', LIST, { headers: { [name]: value } }], { status: 200 });
    }
    await scenario(server, ['GET', LIST, { headers: { 'if-match': 'abc' } }], { status: 400, errno: 107 });
    await scenario(server, ['GET', LIST, { headers: { accept: 'text/html' } }], { status: 406, errno: 107 });
  });
});

describe('Entries that lead to no object', () => {
  it('are not listed', async () => {
    await start('kinto.includes = kinto.plugins.default_bucket kinto.plugins.history');
    const bucket = await makeBucket(server);
    const history = await server.request('GET', `${bucket}/history`);
    expect(history.list.length).toBeGreaterThan(0);
    const answer = await server.request('GET', LIST);
    expect(uris(answer)).toEqual([bucket.slice('/v1'.length), '/']);
  });
});
