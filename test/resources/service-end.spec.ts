import { scenario } from '../support/scenario.js';
import { startTestServer, type TestServer } from '../support/server.js';

const TO_IS_DEPRECATED =
  '{"code":"soft-eol","message":"_to is now deprecated, you should use _before instead",' +
  '"url":"https://kinto.readthedocs.io/en/2.4.0/api/resource.html#list-of-available-url-parameters"}';

describe('A service whose end is announced', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ ini: 'kinto.eos = 2099-12-31\nkinto.eos_message = Wir schließen.' });
  });
  afterAll(() => server.close());

  const alert = '{"code":"soft-eol","message":"Wir schlie\\u00DFen.","url":"https://kinto.readthedocs.io/"}';

  it.each([
    ['GET', '/v1/', 200],
    ['GET', '/', 307],
    ['PUT', '/v1/buckets/b', 201],
    ['GET', '/v1/buckets/nothing', 403],
    ['GET', '/v1/nothing', 404],
    ['POST', '/v1/buckets/b', 405],
  ])('says so in every answer: %s %s', async (method, path, status) => {
    const answer = await server.request(method, path);
    expect([answer.status, answer.headers.get('alert')]).toEqual([status, alert]);
  });

  it('says so instead of what else there is to be alerted of', async () => {
    await scenario(server, ['GET', '/v1/buckets?_to=5'], { status: 200, headers: { alert } });
  });

  it('shows the day in hello as it was written', async () => {
    await scenario(server, ['GET', '/v1/'], { status: 200, body: { eos: '2099-12-31' } });
  });
});

describe('A service that has ended', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ ini: 'kinto.eos = 2001-01-01T12:00Z\nkinto.eos_url = https://new.example' });
  });
  afterAll(() => server.close());

  it.each([
    ['GET', '/v1/'],
    ['GET', '/'],
    ['GET', '/v1/__lbheartbeat__'],
    ['PUT', '/v1/buckets/b'],
    ['OPTIONS', '/v1/buckets'],
    ['GET', '/v2/'],
    ['GET', '/v1/%ff'],
  ])('answers nothing any more: %s %s', async (method, path) => {
    const answer = await server.requestExactly(method, path, { headers: { origin: 'http://a.example' } });
    expect(answer.json).toEqual({
      code: 410,
      errno: 202,
      error: 'Gone',
      message: 'The service you are trying to connect no longer exists at this location.',
    });
    expect(answer.status).toBe(410);
    expect(answer.headers.get('alert')).toBe('{"code":"hard-eol","message":null,"url":"https://new.example"}');
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  });
});

describe('A service without an end', () => {
  it('alerts of nothing but what is deprecated', async () => {
    const server = await startTestServer();
    await scenario(server, ['GET', '/v1/'], { status: 200, headers: { alert: null } });
    await scenario(server, ['GET', '/v1/buckets?_to=5'], { status: 200, headers: { alert: TO_IS_DEPRECATED } });
    await server.close();
  });

  it.each(['soon', '12', 'foo 1', '2099-13-45'])(
    'does not begin to be one by a date that is none: %s',
    async (date) => {
      await expect(startTestServer({ ini: `kinto.eos = ${date}` })).rejects.toThrow(/kinto\.eos = .*expected a date/);
    },
  );
});

describe('Backoff', () => {
  async function countBackoffs(ini: string, requests: number): Promise<number> {
    const server = await startTestServer({ ini: `kinto.backoff = 10\n${ini}` });
    let count = 0;
    for (let index = 0; index < requests; index += 1) {
      // Of good and bad answers alike.
      const { headers } = await server.request('GET', index % 2 === 0 ? '/v1/__lbheartbeat__' : '/v1/nothing');
      const backoff = headers.get('backoff');
      if (backoff !== null) expect(backoff).toBe('10');
      if (backoff !== null) count += 1;
    }
    await server.close();
    return count;
  }

  it('is asked for on every answer', async () => {
    expect(await countBackoffs('', 20)).toBe(20);
  });

  it('is asked for on as many answers as the settings say', async () => {
    expect(await countBackoffs('kinto.backoff_percentage = 0', 20)).toBe(0);
    expect(await countBackoffs('kinto.backoff_percentage = 100', 20)).toBe(20);
    // Wrong once in 10^15 runs.
    const half = await countBackoffs('kinto.backoff_percentage = 50', 200);
    expect(half).toBeGreaterThan(45);
    expect(half).toBeLessThan(155);
  });
});
