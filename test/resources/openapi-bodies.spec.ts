import fc from 'fast-check';
import type { JsonObject, JsonValue } from '../../src/wire/json.js';
import { OpenApiChecker } from '../support/openapi-checker.js';
import { make } from '../support/places.js';
import { startTestServer, type TestServer } from '../support/server.js';

const RECORDS = '/v1/buckets/b/collections/c/records';
const JSON_PATCH = 'application/json-patch+json';

let server: TestServer;
let api: OpenApiChecker;
beforeAll(async () => {
  server = await startTestServer();
  await make(server, '/v1/buckets/b');
  await make(server, '/v1/buckets/b/collections/c');
  api = await OpenApiChecker.of(server);
});
afterAll(() => server.close());

/** Values that mean something somewhere, and others. */
const value = fc.oneof(
  fc.constantFrom<JsonValue>(
    null,
    true,
    0,
    1,
    -1,
    1.5,
    1e300,
    9e15,
    '',
    ' 12 ',
    'x',
    'system.Everyone',
    '/buckets/b/groups/g',
    'basicauth:y',
    [],
    {},
    ['a'],
    [''],
    [1],
    [null],
    ['/buckets/x'],
    { type: 'string' },
    { type: 'text' },
    { properties: { n: { minimum: 'x' } } },
    { items: [{ $ref: '#/definitions/n' }, true], definitions: { n: { multipleOf: 0 } } },
    { $ref: 1 },
  ),
  fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<JsonValue>,
);

/** What the attributes take. */
const SOUND: Readonly<Record<string, readonly JsonValue[]>> = {
  members: [[], ['a'], ['basicauth:x', 'y']],
  cache_expires: [0, 1.5, -3, ' 12 ', '+7', true, null, []],
  last_modified: [1, 1.5, 'x', null, {}],
  read: [[], ['x'], ['system.Everyone', '/buckets/b/groups/g'], null],
  write: [[], ['x'], null],
  schema: [{}, { type: ['string', 'null'] }, { properties: { n: { minimum: 1 } }, required: ['n'] }],
  other: [1, {}, null, 'x'],
};

function members(keys: readonly string[]): fc.Arbitrary<JsonObject> {
  const record = fc.record(Object.fromEntries(keys.map((key) => [key, value])), { requiredKeys: [] });
  return record as fc.Arbitrary<JsonObject>;
}

function soundMembers(keys: readonly string[]): fc.Arbitrary<JsonObject> {
  const known = keys.filter((key) => key in SOUND);
  const values = known.map((key) => [key, fc.constantFrom(...SOUND[key]!)] as const);
  return fc.record(Object.fromEntries(values), { requiredKeys: [] }) as fc.Arbitrary<JsonObject>;
}

/** What the document cannot say: what is too deep, which text no database keeps. */
function isBeyondWords(body: JsonValue): boolean {
  return /\\u0000|\\ud[89a-f]/i.test(JSON.stringify(body));
}

describe('A body is taken where the document says that it is one, and nowhere else', () => {
  const runs = { numRuns: 200 };

  it.each([
    ['PUT', '/v1/buckets/p1', ['collection:schema', 'record:schema']],
    ['PUT', '/v1/buckets/b/collections/p1', ['schema', 'cache_expires', 'other']],
    ['PUT', '/v1/buckets/b/groups/p1', ['members', 'other']],
    ['PUT', `${RECORDS}/p1`, ['other', 'members']],
    ['POST', '/v1/buckets/b/groups', ['members', 'id']],
    ['PATCH', '/v1/buckets/b/groups/patched', ['members', 'other']],
    ['PATCH', '/v1/buckets/b/collections/patched', ['cache_expires', 'schema']],
  ])('%s %s', async (method, path, attributes) => {
    if (method === 'PATCH') await make(server, path);
    const data = fc.oneof(members([...attributes, 'last_modified']), value);
    const permissions = fc.oneof(members(['read', 'write', 'record:create', 'collection:create', 'fly']), value);
    const soundData = soundMembers([...attributes, 'last_modified']);
    const sound = fc.record(
      { data: soundData, permissions: soundMembers(['read', 'write']) },
      { requiredKeys: method === 'PATCH' ? ['data'] : [] },
    );
    const nearly = fc.record({ data: members([...attributes, 'last_modified']) });
    const loose = fc.record({ data, permissions, other: value }, { requiredKeys: [] });
    const body = fc.oneof(sound, nearly, loose, value) as fc.Arbitrary<JsonValue>;
    let taken = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(body, async (body) => {
        fc.pre(!isBeyondWords(body));
        const problem = api.bodyProblem(method, path, 'application/json', body);
        const answer = await server.request(method, path, { body });
        if (answer.status === 400) refused += 1;
        else taken += 1;
        const seen = { body: JSON.stringify(body), problem, answer: answer.text };
        expect({ ...seen, isRefused: answer.status === 400 }).toEqual({ ...seen, isRefused: problem !== undefined });
      }),
      runs,
    );
    expect(taken).toBeGreaterThan(20);
    expect(refused).toBeGreaterThan(20);
  });

  it('POST /v1/batch', async () => {
    const item = fc.record(
      {
        method: fc.constantFrom<JsonValue>('GET', 'HEAD', 'OPTIONS', 'FOO', null, 1),
        path: fc.constantFrom<JsonValue>('/', '/v1/', 'x', 1),
        headers: fc.constantFrom<JsonValue>({}, { a: 'b' }, { a: 1 }, null, []),
        body: fc.constantFrom<JsonValue>({}, [], 'x'),
        other: fc.constant(1),
      },
      { requiredKeys: [] },
    );
    const good = fc.record(
      { path: fc.constant('/'), method: fc.constantFrom('GET', null) },
      { requiredKeys: ['path'] },
    );
    const requests = fc.oneof(
      fc.array(good, { maxLength: 3 }),
      fc.array(good, { maxLength: 26, size: 'max' }),
      fc.array(fc.oneof(good, item), { maxLength: 3 }),
      value,
    );
    const defaults = fc.oneof(good, fc.record({ headers: fc.constant({ a: 'b' }) }), item, value);
    const body = fc.oneof(
      fc.record({ requests, defaults }, { requiredKeys: ['requests'] }),
      fc.record({ requests, defaults, other: value }, { requiredKeys: [] }),
    ) as fc.Arbitrary<JsonObject>;
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(body, async (body) => {
        const problem = api.bodyProblem('POST', '/v1/batch', 'application/json', body);
        const answer = await server.request('POST', '/v1/batch', { body });
        if (answer.status === 200) taken += 1;
        const seen = { body: JSON.stringify(body), problem, answer: answer.text.slice(0, 500) };
        expect({ ...seen, isRefused: answer.status === 400 }).toEqual({ ...seen, isRefused: problem !== undefined });
      }),
      runs,
    );
    expect(taken).toBeGreaterThan(20);
  });

  it('a JSON Patch', async () => {
    await make(server, `${RECORDS}/jp`, { data: { a: 1 } });
    const operation = fc.record(
      {
        op: fc.constantFrom<JsonValue>('test', 'add', 'replace', 'fly', 1, null),
        path: fc.constantFrom<JsonValue>('/data/a', 'data', '', 1),
        value: fc.constant(1),
        other: fc.constant(1),
      },
      { requiredKeys: ['value'] },
    );
    const sound = fc.record({
      op: fc.constantFrom('test', 'add', 'replace'),
      path: fc.constant('/data/a'),
      value: fc.constant(1),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.array(sound, { maxLength: 3 }), fc.array(operation, { maxLength: 2 }), value),
        async (body) => {
          fc.pre(!isBeyondWords(body));
          const problem = api.bodyProblem('PATCH', `${RECORDS}/jp`, JSON_PATCH, body);
          const answer = await server.request('PATCH', `${RECORDS}/jp`, {
            body,
            headers: { 'content-type': JSON_PATCH },
          });
          const seen = { body: JSON.stringify(body), problem, answer: answer.text };
          expect({ ...seen, isRefused: answer.status === 400 }).toEqual({ ...seen, isRefused: problem !== undefined });
        },
      ),
      runs,
    );
  });
});
