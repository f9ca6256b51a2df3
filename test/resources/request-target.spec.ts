import { basicAuth, startTestServer, type TestServer } from '../support/server.js';
import { RawConnection, type RawResponse } from '../support/raw-connection.js';

const HOST = 'api.example:8080';

let server: TestServer;
beforeAll(async () => (server = await startTestServer()));
afterAll(() => server.close());

async function ask(line: string, more = '', body = ''): Promise<RawResponse> {
  const connection = await RawConnection.open(server.port);
  connection.send(`${line} HTTP/1.1\r\nHost: other.example\r\nConnection: close\r\n${more}\r\n${body}`);
  const [response, ...others] = await connection.untilClosed();
  expect(others).toEqual([]);
  return response!;
}

function jsonOf({ body }: RawResponse): Record<string, unknown> {
  return JSON.parse(body) as Record<string, unknown>;
}

describe('A request line with a whole URL (RFC 9112, 3.2.2)', () => {
  it.each(['http', 'HTTP', 'https'])('is served like its path: %s', async (scheme) => {
    const answer = await ask(`GET ${scheme}://${HOST}/v1/?a=1`);
    expect(answer.status).toBe(200);
    // Its host counts, not that of the header.
    expect(jsonOf(answer).url).toBe(`http://${HOST}/v1/`);
  });

  it('keeps the query string', async () => {
    const { status, body } = await ask(
      `GET http://${HOST}/v1/buckets?_limit=x`,
      `Authorization: ${basicAuth('mat')}\r\n`,
    );
    expect(status).toBe(400);
    expect(body).toContain('_limit');
  });

  it('can write', async () => {
    const json = '{"data":{"n":1}}';
    const headers = `Authorization: ${basicAuth('mat')}\r\nContent-Type: application/json\r\nContent-Length: ${json.length}\r\n`;
    const answer = await ask(`PUT http://${HOST}/v1/buckets/absolute`, headers, json);
    expect(answer.status).toBe(201);
    expect((await server.request('GET', '/v1/buckets/absolute')).data).toMatchObject({ id: 'absolute', n: 1 });
  });

  it('does not take whom it names for the host, or for the caller', async () => {
    const answer = await ask(`GET http://mat:secret@${HOST}/v1/`);
    expect(jsonOf(answer)).toMatchObject({ url: `http://${HOST}/v1/` });
    expect(jsonOf(answer)).not.toHaveProperty('user');
  });

  it.each([
    ['', `http://${HOST}/v1/`],
    ['?a=/v1/buckets', `http://${HOST}/v1/?a=/v1/buckets`],
    ['/buckets', `http://${HOST}/v1/buckets`],
  ])('leads to the API where its path does not: %s', async (path, location) => {
    const { status, headers } = await ask(`GET http://${HOST}${path}`);
    expect([status, headers.get('location')]).toEqual([307, location]);
  });

  it('is no other way to what there is not', async () => {
    const { status, body } = await ask(`GET http://${HOST}/v1/nothing`);
    expect(status).toBe(404);
    expect(JSON.parse(body)).toMatchObject({ errno: 111 });
  });

  it('is a path, as long as it begins like one', async () => {
    const { status, headers } = await ask('GET //api.example/v1/');
    expect([status, headers.get('location')]).toEqual([307, 'http://other.example/v1//api.example/v1/']);
  });
});
