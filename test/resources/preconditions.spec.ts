import type { JsonObject } from '../../src/wire/json.js';
import { make, makeCollection, uriOf } from '../support/places.js';
import { scenario } from '../support/scenario.js';
import { startTestServer, type TestServer } from '../support/server.js';

const MODIFIED = { status: 412, errno: 114, body: { message: 'Resource was modified meanwhile' } };

let server: TestServer;
let records: string;
let record: string;
let current: JsonObject;
let etag: string;
beforeAll(async () => (server = await startTestServer()));
beforeEach(async () => {
  records = `${await makeCollection(server)}/records`;
  record = `${records}/r`;
  current = await make(server, record, { data: { n: 1 } });
  etag = `"${current.last_modified as number}"`;
});
afterAll(() => server.close());

describe('If-None-Match', () => {
  it.each(['GET', 'HEAD'])('answers a %s of the same state with 304, for objects and lists', async (method) => {
    for (const path of [record, records]) {
      const answer = await scenario(server, [method, path, { headers: { 'if-none-match': etag } }], {
        status: 304,
        headers: { etag, 'cache-control': null, 'content-type': null },
      });
      expect(answer.text).toBe('');
      expect(answer.headers.get('last-modified')).toBe(new Date(Number(current.last_modified)).toUTCString());
      expect(answer.headers.get('access-control-expose-headers')).toContain('ETag');
    }
  });

  it('wants the very same state, not a later one', async () => {
    const later = `"${Number(current.last_modified) + 1}"`;
    await scenario(server, ['GET', record, { headers: { 'if-none-match': later } }], { status: 200 });
  });

  it('means nothing to a write, unless it is *', async () => {
    const ask = { headers: { 'if-none-match': etag }, body: { data: {} } };
    await scenario(server, ['PUT', record, ask], { status: 200, changes: [`update ${uriOf(records)} r`] });
  });

  it.each(['GET', 'PUT', 'PATCH', 'DELETE'])('* refuses a %s of what is there, and shows it', async (method) => {
    const body = method === 'PUT' || method === 'PATCH' ? { body: { data: {} } } : {};
    const answer = await scenario(server, [method, record, { headers: { 'if-none-match': '*' }, ...body }], {
      ...MODIFIED,
      headers: { etag },
      changes: [],
    });
    expect(answer.json.details).toEqual({ existing: current });
  });

  it('* refuses a list, which always exists', async () => {
    for (const method of ['GET', 'DELETE']) {
      const answer = await scenario(server, [method, records, { headers: { 'if-none-match': '*' } }], MODIFIED);
      expect(answer.json).not.toHaveProperty('details');
    }
  });

  it('* lets what is not there be created, by PUT and by POST', async () => {
    const headers = { 'if-none-match': '*' };
    await scenario(server, ['PUT', `${records}/s`, { headers }], {
      status: 201,
      changes: [`create ${uriOf(records)} s`],
    });
    const post = { headers, body: { data: { id: 't' } } };
    await scenario(server, ['POST', records, post], { status: 201, changes: [`create ${uriOf(records)} t`] });
    await scenario(server, ['POST', records, post], MODIFIED);
  });
});

describe('If-Match', () => {
  it.each(['PUT', 'PATCH', 'DELETE'])('lets a %s of the very same state through, and no other', async (method) => {
    const body = method === 'DELETE' ? {} : { body: { data: { n: 2 } } };
    const stale = await scenario(server, [method, record, { headers: { 'if-match': '"12"' }, ...body }], {
      ...MODIFIED,
      headers: { etag },
      changes: [],
    });
    expect(stale.json.details).toEqual({ existing: current });
    const action = method === 'DELETE' ? 'delete' : 'update';
    await scenario(server, [method, record, { headers: { 'if-match': etag }, ...body }], {
      status: 200,
      changes: [`${action} ${uriOf(records)} r`],
    });
  });

  it('holds for lists too', async () => {
    await scenario(server, ['GET', records, { headers: { 'if-match': '"12"' } }], { ...MODIFIED, headers: { etag } });
    await scenario(server, ['DELETE', records, { headers: { 'if-match': '"12"' } }], MODIFIED);
    await scenario(server, ['DELETE', records, { headers: { 'if-match': etag } }], {
      status: 200,
      changes: [`delete ${uriOf(records)} r`],
    });
  });

  it.each(['*', '"12"'])('%s refuses to create; the list’s state is told', async (value) => {
    for (const [method, path] of [
      ['PUT', `${records}/s`],
      ['POST', records],
    ] as const) {
      const ask = { headers: { 'if-match': value }, body: { data: {} } };
      const answer = await scenario(server, [method, path, ask], { ...MODIFIED, headers: { etag } });
      expect(answer.json).not.toHaveProperty('details');
    }
  });

  it('does not make a missing object exist', async () => {
    await scenario(server, ['DELETE', `${records}/s`, { headers: { 'if-match': '"12"' } }], {
      status: 404,
      errno: 110,
    });
  });
});

describe('A condition that is none', () => {
  it.each(['abc', '12', 'W/"12"', '"12", "13"', '"*"', '*x', '"-1"', '"1.5"', "'12'"])(
    'is refused: %s',
    async (value) => {
      for (const name of ['If-Match', 'If-None-Match']) {
        const description = 'The value should be integer between double quotes.';
        await scenario(server, ['PUT', record, { headers: { [name]: value }, body: {} }], {
          status: 400,
          errno: 107,
          body: {
            error: 'Invalid parameters',
            message: `${name} in header: ${description}`,
            details: [{ location: 'header', name, description }],
          },
          changes: [],
        });
      }
    },
  );

  it.each(['', '"0"'])('is as good as absent: %j', async (value) => {
    await scenario(server, ['GET', record, { headers: { 'if-match': value } }], { status: 200 });
  });

  it('is told together with what is wrong with the body', async () => {
    const headers = { 'if-match': 'x', 'if-none-match': 'y' };
    const { json } = await server.request('PUT', record, { headers, body: { foo: 1 } });
    const names = (json.details as JsonObject[]).map(({ name }) => name);
    expect(names).toEqual(['', 'If-Match', 'If-None-Match']);
  });
});
