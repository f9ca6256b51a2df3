import type { JsonValue } from '../../src/wire/json.js';
import { make, makeCollection, uriOf } from '../support/places.js';
import { scenario } from '../support/scenario.js';
import { startTestServer, USER_IDS, type Answer, type Ask, type TestServer } from '../support/server.js';

const TYPE = { 'content-type': 'application/json-patch+json' };
const DATA = { a: 1, deep: { x: 1 }, list: [1, 2, 3] };
const GROUP = '/buckets/b/groups/g';

let server: TestServer;
let record: string;
beforeAll(async () => (server = await startTestServer()));
beforeEach(async () => {
  record = `${await makeCollection(server)}/records/r`;
  await make(server, record, { data: DATA, permissions: { read: ['alice', 'x/y~z', GROUP] } });
});
afterAll(() => server.close());

function patch(operations: JsonValue, ask: Ask = {}): Promise<Answer> {
  return server.request('PATCH', record, { ...ask, headers: { ...TYPE, ...ask.headers }, body: operations });
}

/** A refusal that has changed nothing. */
async function expectRefused(operations: JsonValue, name: string | null, description: RegExp): Promise<void> {
  const before = await server.request('GET', record);
  const answer = await scenario(server, ['PATCH', record, { headers: TYPE, body: operations }], {
    status: 400,
    errno: 107,
    changes: [],
  });
  const [detail] = answer.json.details as { location: string; name: string | null; description: string }[];
  expect(detail).toMatchObject({ location: 'body', name });
  expect(detail?.description).toMatch(description);
  expect((await server.request('GET', record)).text).toBe(before.text);
}

describe('A JSON Patch', () => {
  it.each([
    [[], DATA],
    [[{ op: 'add', path: '/data/b', value: null }], { ...DATA, b: null }],
    [[{ op: 'remove', path: '/data/a' }], { deep: { x: 1 }, list: [1, 2, 3] }],
    [[{ op: 'replace', path: '/data/deep', value: [] }], { ...DATA, deep: [] }],
    [[{ op: 'move', from: '/data/a', path: '/data/deep/a' }], { deep: { x: 1, a: 1 }, list: [1, 2, 3] }],
    [[{ op: 'move', from: '/data/a', path: '/data/a' }], DATA],
    [[{ op: 'copy', from: '/data/deep', path: '/data/deep/y' }], { ...DATA, deep: { x: 1, y: { x: 1 } } }],
    [[{ op: 'add', path: '/data/list/-', value: 4 }], { ...DATA, list: [1, 2, 3, 4] }],
    [[{ op: 'add', path: '/data/list/0', value: 0 }], { ...DATA, list: [0, 1, 2, 3] }],
    [[{ op: 'add', path: '/data/list/3', value: 4 }], { ...DATA, list: [1, 2, 3, 4] }],
    [[{ op: 'remove', path: '/data/list/1' }], { ...DATA, list: [1, 3] }],
    [[{ op: 'replace', path: '/data', value: { z: 1 } }], { z: 1 }],
    [[{ op: 'add', path: '/data/a~1b~0c', value: 1 }], { ...DATA, 'a/b~c': 1 }],
    [[{ op: 'add', path: '/data/', value: 1 }], { ...DATA, '': 1 }],
    [[{ op: 'remove', path: '/data/id' }], DATA],
    [[{ op: 'add', path: '/elsewhere', value: 1 }], DATA],
    [
      [
        { op: 'test', path: '/data/deep', value: { x: 1 } },
        { op: 'add', path: '/data/b', value: 1 },
      ],
      { ...DATA, b: 1 },
    ],
  ])('does %j', async (operations, expected) => {
    const answer = await scenario(server, ['PATCH', record, { headers: TYPE, body: operations }], {
      status: 200,
      changes: [`update ${uriOf(record.slice(0, -2))} r`],
    });
    expect(answer.data).toEqual({ ...expected, id: 'r', last_modified: answer.etag });
    expect((await server.request('GET', record)).data).toEqual(answer.data);
  });

  it.each([
    [[{ op: 'remove', path: '/data/none' }], /can't remove a non-existent object 'none'/],
    [[{ op: 'replace', path: '/data/none', value: 1 }], /can't replace a non-existent object 'none'/],
    [[{ op: 'test', path: '/data/a', value: true }], /1 is not equal to tested value True/],
    [[{ op: 'test', path: '/data/list', value: [1, 2] }], /is not equal to tested value/],
    [[{ op: 'add', path: '/data/b' }], /does not contain a 'value' member/],
    [[{ op: 'move', path: '/data/b' }], /does not contain a 'from' member/],
    [[{ op: 'move', from: '/data/deep', path: '/data/deep/x' }], /into their own children/],
    [[{ op: 'copy', from: '/data/none', path: '/data/b' }], /'none' not found/],
    [[{ op: 'add', path: '/data/list/4', value: 1 }], /outside of list/],
    [[{ op: 'add', path: '/data/list/01', value: 1 }], /'01' is not a valid sequence index/],
    [[{ op: 'remove', path: '/data/list/-' }], /'-' is not a valid sequence index/],
    [[{ op: 'add', path: '/data/none/b', value: 1 }], /'none' not found/],
    [[{ op: 'add', path: '/data/a/b', value: 1 }], /there is nothing in 1/],
    [[{ op: 'add', path: '/data/a~2', value: 1 }], /invalid escape ~2/],
    [[{ op: 'remove', path: '/data/toString' }], /non-existent object 'toString'/],
    [[{ op: 'add', path: '/data/constructor/x', value: 1 }], /'constructor' not found/],
    [[{ op: 'remove', path: '/permissions/read/nobody' }], /non-existent object 'nobody'/],
    [[{ op: 'add', path: '/permissions/destroy/me' }], /does not contain a 'value' member/],
  ])('that cannot be applied, %j, says why', async (operations, why) => {
    await expectRefused(operations, null, new RegExp(`^JSON Patch operation failed: .*${why.source}`));
  });

  it('is done whole or not at all', async () => {
    const operations = [
      { op: 'add', path: '/data/b', value: 1 },
      { op: 'test', path: '/data/a', value: 2 },
    ];
    await expectRefused(operations, null, /not equal/);
  });

  it.each<[JsonValue, string, RegExp]>([
    [{}, '', /^"{}" is not iterable$/],
    ['x', '', /^Should be a JSON object or an array$/],
    [[1], '0', /^"1" is not a mapping type/],
    [[{ op: 'add', path: '/data/x', value: 1, more: 2 }], '0', /^Unrecognized keys in mapping: "{'more': 2}"$/],
    [[{}], '0.op', /^Required$/],
    [[{ op: 'do', path: '/data/x' }], '0.op', /^"do" is not one of test, add, remove, replace, move, copy$/],
    [[{ op: 'remove' }], '0.path', /^Required$/],
    [[{ op: 'remove', path: '' }], '0.path', /^Required$/],
    [[{ op: 'remove', path: 'data/x' }], '0.path', /^String does not match expected pattern$/],
    [[{ op: 'copy', path: '/data/x', from: 'data' }], '0.from', /^String does not match expected pattern$/],
  ])('must be well-formed, not %j', async (body, name, why) => {
    await expectRefused(body, name, why);
  });

  it.each([
    [[{ op: 'remove', path: '/data' }], 'data'],
    [[{ op: 'replace', path: '/data', value: [] }], 'data'],
    [[{ op: 'remove', path: '/permissions' }], 'permissions'],
    [[{ op: 'replace', path: '/permissions/read', value: 'abc' }], 'permissions.read'],
    [[{ op: 'add', path: '/permissions/read', value: null }], 'permissions.read'],
    [[{ op: 'add', path: '/permissions/read', value: [1] }], 'permissions.read.0'],
    [[{ op: 'add', path: '/permissions/destroy', value: ['me'] }], 'permissions'],
    [[{ op: 'replace', path: '/data/id', value: 'other' }], 'id'],
  ])('must leave an object of this kind, unlike %j', async (operations, name) => {
    await expectRefused(operations, name, /./);
  });

  it('needs no body to be refused, and says what is no JSON', async () => {
    await scenario(server, ['PATCH', record, { headers: TYPE }], {
      status: 400,
      body: { details: [{ location: 'body', name: '', description: '"{}" is not iterable' }] },
    });
    const answer = await server.request('PATCH', record, { headers: TYPE, raw: '[{' });
    expect(answer.json.message).toBe('Invalid JSON: Parse error at offset 2: Missing a name for object member.');
  });

  it('is one with parameters in its media type too, and none as plain JSON', async () => {
    const operations = [{ op: 'add', path: '/data/b', value: 1 }];
    const answer = await patch(operations, {
      headers: { 'content-type': 'application/json-patch+json; charset=utf-8' },
    });
    expect(answer.data).toMatchObject({ b: 1 });
    await scenario(server, ['PATCH', record, { body: operations }], { status: 400 });
  });

  it('takes __proto__ for a key like any other', async () => {
    const answer = await patch([{ op: 'add', path: '/data/__proto__', value: { polluted: true } }]);
    expect(answer.text).toContain('"__proto__":{"polluted":true}');
    await expectRefused([{ op: 'add', path: '/data/constructor/prototype/polluted', value: 1 }], null, /not found/);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('checks the typed attributes of what it leaves', async () => {
    const group = `${record.split('/').slice(0, 4).join('/')}/groups/g`;
    await make(server, group, { data: { members: ['x'] } });
    const bad = [{ op: 'add', path: '/data/members/-', value: 3 }];
    const refused = await server.request('PATCH', group, { headers: TYPE, body: bad });
    expect(refused.json.details).toEqual([
      { location: 'body', name: 'members.1', description: "3 is not a string: {'': ''}" },
    ]);
    const good = [{ op: 'add', path: '/data/members/-', value: 'y' }];
    const answer = await server.request('PATCH', group, { headers: TYPE, body: good });
    expect(answer.data.members).toEqual(['x', 'y']);
  });

  it('comes after the preconditions', async () => {
    const ask = { headers: { ...TYPE, 'if-match': '"1"' }, body: [{ op: 'remove', path: '/data/none' }] };
    await scenario(server, ['PATCH', record, ask], { status: 412, errno: 114 });
    await scenario(server, ['PATCH', record.replace('/r', '/r') + 'x', { headers: TYPE, body: [] }], { status: 404 });
  });
});

describe('A JSON Patch of permissions', () => {
  const OTHERS = ['x/y~z', GROUP];

  async function readersAfter(operations: JsonValue): Promise<unknown> {
    const answer = await patch(operations);
    expect(answer.status).toBe(200);
    const { read = [], write } = answer.json.permissions as { read?: string[]; write: string[] };
    expect(write).toEqual([USER_IDS.mat]);
    return [...read].sort();
  }

  it.each([
    [[{ op: 'add', path: '/permissions/read/me' }], ['alice', 'me', ...OTHERS]],
    [[{ op: 'add', path: '/permissions/read/me', value: 'other' }], ['alice', 'me', ...OTHERS]],
    [[{ op: 'remove', path: '/permissions/read/alice' }], OTHERS],
    [[{ op: 'remove', path: '/permissions/read/~1buckets~1b~1groups~1g' }], ['alice', 'x/y~z']],
    [[{ op: 'remove', path: '/permissions/read/x~1y~0z' }], ['alice', GROUP]],
    [[{ op: 'test', path: '/permissions/read/~1buckets~1b~1groups~1g' }], ['alice', ...OTHERS]],
    [[{ op: 'add', path: '/permissions/read', value: ['me'] }], ['me']],
    [[{ op: 'add', path: '/permissions/read', value: { me: 1, you: 2 } }], ['me', 'you']],
    [[{ op: 'add', path: '/permissions/read', value: [] }], []],
    [[{ op: 'remove', path: '/permissions/read' }], []],
    [[{ op: 'move', from: '/data/deep', path: '/permissions/read' }], ['x']],
    [[{ op: 'add', path: '/data/b', value: 1 }], ['alice', ...OTHERS]],
  ])('%j leaves %j', async (operations, readers) => {
    expect(await readersAfter(operations)).toEqual([...readers].sort());
  });

  it('can name a permission that nobody has yet', async () => {
    const collection = record.split('/').slice(0, 6).join('/');
    const operations = [{ op: 'add', path: '/permissions/record:create/me', value: 'me' }];
    const answer = await server.request('PATCH', collection, { headers: TYPE, body: operations });
    expect(answer.json.permissions).toEqual({ 'record:create': ['me'], write: [USER_IDS.mat] });
  });

  it('never loses the owner, whoever patches with a right from further up', async () => {
    const bucket = record.split('/').slice(0, 4).join('/');
    await server.request('PATCH', bucket, { body: { permissions: { write: [USER_IDS.bob] } } });
    const answer = await patch([{ op: 'add', path: '/data/b', value: 1 }], { auth: 'bob' });
    const { read, write } = answer.json.permissions as { read: string[]; write: string[] };
    expect(read.sort()).toEqual(['alice', ...OTHERS].sort());
    expect(write.sort()).toEqual([USER_IDS.mat, USER_IDS.bob].sort());
    const refused = await patch([{ op: 'add', path: '/data/b/c', value: 1 }], { auth: 'bob' });
    expect(refused.text).not.toContain('alice');
  });
});

describe('A hostile JSON Patch', () => {
  it('cannot double its way to any size', async () => {
    const copies = Array.from({ length: 60 }, (_, index) => ({ op: 'copy', from: '/data', path: `/data/c${index}` }));
    await expectRefused(copies, null, /too large|touches more/);
  });

  it('cannot nest deeper than a body may', async () => {
    const deeper = [
      { op: 'add', path: '/data/t', value: {} },
      { op: 'move', from: '/data/deep', path: '/data/t/deep' },
      { op: 'move', from: '/data/t', path: '/data/deep' },
    ];
    await expectRefused(Array.from({ length: 600 }, () => deeper).flat(), null, /nested deeper/);
  });

  it('cannot make a long list move over and over', async () => {
    const list = Array.from({ length: 100_000 }, () => 0);
    const inserts = Array.from({ length: 20_000 }, () => ({ op: 'add', path: '/data/list/0', value: 1 }));
    await expectRefused([{ op: 'add', path: '/data/list', value: list }, ...inserts], null, /touches more/);
  });
});
