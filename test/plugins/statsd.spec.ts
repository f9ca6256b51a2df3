import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { make } from '../support/places.js';
import { startTestServer, USER_IDS, type TestServer } from '../support/server.js';

let socket: Socket;
let server: TestServer;
let lines: string[];

beforeEach(async () => {
  lines = [];
  socket = createSocket('udp4', (packet) => lines.push(...packet.toString().split('\n')));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
});
afterEach(() => {
  socket.close();
});

async function start(...settings: string[]): Promise<void> {
  const url = `kinto.statsd_url = udp://127.0.0.1:${socket.address().port}`;
  server = await startTestServer({ ini: ['kinto.includes = kinto.plugins.statsd', url, ...settings].join('\n') });
}

/** Ends the server, which sends what it still has, and waits for the last of it: what was measured at the very end. */
async function received(isLast: (line: string) => boolean): Promise<string[]> {
  await server.close();
  while (!lines.some(isLast)) await once(socket, 'message');
  return lines;
}

describe('StatsD', () => {
  it('is sent timers, sets and gauges under Kinto’s names', async () => {
    await start();
    await make(server, '/v1/buckets/b');
    await server.request('GET', '/v1/nothing', { auth: null });
    const got = await received((line) => line.includes('endpoint.unknown'));
    const ids = 'bucket_id.b.collection_id..group_id..record_id.';
    const labels = `method.put.endpoint.bucket-object.${ids}`;
    expect(got).toContain(`kumocast.request_summary:${labels}.status.201|s`);
    expect(got).toContain(`kumocast.users:auth.basicauth.userid.${USER_IDS.mat.split(':')[1]}|s`);
    expect(got).toContain('kumocast.authentication:type.basicauth|s');
    const durations = got.filter((line) => line.startsWith(`kumocast.request_duration_seconds.${labels}:`));
    expect(durations).toHaveLength(1);
    expect(durations[0]).toMatch(/:\d+(\.\d+)?\|ms$/);
    expect(got.some((line) => /^kumocast\.request_size:\d+\|g$/.test(line))).toBe(true);
    expect(got.some((line) => /^kumocast\.backend\.storage\.seconds\.method\.write:[\d.]+\|ms$/.test(line))).toBe(true);
    expect(got.some((line) => line.startsWith('kumocast.authentication.basicauth.seconds.method.authenticate:'))).toBe(
      true,
    );
  });

  it('counts what has no labels', async () => {
    await start('kinto.paginate_by = 1');
    await make(server, '/v1/buckets/b1');
    await make(server, '/v1/buckets/b2');
    const { headers } = await server.request('DELETE', '/v1/buckets');
    await server.request('DELETE', headers.get('next-page')!.slice(server.url.length));
    const got = await received((line) => line.startsWith('kumocast.cache_hits'));
    expect(got.filter((line) => line.startsWith('kumocast.cache_hits'))).toEqual(['kumocast.cache_hits:1|c']);
  });

  it.each([
    ['kinto.project_name = shop', 'shop.request_size:'],
    ['kinto.project_name = ""', 'kinto.core.request_size:'],
    ['kinto.project_name = ""\nkinto.statsd_prefix = own', 'own.request_size:'],
  ])('is told under a name: %s', async (line, name) => {
    await start(line);
    await server.request('GET', '/v1/');
    const got = await received((one) => one.startsWith(name));
    expect(got.filter((one) => !one.startsWith(name.split('request_size')[0]!))).toEqual([]);
  });

  it('delays nobody when nothing listens there', async () => {
    const gone = createSocket('udp4');
    gone.bind(0, '127.0.0.1');
    await once(gone, 'listening');
    const { port } = gone.address();
    gone.close();
    const ini = `kinto.includes = kinto.plugins.statsd\nkinto.statsd_url = udp://127.0.0.1:${port}`;
    server = await startTestServer({ ini });
    for (let n = 0; n < 20; n++) expect((await server.request('GET', '/v1/')).status).toBe(200);
    await server.close();
  });

  it.each([
    ['', 'statsd_url: the plugin statsd needs it'],
    ['kinto.statsd_url = tcp://localhost:8125', 'expected udp://'],
    ['kinto.statsd_url = udp://localhost', 'expected udp://'],
    ['kinto.statsd_url = localhost:8125', 'expected udp://'],
  ])('needs to be said where it is: %s', async (line, message) => {
    const starting = startTestServer({ ini: `kinto.includes = kinto.plugins.statsd\n${line}` });
    await expect(starting).rejects.toThrow(message);
  });
});
