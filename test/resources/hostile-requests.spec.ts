import fc from 'fast-check';
import { make } from '../support/places.js';
import { startTestServer, type Ask, type TestServer } from '../support/server.js';

/** Enough to meet most pairs of what is below, and done in a few seconds. */
const REQUESTS = 400;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await make(server, '/v1/buckets/b');
  await make(server, '/v1/buckets/b/collections/c');
});
afterAll(() => server.close());

const oddText = fc.oneof(
  fc.constantFrom(
    '',
    '_',
    '..',
    '%00',
    '%0a',
    '%E9',
    '%zz',
    '%2F',
    '%F0%9F%92%A9',
    "'",
    '"',
    '\\',
    'default',
    '__proto__',
  ),
  fc.stringMatching(/^[a-zA-Z0-9%_.~-]{1,12}$/),
);

const path = fc.oneof(
  fc
    .array(fc.oneof(fc.constantFrom('buckets', 'b', 'collections', 'c', 'records', 'r', 'groups'), oddText), {
      maxLength: 8,
    })
    .map((segments) => `/v1/${segments.join('/')}`),
  fc.constantFrom(
    '/v1/buckets/b/collections/c/records',
    '/v1/buckets/b/collections/c/records/r',
    '/v1/buckets/b/groups/g',
  ),
);

const query = fc
  .array(
    fc.tuple(
      fc.constantFrom(
        '_since',
        '_limit',
        '_sort',
        '_token',
        '_fields',
        'in_id',
        'like_n',
        'gt_n',
        'contains_n',
        'last_modified',
      ),
      fc.oneof(
        oddText,
        fc.constantFrom('1', '-1', '"1"', 'null', '[1]', '1e400', '9'.repeat(30)).map(encodeURIComponent),
      ),
    ),
    { maxLength: 3 },
  )
  .map((pairs) => (pairs.length === 0 ? '' : `?${pairs.map(([name, value]) => `${name}=${value}`).join('&')}`));

const headerValue = fc.oneof(
  fc.constantFrom(
    '*',
    '"1"',
    '""',
    'application/json',
    'application/merge-patch+json',
    '',
    'x',
    '"99999999999999999999"',
  ),
  fc.stringMatching(/^[!-~]{0,30}$/),
);

const headers = fc.dictionary(
  fc.constantFrom(
    'accept',
    'content-type',
    'if-match',
    'if-none-match',
    'origin',
    'x-request-id',
    'access-control-request-method',
  ),
  headerValue,
  { maxKeys: 4 },
);

const body = fc.oneof(
  fc.constant(undefined),
  fc.json({ maxDepth: 4 }),
  fc
    .record({ data: fc.jsonValue({ maxDepth: 3 }), permissions: fc.jsonValue({ maxDepth: 2 }) }, { requiredKeys: [] })
    .map((value) => JSON.stringify(value)),
  fc
    .record(
      { members: fc.jsonValue(), cache_expires: fc.jsonValue(), last_modified: fc.jsonValue(), id: fc.jsonValue() },
      { requiredKeys: [] },
    )
    .map((data) => JSON.stringify({ data })),
  fc.uint8Array({ maxLength: 40 }),
);

describe('Whatever anybody sends', () => {
  it('is answered, in Kinto’s form, and never with a fault of the server’s own', async () => {
    const request = fc.record({
      method: fc.constantFrom('GET', 'HEAD', 'PUT', 'POST', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'),
      path,
      query,
      headers,
      body,
      auth: fc.constantFrom('mat' as const, 'bob' as const, null),
    });
    await fc.assert(
      fc.asyncProperty(request, async ({ method, path, query, headers, body, auth }) => {
        const ask: Ask = { auth, headers, ...(body === undefined ? {} : { raw: body }) };
        const answer = await server.requestExactly(method, path + query, ask);
        expect(answer.status).toBeLessThan(500);
        if (answer.status >= 400 && method !== 'HEAD') {
          expect(answer.json).toMatchObject({ code: answer.status, errno: expect.any(Number) as number });
        }
      }),
      { numRuns: REQUESTS, endOnFailure: true },
    );
    expect((await server.request('GET', '/v1/__heartbeat__')).status).toBe(200);
    expect((await server.request('GET', '/v1/buckets/b/collections/c/records')).status).toBeLessThan(405);
  });
});
