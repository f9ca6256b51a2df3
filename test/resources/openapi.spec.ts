import type { JsonObject, JsonValue } from '../../src/wire/json.js';
import { OpenApiChecker } from '../support/openapi-checker.js';
import { make } from '../support/places.js';
import { startTestServer, type TestServer } from '../support/server.js';

const RECORDS = '/v1/buckets/b/collections/c/records';
const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';

let server: TestServer;
let api: OpenApiChecker;
beforeAll(async () => {
  server = await startTestServer();
  await make(server, '/v1/buckets/b');
  await make(server, '/v1/buckets/b/collections/c');
  api = await OpenApiChecker.of(server);
});
afterAll(() => server.close());

/** Every value in the document under the key. */
function valuesOf(key: string, value: JsonValue): JsonValue[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value as JsonObject).flatMap(([name, inner]) => [
    ...(name === key ? [inner] : []),
    ...valuesOf(key, inner),
  ]);
}

describe('GET /v1/__api__', () => {
  it('describes this server in OpenAPI 3.1', () => {
    expect(api.document).toMatchObject({
      openapi: '3.1.0',
      info: { title: 'kumocast', version: '1.23' },
      servers: [{ url: '/v1' }],
      security: [{}, { basic: [] }],
    });
    expect((api.document.components as JsonObject).securitySchemes).toEqual({
      basic: { type: 'http', scheme: 'basic' },
    });
  });

  it('is the same at each request, and needs no login', async () => {
    const [first, second] = await Promise.all([1, 2].map(() => server.request('GET', '/v1/__api__', { auth: null })));
    expect(first!.status).toBe(200);
    expect(first!.text).toBe(second!.text);
  });

  it('has no reference that leads nowhere', () => {
    const references = valuesOf('$ref', api.document);
    expect(references.length).toBeGreaterThan(100);
    for (const reference of references) {
      const keys = (reference as string).slice(2).split('/');
      const found = keys.reduce<JsonValue | undefined>((parent, key) => (parent as JsonObject)[key], api.document);
      expect([reference, typeof found]).toEqual([reference, 'object']);
    }
  });

  it('names each operation once, as Kinto does', () => {
    const ids = valuesOf('operationId', api.document);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(
      expect.arrayContaining([
        'server_info',
        'batch',
        '__heartbeat__',
        'get_buckets',
        'create_bucket',
        'delete_buckets',
        'get_record',
        'update_record',
        'patch_record',
        'delete_record',
        'get_openapi_spec',
      ]),
    );
  });

  it('declares every parameter of every path', () => {
    for (const [path, item] of Object.entries(api.paths)) {
      const named = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name);
      const declared = ((item.parameters ?? []) as JsonObject[]).map(({ name }) => name);
      expect([path, declared]).toEqual([path, named]);
    }
  });

  it('has the very methods that the server has', async () => {
    const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];
    for (const [path, item] of Object.entries(api.paths)) {
      const url = `/v1${path.replace(/\{[^}]+\}/g, 'x')}`;
      for (const method of methods) {
        const { status } = await server.request(method, url, { auth: null });
        const isThere = method.toLowerCase() in item;
        expect([method, path, status !== 405]).toEqual([method, path, isThere]);
      }
    }
  });
});

describe('Every answer is one that the document has', () => {
  it('when all goes well', async () => {
    const record = (await api.request('POST', RECORDS, { body: { data: { n: 1 }, permissions: { read: ['x'] } } }))
      .data;
    await api.request('POST', RECORDS, { body: { data: { id: record.id! } } });
    const one = `${RECORDS}/${record.id as string}`;
    await api.request('PUT', `${RECORDS}/r`, { body: { data: { a: { b: 1 } } } });
    await api.request('PUT', `${RECORDS}/r`, { body: {} });
    const { headers } = await api.request('GET', one);
    await api.request('GET', one, { headers: { 'if-none-match': headers.get('etag')! } });
    await api.request('HEAD', one);
    await api.request('GET', `${one}?_fields=n`);
    await api.request('GET', one, { auth: 'bob' });
    for (const behavior of ['full', 'light', 'diff']) {
      await api.request('PATCH', one, { body: { data: { n: 2 } }, headers: { 'response-behavior': behavior } });
    }
    await api.request('PATCH', one, { body: { data: { n: null } }, headers: { 'content-type': MERGE_PATCH } });
    const operations = [{ op: 'add', path: '/data/m', value: 1 }];
    await api.request('PATCH', one, { body: operations, headers: { 'content-type': JSON_PATCH } });
    await api.request('DELETE', one);
    await api.request('GET', `${RECORDS}?_since=1&_sort=-last_modified&_limit=1`);
    await api.request('GET', `${RECORDS}?has_a=true&a.b=1&_fields=a.b`);
    await api.request('HEAD', RECORDS);
    await api.request('DELETE', RECORDS);
    await api.request('PUT', '/v1/buckets/b/groups/g', { body: { data: { members: ['basicauth:x'] } } });
    await api.request('PUT', '/v1/buckets/b/collections/d', { body: { data: { cache_expires: '12', schema: {} } } });
    await api.request('GET', '/v1/buckets/b/collections');
    await api.request('GET', '/v1/buckets/b/groups');
    await api.request('GET', '/v1/buckets');
    await api.request('GET', '/v1/buckets/b');
  });

  it('when it does not', async () => {
    const etag = '"1"';
    await api.request('GET', RECORDS, { auth: null });
    await api.request('GET', RECORDS, { auth: 'bob' });
    await api.request('GET', `${RECORDS}/nothing`);
    await api.request('PUT', '/v1/buckets/b/collections/nothing/records/r', { body: {} });
    await api.request('POST', RECORDS, { body: { data: 1 } });
    await api.request('POST', RECORDS, { raw: '{' });
    await api.request('POST', RECORDS, { body: {}, headers: { 'content-type': 'text/plain' } });
    await api.request('GET', RECORDS, { headers: { accept: 'text/html' } });
    await api.request('GET', `${RECORDS}?_limit=x`);
    await api.request('GET', RECORDS, { headers: { 'if-match': etag } });
    await api.request('PUT', '/v1/buckets/b', { body: {}, headers: { 'if-match': etag } });
    await api.request('DELETE', '/v1/buckets/b', { headers: { 'if-match': 'x' } });
    await api.request('POST', RECORDS, { raw: Buffer.alloc(17_000_000, ' ') });
  });

  it('of the server itself', async () => {
    await api.request('GET', '/v1/');
    await api.request('GET', '/v1/', { auth: null });
    await api.request('HEAD', '/v1/');
    await api.request('GET', '/v1/__heartbeat__');
    await api.request('GET', '/v1/__lbheartbeat__');
    await api.request('GET', '/v1/contribute.json');
    await api.request('GET', '/v1/__api__');
    const requests = [{ path: '/' }, { path: '/nothing' }, { method: 'HEAD', path: '/buckets' }];
    await api.request('POST', '/v1/batch', { body: { requests } });
    await api.request('POST', '/v1/batch', { body: {} });
    await api.request('POST', '/v1/batch', { body: { requests }, headers: { 'content-type': 'text/plain' } });
  });
});

describe('A parameter of the document', () => {
  it.each([
    ['_limit=3', 200],
    ['_limit=-1', 400],
    ['_limit=many', 400],
    ['_since=123', 200],
    ['_since=%22123%22', 200],
    ['_since=soon', 400],
    ['_before=123', 200],
    ['_before=x', 400],
    ['last_modified=1', 200],
    ['last_modified=x', 400],
    ['_token=x', 400],
    ['_sort=a,-b', 200],
    ['_fields=a,b', 200],
  ])('is read as it is described: %s', async (query, status) => {
    const { status: seen } = await api.request('GET', `${RECORDS}?${query}`);
    expect(seen).toBe(status);
    const [name, text] = decodeURIComponent(query).split('=') as [string, string];
    const { parameters } = api.document.components as { parameters: Record<string, { schema: JsonObject }> };
    const { pattern } = parameters[name]!.schema;
    if (typeof pattern === 'string') expect(new RegExp(pattern, 'u').test(text)).toBe(status === 200);
  });

  it('is there for every operator of filters', () => {
    const { parameters } = api.document.components as { parameters: Record<string, { description: string }> };
    for (const operator of [
      'lt',
      'min',
      'max',
      'not',
      'eq',
      'gt',
      'in',
      'exclude',
      'like',
      'has',
      'contains_any',
      'contains',
    ]) {
      expect(parameters.filters!.description).toContain(`\`${operator}_<field>\``);
    }
  });
});

describe('The document of a server that is set up otherwise', () => {
  async function documentOf(ini: string): Promise<OpenApiChecker> {
    const other = await startTestServer({ ini });
    const checker = await OpenApiChecker.of(other);
    await other.close();
    return checker;
  }

  it('does not have what is switched off', async () => {
    const { operations } = await documentOf(
      'kinto.plural_bucket_post_enabled = false\nkinto.object_record_delete_enabled = false',
    );
    expect(operations).toContain('GET /buckets');
    expect(operations).not.toContain('POST /buckets');
    expect(operations).not.toContain('DELETE /buckets/{bucket_id}/collections/{collection_id}/records/{id}');
  });

  it('has no writes where nothing can be written', async () => {
    const { operations } = await documentOf('kinto.readonly = true');
    expect(operations).toContain('GET /buckets/{id}');
    expect(operations.filter((operation) => !/^(GET|HEAD) /.test(operation))).toEqual([]);
    expect(operations).not.toContain('POST /batch');
  });

  it('knows nobody who could log in where nobody can', async () => {
    const { document } = await documentOf('multiauth.policies =');
    expect(document.security).toEqual([{}]);
    expect((document.components as JsonObject).securitySchemes).toEqual({});
  });

  it('says how many requests a batch may have', async () => {
    const { document, paths } = await documentOf('kinto.batch_max_requests = 7\nkinto.project_name = shop');
    expect(valuesOf('maxItems', paths['/batch']!)).toEqual([7]);
    expect(document.info).toMatchObject({ title: 'shop' });
  });
});
