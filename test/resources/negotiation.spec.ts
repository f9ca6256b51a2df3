import { makeCollection } from '../support/places.js';
import { scenario } from '../support/scenario.js';
import { startTestServer, type TestServer } from '../support/server.js';

let server: TestServer;
let records: string;
beforeAll(async () => {
  server = await startTestServer();
  records = `${await makeCollection(server)}/records`;
});
afterAll(() => server.close());

describe('Accept', () => {
  it.each(['application/json', 'application/*', '*/*', 'text/html, application/json;q=0.1', 'garbage'])(
    'is fine as %s',
    async (accept) => {
      await scenario(server, ['GET', records, { headers: { accept } }], { status: 200 });
    },
  );

  it.each(['text/html', '', 'application/json;q=0', 'application/json;q=0, */*'])(
    'cannot be satisfied as "%s", which is said before anybody is asked who they are',
    async (accept) => {
      const description = "Accept header should be one of ['application/json']";
      const answer = await server.requestExactly('GET', records, { auth: null, headers: { accept } });
      expect(answer.json).toEqual({
        code: 406,
        errno: 107,
        error: 'Invalid parameters',
        message: description,
        details: [{ location: 'header', name: 'Accept', description }],
      });
    },
  );

  it('does not matter to hello, nor at an unknown URL', async () => {
    await scenario(server, ['GET', '/v1/', { headers: { accept: 'text/html' } }], { status: 200 });
    await scenario(server, ['GET', '/v1/nothing', { headers: { accept: 'text/html' } }], { status: 404 });
  });
});

describe('Content-Type', () => {
  it.each(['text/plain', 'APPLICATION/JSON', 'application/json-patch+json'])(
    'is not understood as %s by a POST, anonymous or not',
    async (type) => {
      const description = "Content-Type header should be one of ['application/json']";
      await scenario(server, ['POST', records, { auth: null, headers: { 'content-type': type }, body: {} }], {
        status: 415,
        errno: 107,
        body: { message: description, details: [{ location: 'header', name: 'Content-Type', description }] },
      });
    },
  );

  it('may have parameters', async () => {
    const headers = { 'content-type': 'application/json; charset=utf-8' };
    const answer = await server.request('POST', records, { headers, body: { data: { id: 'typed' } } });
    expect(answer.status).toBe(201);
  });

  it('is taken for JSON when a body has none', async () => {
    const raw = '{"data":{"n":1}}';
    const answer = await server.requestExactly('PUT', `${records}/untyped`, {
      raw,
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.data).toMatchObject({ n: 1 });
    const bytes = new TextEncoder().encode('{"data":{"n":2}}');
    const response = await fetch(`${server.url}${records}/untyped`, {
      method: 'PUT',
      headers: { authorization: `Basic ${btoa('mat:secret')}` },
      body: bytes,
    });
    expect(await response.json()).toMatchObject({ data: { n: 2 } });
  });

  it('does not matter to a GET or DELETE', async () => {
    const headers = { 'content-type': 'text/plain' };
    await scenario(server, ['GET', records, { headers }], { status: 200 });
    await scenario(server, ['DELETE', `${records}?id="none"`, { headers }], { status: 200 });
  });

  it('may name a merge patch in a PATCH alone, parameters and all', async () => {
    const headers = { 'content-type': 'application/merge-patch+json; charset=utf-8' };
    await server.request('PUT', `${records}/merged`, { body: { data: { a: 1, b: 2 } } });
    const answer = await server.request('PATCH', `${records}/merged`, { headers, body: { data: { a: null } } });
    expect(answer.data).toMatchObject({ b: 2 });
    expect(answer.data).not.toHaveProperty('a');
    await scenario(server, ['PUT', `${records}/merged`, { headers, body: { data: {} } }], { status: 415 });
  });
});
