import type { JsonObject, JsonValue } from '../../src/wire/json.js';
import { EveryPluginServer } from '../support/every-plugin-server.js';
import { OpenApiChecker } from '../support/openapi-checker.js';
import { structureProblem } from '../support/openapi-structure.js';
import { startTestServer } from '../support/server.js';

let plugins: EveryPluginServer;
let api: OpenApiChecker;
beforeAll(async () => {
  plugins = await EveryPluginServer.start();
  ({ api } = plugins);
}, 150_000);
afterAll(() => plugins.close());

/** Everything in `paths` that is an operation. */
function operations(): (JsonObject & { readonly key: string })[] {
  return Object.entries(api.paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => method !== 'parameters')
      .map(([method, operation]) => ({ ...(operation as JsonObject), key: `${method.toUpperCase()} ${path}` })),
  );
}

function resolved(value: JsonValue): JsonObject {
  const { $ref: reference } = value as JsonObject;
  if (typeof reference !== 'string') return value as JsonObject;
  const keys = reference.slice(2).split('/');
  return keys.reduce<JsonValue>((parent, key) => (parent as JsonObject)[key]!, api.document) as JsonObject;
}

describe('The document of a server with every plugin', () => {
  it('is OpenAPI 3.1 in every part', () => {
    expect(structureProblem(api.document)).toBeUndefined();
  });

  it.each<[string, (document: JsonObject) => void]>([
    ['a word that there is not', (document) => (document.path = {})],
    ['a path without a slash', (document) => ((document.paths as JsonObject).buckets = {})],
    ['an answer without a description', (document) => deleteFrom(document, 'paths', '/', 'get', 'responses', '200')],
    ['a schema that is none', (document) => ((document.components as JsonObject).schemas = { X: { type: 'text' } })],
  ])('would not be with %s', (_what, spoil) => {
    const document = structuredClone(api.document);
    spoil(document);
    expect(structureProblem(document)).toBeDefined();
  });

  it('leaves no endpoint undescribed', () => {
    for (const { key, tags, summary } of operations()) {
      expect([key, tags]).not.toEqual([key, ['Others']]);
      expect([key, summary]).toEqual([key, expect.stringMatching(/^[A-Z][^/]+\.$/)]);
    }
  });

  it('says of every parameter what it is for', () => {
    for (const [path, item] of Object.entries(api.paths)) {
      const all = Object.values(item).flatMap((operation) => (operation as JsonObject).parameters ?? []);
      for (const parameter of [...((item.parameters ?? []) as JsonObject[]), ...(all as JsonObject[])]) {
        const { name, description } = resolved(parameter);
        expect([path, name, description]).toEqual([path, name, expect.stringMatching(/\S/)]);
      }
    }
  });

  it('names each operation once, and each parameter of it once', () => {
    const ids = operations().map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const item of Object.values(api.paths)) {
      for (const operation of Object.values(item)) {
        const own = ((operation as JsonObject).parameters ?? []) as JsonObject[];
        const names = [...((item.parameters ?? []) as JsonObject[]), ...own].map((parameter) => {
          const { name, in: place } = resolved(parameter);
          return `${place as string} ${name as string}`;
        });
        expect(names).toEqual([...new Set(names)]);
      }
    }
  });

  it('has each heading once, that of the resources before those of plugins', () => {
    const names = (api.document.tags as JsonObject[]).map(({ name }) => name);
    const own = ['Utilities', 'Batch', 'Buckets', 'Groups', 'Collections', 'Records'];
    expect(names.slice(0, own.length)).toEqual(own);
    expect(names.slice(own.length).sort()).toEqual([
      'Accounts',
      'Attachments',
      'Changes',
      'History',
      'Notifications',
      'OpenID',
      'Realtime',
    ]);
    expect(new Set(operations().flatMap(({ tags }) => tags as string[]))).toEqual(new Set(names));
  });

  it('has no schema that nothing speaks of', () => {
    const { schemas } = api.document.components as { schemas: JsonObject };
    const text = JSON.stringify(api.document);
    for (const name of Object.keys(schemas)) expect(text).toMatch(new RegExp(`"#/components/schemas/${name}["/]`));
    expect(Object.keys(schemas)).toEqual(expect.arrayContaining(['History', 'AccountInput', 'JsonSchema']));
    expect(Object.keys(schemas)).not.toContain('HistoryInput');
  });

  it('tells of the default bucket wherever a bucket is named, and where it is there only', async () => {
    const below = Object.entries(api.paths).filter(([path]) => path.startsWith('/buckets/{'));
    expect(below.length).toBeGreaterThan(8);
    for (const [, { parameters }] of below) {
      const [first, ...others] = parameters as JsonObject[];
      expect(first!.description).toContain('`/buckets/default`');
      expect(JSON.stringify(others)).not.toContain('/buckets/default');
    }
    for (const ini of ['kinto.includes =', 'kinto.includes = default-bucket\nkinto.readonly = true']) {
      const other = await startTestServer({ ini });
      const { document } = await OpenApiChecker.of(other);
      await other.close();
      expect(JSON.stringify(document)).not.toContain('/buckets/default');
    }
  });

  it('says that a schema is a JSON Schema', () => {
    const put = (schema: JsonValue) => {
      return api.bodyProblem('PUT', '/v1/buckets/b/collections/x', 'application/json', { data: { schema } });
    };
    expect(
      put({ type: 'object', properties: { n: { type: 'integer', minimum: 1 } }, required: ['n'] }),
    ).toBeUndefined();
    for (const wrong of ['x', true, { type: 'text' }, { properties: 1 }, { items: { required: 'n' } }, { $ref: 1 }]) {
      expect([wrong, put(wrong)]).toEqual([wrong, expect.stringMatching(/schema/)]);
    }
  });

  it('wants no password where one can stay as it is, and shows none', () => {
    const problem = (method: string, path: string, data: JsonObject) => {
      return api.bodyProblem(method, path, 'application/json', { data });
    };
    expect(problem('PUT', '/v1/accounts/x', {})).toMatch(/password/);
    expect(problem('PUT', '/v1/accounts/x', { password: 'x'.repeat(73) })).toMatch(/password/);
    expect(problem('PUT', '/v1/accounts/x', { password: 'x' })).toBeUndefined();
    expect(problem('POST', '/v1/accounts', { password: 'x' })).toMatch(/id/);
    expect(problem('PATCH', '/v1/accounts/x', { a: 1 })).toBeUndefined();
    const { Account } = (api.document.components as { schemas: Record<string, JsonObject> }).schemas;
    expect(Object.keys(Account!.properties as JsonObject)).toEqual(['id', 'last_modified']);
  });

  it('has the very methods that the server has', async () => {
    for (const [path, item] of Object.entries(api.paths)) {
      const url = `/v1${path.replace(/\{[^}]+\}/g, 'x')}`;
      const { status, headers } = await plugins.server.requestExactly('PURGE', url, { auth: null });
      expect([path, status]).toEqual([path, 405]);
      const allowed = (headers.get('allow') ?? '').split(/,\s*/);
      const documented = Object.keys(item).filter((key) => key !== 'parameters');
      const served = allowed.filter((method) => method !== 'OPTIONS').map((method) => method.toLowerCase());
      expect([path, served.sort()]).toEqual([path, documented.sort()]);
    }
  });
});

function deleteFrom(document: JsonObject, ...keys: string[]): void {
  const holder = keys.reduce<JsonObject>((parent, key) => parent[key] as JsonObject, document);
  delete holder.description;
}
