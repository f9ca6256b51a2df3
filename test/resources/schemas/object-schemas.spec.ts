import type { JsonObject, JsonValue } from '../../../src/wire/json.js';
import { make, makeBucket, makeCollection, uriOf } from '../../support/places.js';
import { scenario } from '../../support/scenario.js';
import { startTestServer, type TestServer } from '../../support/server.js';

const ON = 'kinto.experimental_collection_schema_validation = true';
const SCHEMA = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] };
const MERGE = { 'content-type': 'application/merge-patch+json' };
const JSON_PATCH = { 'content-type': 'application/json-patch+json' };

let server: TestServer;
beforeAll(async () => (server = await startTestServer({ ini: ON })));
afterAll(() => server.close());

function refusal(name: JsonValue, description: string, message = description): JsonObject {
  const details = [{ location: 'body', name, description }];
  return { code: 400, errno: 107, error: 'Invalid parameters', message, details };
}

const NOT_INTEGER = refusal('n', "'x' is not of type 'integer'");

describe('A collection with a schema', () => {
  let records: string;
  let collection: string;
  beforeEach(async () => {
    collection = await makeCollection(server, { data: { schema: SCHEMA } });
    records = `${collection}/records`;
  });

  async function stampNow(): Promise<number> {
    return (await server.request('GET', collection)).lastModified;
  }

  it.each<[method: string, path: string, ask: { headers?: Record<string, string>; body?: JsonValue }]>([
    ['POST', '', { body: { data: { n: 'x' } } }],
    ['PUT', '/new', { body: { data: { n: 'x' } } }],
    ['PUT', '/r', { body: { data: { n: 'x' } } }],
    ['PATCH', '/r', { body: { data: { n: 'x' } } }],
    ['PATCH', '/r', { headers: MERGE, body: { data: { n: 'x' } } }],
    ['PATCH', '/r', { headers: JSON_PATCH, body: [{ op: 'replace', path: '/data/n', value: 'x' }] }],
    ['PATCH', '/r', { headers: { 'response-behavior': 'light' }, body: { data: { n: 'x' } } }],
  ])('refuses a record that is not valid: %s %s %j', async (method, path, ask) => {
    const record = `${records}/r`;
    await make(server, record, { data: { n: 1 } });
    const before = (await server.request('GET', record)).text;
    const answer = await scenario(server, [method, records + path, ask], { status: 400, changes: [] });
    expect(answer.json).toEqual(NOT_INTEGER);
    expect((await server.request('GET', record)).text).toBe(before);
  });

  it('stamps a record that is valid, whatever the client says', async () => {
    const answer = await scenario(server, ['PUT', `${records}/r`, { body: { data: { n: 1, schema: 42 } } }], {
      status: 201,
      changes: [`create ${uriOf(records)} r`],
    });
    expect(answer.data).toEqual({ id: 'r', n: 1, schema: await stampNow(), last_modified: answer.etag });
    const posted = await server.request('POST', records, { body: { data: { n: 2 } } });
    expect(posted.data.schema).toBe(await stampNow());
    expect((await server.request('GET', `${records}/r`)).data).toEqual(answer.data);
  });

  it('checks again, and stamps anew, what is written later, if only its permissions', async () => {
    const record = `${records}/r`;
    const first = await make(server, record, { data: { n: 1 } });
    await server.request('PATCH', collection, { body: { data: { title: 'other' } } });
    const second = await server.request('PATCH', record, { body: { permissions: { read: ['x'] } } });
    expect(second.data.schema).toBe(await stampNow());
    expect(second.data.schema).toBeGreaterThan(first.schema as number);

    await server.request('PATCH', collection, { body: { data: { schema: { required: ['m'] } } } });
    expect((await server.request('GET', record)).data).toEqual(second.data);
    const refused = await server.request('PATCH', record, { body: { permissions: { read: ['y'] } } });
    expect(refused.json).toEqual(refusal('m', "'m' is a required property"));
    await scenario(server, ['PUT', record], { status: 400, changes: [] });
  });

  it('finds stale records by their stamp', async () => {
    await make(server, `${records}/old`, { data: { n: 1 } });
    await server.request('PATCH', collection, { body: { data: { schema: {} } } });
    await make(server, `${records}/new`, { data: {} });
    const stale = await server.request('GET', `${records}?lt_schema=${await stampNow()}`);
    expect(stale.ids).toEqual(['old']);
  });

  it('leaves a record alone once it has no schema any more', async () => {
    await make(server, `${records}/r`, { data: { n: 1 } });
    await server.request('PATCH', collection, { headers: MERGE, body: { data: { schema: null } } });
    const answer = await server.request('PUT', `${records}/r`, { body: { data: { n: 'x', schema: 'mine' } } });
    expect(answer.data).toMatchObject({ n: 'x', schema: 'mine' });
  });

  it('does not look at what is read or deleted, nor at a POST of what is there already', async () => {
    await make(server, `${records}/r`, { data: { n: 1 } });
    await server.request('PATCH', collection, { body: { data: { schema: { required: ['m'] } } } });
    await scenario(server, ['GET', `${records}/r`], { status: 200 });
    await scenario(server, ['POST', records, { body: { data: { id: 'r', n: 'x' } } }], { status: 200 });
    await scenario(server, ['DELETE', `${records}/r`], {
      status: 200,
      changes: [`delete ${uriOf(records)} r`],
    });
  });

  it('may require the id, which the client must then give', async () => {
    const schema = { properties: { id: { type: 'string', pattern: '^q' } }, required: ['id'] };
    await server.request('PATCH', collection, { body: { data: { schema } } });
    const without = await server.request('POST', records, { body: { data: {} } });
    expect(without.json).toEqual(refusal('id', "'id' is a required property"));
    await scenario(server, ['PUT', `${records}/q1`], { status: 201, changes: [`create ${uriOf(records)} q1`] });
    const other = await server.request('PUT', `${records}/r`, { body: { data: {} } });
    expect(other.json).toEqual(refusal('id', "'r' does not match '^q'", "id in body: 'r' does not match '^q'"));
  });

  it('names an index by a number', async () => {
    const schema = { properties: { list: { items: { type: 'string' } } } };
    await server.request('PATCH', collection, { body: { data: { schema } } });
    const answer = await server.request('POST', records, { body: { data: { list: ['a', 2] } } });
    const description = "2 is not of type 'string'";
    expect(answer.json).toEqual(refusal(1, description, `1 in body: ${description}`));
  });

  it('is told first when another record is there than the writer thinks', async () => {
    await make(server, `${records}/r`, { data: { n: 1 } });
    const ask = { headers: { 'if-match': '"1"' }, body: { data: { n: 'x' } } };
    await scenario(server, ['PUT', `${records}/r`, ask], { status: 412, errno: 114 });
  });
});

describe('A bucket with schemas', () => {
  it('checks its collections and groups, and its records after the collection has', async () => {
    const bucket = await makeBucket(server, {
      data: {
        'collection:schema': { required: ['t'], properties: { schema: { type: 'object' } } },
        'group:schema': { properties: { members: { maxItems: 1 } }, required: ['members'] },
        'record:schema': { properties: { n: { type: 'integer' } }, required: ['n'] },
      },
    });
    const refusals: [path: string, data: JsonObject | undefined, body: JsonObject][] = [
      ['/collections/c', undefined, refusal('t', "'t' is a required property")],
      ['/groups/g', undefined, refusal('members', "'members' is a required property")],
      [
        '/groups/g',
        { members: ['a', 'b'] },
        refusal('members', "['a', 'b'] is too long", "members in body: ['a', 'b'] is too long"),
      ],
    ];
    for (const [path, data, body] of refusals) {
      const answer = await server.request('PUT', bucket + path, data === undefined ? {} : { body: { data } });
      expect(answer.json).toEqual(body);
    }
    // Members are there as soon as there is any data.
    await make(server, `${bucket}/groups/g`, { data: {} });
    const plain = `${bucket}/collections/plain`;
    await make(server, plain, { data: { t: 1 } });
    const strict = `${bucket}/collections/strict`;
    await make(server, strict, { data: { t: 1, schema: { properties: { n: { type: 'string' } } } } });

    const body = { data: { n: 'x' } };
    expect((await server.request('POST', `${plain}/records`, { body })).json).toEqual(NOT_INTEGER);
    expect((await server.request('POST', `${strict}/records`, { body })).json).toEqual(NOT_INTEGER);
    const other = await server.request('POST', `${strict}/records`, { body: { data: { n: 1 } } });
    expect(other.json).toEqual(refusal('n', "1 is not of type 'string'"));
    const stored = await make(server, `${plain}/records/r`, { data: { n: 1, schema: 'mine' } });
    expect(stored).toMatchObject({ n: 1, schema: 'mine' });
  });

  it('counts for the default bucket too', async () => {
    const data = { 'record:schema': { properties: { n: { type: 'integer' } } } };
    await server.request('PUT', '/v1/buckets/default', { auth: 'alice', body: { data } });
    const records = '/v1/buckets/default/collections/implicit/records';
    const answer = await server.request('POST', records, { auth: 'alice', body: { data: { n: 'x' } } });
    expect(answer.json).toEqual(NOT_INTEGER);
  });
});

describe('A schema that cannot be applied', () => {
  it.each<[schema: JsonObject, description: RegExp]>([
    [{ $ref: '#/nope' }, /^PointerToNowhere: /],
    [{ $ref: '#' }, /nested deeper/],
    [{ items: [{}] }, /^items\[{}\] is not of type 'object', 'boolean'$/],
  ])('is a 400 by its name: %j', async (schema, description) => {
    const collection = await makeCollection(server, { data: { schema } });
    const answer = await scenario(server, ['POST', `${collection}/records`, { body: { data: {} } }], {
      status: 400,
      errno: 107,
    });
    const [detail] = answer.json.details as JsonObject[];
    expect(detail).toMatchObject({ location: 'body', name: 'schema' });
    expect(detail?.description).toMatch(description);
  });
});

describe('Validation', () => {
  it('is a capability where it is on', async () => {
    const { json } = await server.request('GET', '/v1/');
    expect((json.capabilities as JsonObject).schema).toEqual({
      description: 'Validates collection records with JSON schemas.',
      url: 'https://kinto.readthedocs.io/en/latest/api/1.x/collections.html#collection-json-schema',
    });
  });

  it('is off by default, but a schema must be one', async () => {
    const plain = await startTestServer();
    try {
      const collection = await makeCollection(plain, { data: { schema: SCHEMA } });
      const stored = await make(plain, `${collection}/records/r`, { data: { n: 'x', schema: 'mine' } });
      expect(stored).toMatchObject({ n: 'x', schema: 'mine' });
      expect((await plain.request('GET', '/v1/')).json.capabilities).not.toHaveProperty('schema');

      const description = "type'Washmachine' is not valid under any of the given schemas";
      const schema = { type: 'Washmachine' };
      const put = await plain.request('PUT', collection, { body: { data: { schema } } });
      expect(put.json).toEqual(refusal('data.schema', description, `data.schema in body: ${description}`));
      const patched = await plain.request('PATCH', collection, { body: { data: { schema } } });
      expect(patched.json).toEqual(refusal('schema', description));
      for (const name of ['collection:schema', 'group:schema', 'record:schema']) {
        const posted = await plain.request('POST', '/v1/buckets', { body: { data: { [name]: schema } } });
        expect(posted.json.details).toEqual([{ location: 'body', name: `data.${name}`, description }]);
      }
      const none = await plain.request('PATCH', collection, { body: { data: { schema: null } } });
      expect(none.json.message).toBe(
        'schema in body: "None" is not a mapping type: Does not implement dict-like functionality.',
      );
    } finally {
      await plain.close();
    }
  });
});
