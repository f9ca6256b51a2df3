import { RawConnection, type RawResponse } from '../support/raw-connection.js';
import { startTestServer, type TestServer } from '../support/server.js';

describe('Bytes that are no request to Node', () => {
  let server: TestServer;
  beforeAll(async () => (server = await startTestServer()));
  afterAll(() => server.close());

  async function answersTo(text: string): Promise<readonly RawResponse[]> {
    const connection = await RawConnection.open(server.port);
    connection.send(text);
    return connection.untilClosed();
  }

  function ensureKintos({ headers, body, status }: RawResponse, errno: number): void {
    expect(headers.get('content-type')).toBe('application/json');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('connection')).toBe('close');
    expect(JSON.parse(body)).toMatchObject({ code: status, errno });
  }

  it('are answered as a method that the URL does not have', async () => {
    const [answer, ...others] = await answersTo(
      'FOO /v1/buckets?a=1 HTTP/1.1\r\nHost: localhost\r\nOrigin: http://a.example\r\n\r\n',
    );
    expect(others).toEqual([]);
    expect(answer!.status).toBe(405);
    expect(answer!.headers.get('allow')).toBe('HEAD, GET, POST, DELETE, OPTIONS');
    expect(answer!.headers.get('access-control-allow-origin')).toBe('*');
    ensureKintos(answer!, 115);
  });

  it.each([
    ['FOO /v1/nothing HTTP/1.1\r\nHost: localhost\r\n\r\n', 404, 111],
    ['FOO /v2/ HTTP/1.1\r\nHost: localhost\r\n\r\n', 404, 116],
    ['FOO-BAR /v1/%ff HTTP/1.1\r\nHost: localhost\r\n\r\n', 400, 107],
    ['foo /v1/ HTTP/1.1\r\nHost: localhost\r\n\r\n', 400, 107],
    ['FOO nothing HTTP/1.1\r\n\r\n', 400, 107],
    ['GET / HTTP/9.9\r\n\r\n', 400, 107],
    ['\x16\x03\x01\x02\x00\x01\x00\x01', 400, 107],
    ['GET /v1/ HTTP/1.1\r\nBad Header: x\r\n\r\n', 400, 107],
    ['POST /v1/buckets HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n', 400, 107],
    [`GET /v1/ HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`, 431, 113],
  ])('are answered in Kinto’s form, however broken: %#', async (text, status, errno) => {
    const [answer, ...others] = await answersTo(text);
    expect(others).toEqual([]);
    expect(answer!.status).toBe(status);
    ensureKintos(answer!, errno);
  });

  it('are redirected where others are', async () => {
    const [answer] = await answersTo('FOO /buckets HTTP/1.1\r\nHost: sync.example\r\n\r\n');
    expect(answer!.status).toBe(307);
    expect(answer!.headers.get('location')).toBe('http://sync.example/v1/buckets');
  });

  it('are answered once, after what came before them, and then never again', async () => {
    const connection = await RawConnection.open(server.port);
    connection.send('GET /v1/__lbheartbeat__ HTTP/1.1\r\nHost: a\r\n\r\n');
    connection.send('FOO /v1/buckets HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nsome body');
    connection.send('GET /v1/ HTTP/1.1\r\nHost: a\r\n\r\n');
    const statuses = (await connection.untilClosed()).map(({ status }) => status);
    expect(statuses.at(-1)).toBe(405);
    expect(statuses.filter((status) => status === 405)).toHaveLength(1);
  });

  it('hurt nobody else', async () => {
    expect((await server.request('GET', '/v1/__lbheartbeat__')).status).toBe(200);
  });
});

describe('A server that is ending', () => {
  it('hears whoever was answered a moment ago, and is just asking again', async () => {
    // It does so for a tenth of a second: on a busy machine a request may come later than that.
    for (let tries = 1; ; tries += 1) {
      const server = await startTestServer();
      const busy = await RawConnection.open(server.port);
      busy.send('GET /v1/ HTTP/1.1\r\nHost: a\r\n\r\n');
      await busy.untilReceived('\r\n\r\n');
      const closing = server.close();
      await untilRefused(server.port);
      busy.send('GET /v1/ HTTP/1.1\r\nHost: a\r\n\r\n');
      const answers = await busy.untilClosed();
      await closing;
      if (answers.length === 1 && tries < 10) continue;
      expect(answers.map(({ status }) => status)).toEqual([200, 503]);
      expect(answers[1]!.headers.get('connection')).toBe('close');
      break;
    }
  });

  it('asks whoever comes on an old connection to come again, in Kinto’s form', async () => {
    const server = await startTestServer({ ini: 'kinto.retry_after_seconds = 7' });
    const late = await RawConnection.open(server.port);
    const closing = server.close();
    await untilRefused(server.port);
    late.send('GET /v1/ HTTP/1.1\r\nHost: a\r\n\r\n');
    const [answer] = await late.untilClosed();
    expect(answer!.status).toBe(503);
    expect(answer!.headers.get('retry-after')).toBe('7');
    expect(answer!.headers.get('connection')).toBe('close');
    expect(JSON.parse(answer!.body)).toMatchObject({ code: 503, errno: 201, error: 'Service Unavailable' });
    await closing;
  });
});

/** Resolves when nobody can connect any more. */
async function untilRefused(port: number): Promise<void> {
  for (;;) {
    try {
      (await RawConnection.open(port)).destroy();
    } catch {
      return;
    }
  }
}
