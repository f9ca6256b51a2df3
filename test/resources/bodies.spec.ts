import { describeJsonProblem } from '../../src/resources/json-problem.js';
import type { JsonObject, JsonValue } from '../../src/wire/json.js';
import { make, makeBucket, makeCollection } from '../support/places.js';
import { scenario } from '../support/scenario.js';
import { startTestServer, type TestServer } from '../support/server.js';

let server: TestServer;
let bucket: string;
let records: string;
beforeAll(async () => {
  server = await startTestServer({ ini: 'kinto.max_body_bytes = 65536' });
  bucket = await makeBucket(server);
  records = `${await makeCollection(server)}/records`;
});
afterAll(() => server.close());

function refused(name: string, description: string, message?: string) {
  const details = [{ location: 'body', name, description }];
  return {
    status: 400,
    body: { errno: 107, error: 'Invalid parameters', details, ...(message === undefined ? {} : { message }) },
  };
}

describe('The shape of a body', () => {
  it.each<[JsonValue, string, string]>([
    [{ foo: 1 }, '', 'Unrecognized keys in mapping: "{\'foo\': 1}"'],
    [{ data: [] }, 'data', '"[]" is not a mapping type: Does not implement dict-like functionality.'],
    [{ data: null }, 'data', '"None" is not a mapping type: Does not implement dict-like functionality.'],
    [{ data: 'x' }, 'data', '"x" is not a mapping type: Does not implement dict-like functionality.'],
    [{ permissions: null }, 'permissions', '"None" is not a mapping type: Does not implement dict-like functionality.'],
    [{ permissions: { bad: [] } }, 'permissions', '"bad" is not one of read, write, collection:create, group:create'],
    [{ permissions: { read: 'book' } }, 'permissions.read', '"book" is not iterable'],
    [{ permissions: { read: [1] } }, 'permissions.read.0', "1 is not a string: {'': ''}"],
    [{ permissions: { read: ['a', ''] } }, 'permissions.read.1', 'Required'],
    [{ permissions: { read: [null] } }, 'permissions.read.0', 'Required'],
    [[], '', '"[]" is not a mapping type: Does not implement dict-like functionality.'],
  ])('is refused as Kinto refuses it: %j', async (body, name, description) => {
    const message = description.includes(name) ? description : `${name} in body: ${description}`;
    await scenario(server, ['PUT', bucket, { body }], refused(name, description, message));
  });

  it.each<JsonValue>(['text', 1, true, null])('must be an object, not %j', async (body) => {
    const { json } = await scenario(server, ['PUT', bucket, { body }], {
      status: 400,
      body: { message: 'Should be a JSON object or an array' },
    });
    expect(json.details).toHaveLength(2);
  });

  it('takes null for a permission that nobody speaks of', async () => {
    await scenario(server, ['PUT', `${records}/n`, { body: { permissions: { read: null } } }], {
      status: 201,
      changes: [expect.stringContaining('create') as string],
    });
  });
});

describe('A body that is not JSON', () => {
  it('is refused with the place where it goes wrong', async () => {
    const problem = 'Invalid JSON: Parse error at offset 1: Missing a name for object member.';
    const { json } = await scenario(server, ['PUT', bucket, { raw: "{'foo>}" }], {
      status: 400,
      body: { errno: 107, message: problem },
    });
    expect(json.details).toEqual([
      { location: 'body', name: '', description: problem },
      { location: 'body', name: '', description: 'Required' },
    ]);
  });

  it.each([
    ['{"a": "b"', "offset 9: Missing a comma or '}' after an object member."],
    ['{"a":1,}', 'offset 7: Missing a name for object member.'],
    ['[1,2', "offset 4: Missing a comma or ']' after an array element."],
    ['[1,]', 'offset 3: Invalid value.'],
    ['{"a" 1}', 'offset 5: Missing a colon after a name of object member.'],
    ['{"a":01}', "offset 6: Missing a comma or '}' after an object member."],
    ['{"a":"\u0001"}', 'offset 6: Invalid encoding in string.'],
    ['{"a":"\\x"}', 'offset 6: Invalid escape character in string.'],
    ['"\\u12g4"', 'offset 1: Incorrect hex digit after \\u escape in string.'],
    ['"abc', 'offset 4: Missing a closing quotation mark in string.'],
    ['nul', 'offset 3: Invalid value.'],
    ['NaN', 'offset 0: Invalid value.'],
    ['\ufeff{}', 'offset 0: Invalid value.'],
    ['1.', 'offset 2: Miss fraction part in number.'],
    ['[{}, {"a": [1e]}]', 'offset 14: Miss exponent in number.'],
    ['{} x', 'offset 3: The document root must not be followed by other values.'],
    [' ', 'offset 1: The document is empty.'],
  ])('is described in the words Kinto has for it: %j', (text, problem) => {
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError);
    expect(describeJsonProblem(text)).toBe(`Parse error at ${problem}`);
  });

  it('is described however deep it goes wrong', () => {
    expect(describeJsonProblem('['.repeat(200_000))).toBe('Parse error at offset 200000: Invalid value.');
  });

  it('is refused when it is no UTF-8', async () => {
    const raw = new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]);
    const { json } = await scenario(server, ['PUT', bucket, { raw }], { status: 400, errno: 107 });
    expect(json.message).toMatch(/^Invalid JSON/);
  });
});

describe('What no database can keep', () => {
  it.each([
    ['a NUL in a text', '{"data":{"a":"\\u0000"}}'],
    ['a NUL in a name', '{"data":{"a\\u0000":1}}'],
    ['half a surrogate pair', '{"data":{"a":"\\ud83d"}}'],
    ['half a surrogate pair in a name', '{"data":{"\\ude00":1}}'],
    ['a number beyond a double', '{"data":{"a":1e400}}'],
    ['nesting without end', `{"data":{"a":${'['.repeat(5000)}${']'.repeat(5000)}}}`],
    ['nesting without end that nobody closes', '{"data":{"a":'.repeat(1000)],
  ])('is refused: %s', async (_what, raw) => {
    const answer = await scenario(server, ['PUT', `${records}/x`, { raw }], { status: 400, errno: 107, changes: [] });
    expect(answer.json.message).toMatch(/^Invalid JSON: /);
  });
});

describe('What comes back', () => {
  it.each([
    ['numbers beyond 64 bits', '9223372036854775808'],
    ['the smallest and largest', '[5e-324,1.7976931348623157e308]'],
    ['emoji and quotes', '"\\uD83D\\uDE00 \\" \\\\ / \\u2028"'],
    ['deep nesting that has an end', `${'['.repeat(400)}1${']'.repeat(400)}`],
    ['names that mean something to JavaScript', '{"__proto__":1,"constructor":2,"toString":3}'],
  ])('is what went in: %s', async (_what, value) => {
    const raw = `{"data":{"v":${value}}}`;
    const answer = await server.request('PUT', `${records}/back`, { raw });
    expect([200, 201]).toContain(answer.status);
    const { text } = await server.request('GET', `${records}/back`);
    expect((JSON.parse(text) as { data: JsonObject }).data.v).toEqual(JSON.parse(value));
  });

  it('is the last of two values of one name', async () => {
    const answer = await server.request('PUT', `${records}/twice`, { raw: '{"data":{"v":1,"v":2}}' });
    expect(answer.data.v).toBe(2);
  });
});

describe('A body over the limit', () => {
  it('is refused in Kinto’s form, and the next request is answered', async () => {
    const raw = JSON.stringify({ data: { text: 'x'.repeat(70_000) } });
    await scenario(server, ['PUT', `${records}/large`, { raw }], {
      status: 413,
      errno: 113,
      body: { error: 'Request Entity Too Large' },
      headers: { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' },
      changes: [],
    });
    const fitting = JSON.stringify({ data: { text: 'x'.repeat(60_000) } });
    expect((await server.request('PUT', `${records}/large`, { raw: fitting })).status).toBe(201);
  });
});

describe('The typed attributes', () => {
  it('of a group are its members, empty unless nothing is said at all', async () => {
    expect(await make(server, `${bucket}/groups/none`)).not.toHaveProperty('members');
    expect(await make(server, `${bucket}/groups/some`, { data: {} })).toMatchObject({ members: [] });
  });

  it.each<[JsonValue, string, string]>([
    [['system.Everyone'], 'data.members.0', "'system.Everyone' is not a valid user ID."],
    [['a', '/buckets/x/groups/y'], 'data.members.1', "'/buckets/x/groups/y' is not a valid user ID."],
    [[''], 'data.members.0', 'Required'],
    [[1], 'data.members.0', "1 is not a string: {'': ''}"],
    ['bob', 'data.members', '"bob" is not iterable'],
  ])('of a group refuse the members %j', async (members, name, description) => {
    const ask = { body: { data: { members } } };
    await scenario(server, ['PUT', `${bucket}/groups/bad`, ask], refused(name, description));
  });

  it('of a group are checked after a patch too, without the prefix', async () => {
    await make(server, `${bucket}/groups/patched`, { data: {} });
    const ask = { body: { data: { members: [1] } } };
    const problem = refused('members.0', "1 is not a string: {'': ''}");
    await scenario(server, ['PATCH', `${bucket}/groups/patched`, ask], problem);
  });

  it.each<[JsonValue, JsonValue | undefined]>([
    ['10', 10],
    [1.5, 1],
    [true, 1],
    [null, undefined],
    [[], undefined],
    [{}, undefined],
    ['', undefined],
  ])('of a collection turn cache_expires %j into %j', async (given, kept) => {
    const ask = { body: { data: { cache_expires: given } } };
    const { data } = await server.request('PUT', `${bucket}/collections/cached`, ask);
    expect(data.cache_expires).toEqual(kept);
  });

  it('of a collection refuse a cache_expires that is no number', async () => {
    const ask = { body: { data: { cache_expires: 'abc' } } };
    const problem = refused('data.cache_expires', '"abc" is not a number');
    await scenario(server, ['PUT', `${bucket}/collections/cached`, ask], problem);
  });
});
