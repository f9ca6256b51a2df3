import { APP } from '../realtime/support/channels-server.js';
import { FakePusherHost } from '../support/fake-pusher-host.js';
import { make } from '../support/places.js';
import { scenario } from '../support/scenario.js';
import { startTestServer, USER_IDS, type TestServer } from '../support/server.js';

const METRICS = '/v1/__metrics__';
const INI = 'kinto.includes = kinto.plugins.prometheus kinto.plugins.default_bucket';

let server: TestServer;

async function start(...settings: string[]): Promise<void> {
  server = await startTestServer({ ini: [INI, ...settings].join('\n') });
}

let host: FakePusherHost | undefined;
afterEach(async () => {
  await server.close();
  await host?.close();
});

/** The samples by name and labels, `name{a="b"}`, the labels in the order of their names. */
async function samples(): Promise<Map<string, number>> {
  const { text } = await server.request('GET', METRICS, { auth: null });
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const [, name = '', labels = '', value = ''] = /^([a-z_:][\w:]*)(?:\{(.*)\})? (\S+)$/i.exec(line) ?? [];
      expect(name).not.toBe('');
      return [
        `${name}{${labels
          .split(/,(?=\w+=")/)
          .sort()
          .join()}}`,
        Number(value),
      ];
    }),
  );
}

function of(endpoint: string, method: string, ids: Readonly<Record<string, string>> = {}, status?: number): string {
  const all = { bucket_id: '', collection_id: '', group_id: '', record_id: '', ...ids, endpoint, method };
  const labels = Object.entries({ ...all, ...(status === undefined ? {} : { status: String(status) }) });
  const extra = labels.map(([name, value]) => `${name}="${value}"`);
  return `{${extra.sort().join()}}`;
}

describe('The metrics', () => {
  it('are not there unless they are included', async () => {
    server = await startTestServer();
    await scenario(server, ['GET', METRICS], { status: 404, errno: 111 });
  });

  it('are told to whoever asks, in Prometheus’s format, and announced', async () => {
    await start('kinto.prometheus_disabled_metrics = request_size');
    const headers = { 'content-type': 'text/plain; version=1.0.0; charset=utf-8' };
    await scenario(server, ['GET', METRICS, { auth: null }], { status: 200, headers });
    await scenario(server, ['GET', '/v1/'], {
      status: 200,
      body: { capabilities: { prometheus: { prefix: 'kumocast_', disabled_metrics: ['request_size'] } } },
    });
  });

  it('count the requests by method, endpoint, ids and status', async () => {
    await start();
    await make(server, '/v1/buckets/b');
    await make(server, '/v1/buckets/b/collections/c');
    await make(server, '/v1/buckets/b/collections/c/records/r');
    await make(server, '/v1/buckets/b/groups/g');
    for (let n = 0; n < 3; n++) await server.request('GET', '/v1/buckets/b/collections/c/records');
    await server.request('GET', '/v1/buckets/b/collections/c/records/none');
    await server.request('GET', '/v1/');
    await server.request('GET', '/v1/nothing/here');
    await server.request('GET', '/buckets');
    await server.request('POST', '/v1/batch', { body: { requests: [{ path: '/' }, { path: '/' }] } });
    const counted = await samples();
    const summary = (...args: Parameters<typeof of>) => counted.get(`kumocast_request_summary_total${of(...args)}`);
    const inCollection = { bucket_id: 'b', collection_id: 'c' };
    expect(summary('bucket-object', 'put', { bucket_id: 'b' }, 201)).toBe(1);
    expect(summary('collection-object', 'put', inCollection, 201)).toBe(1);
    expect(summary('record-object', 'put', { ...inCollection, record_id: 'r' }, 201)).toBe(1);
    expect(summary('group-object', 'put', { bucket_id: 'b', group_id: 'g' }, 201)).toBe(1);
    expect(summary('record-plural', 'get', inCollection, 200)).toBe(3);
    // What was refused may name anything.
    expect(summary('record-object', 'get', {}, 404)).toBe(1);
    expect(summary('hello', 'get', {}, 200)).toBe(1);
    expect(summary('unknown', 'get', {}, 404)).toBe(1);
    expect(summary('unnamed', 'get', {}, 307)).toBe(1);
    expect(summary('batch', 'post', {}, 200)).toBe(1);
  });

  it('tell how long requests took and how large their answers were', async () => {
    await start('kinto.prometheus_histogram_buckets = 0.5 10 Inf');
    const { text } = await server.request('GET', '/v1/__lbheartbeat__', { auth: null });
    const counted = await samples();
    const labels = of('lbheartbeat', 'get');
    expect(counted.get(`kumocast_request_size_sum${labels}`)).toBe(text.length);
    expect(counted.get(`kumocast_request_size_count${labels}`)).toBe(1);
    expect(counted.get(`kumocast_request_duration_seconds_count${labels}`)).toBe(1);
    expect(counted.get(`kumocast_request_duration_seconds_sum${labels}`)).toBeGreaterThan(0);
    const bounds = [...counted.keys()].filter((key) => key.startsWith('kumocast_request_duration_seconds_bucket{'));
    expect(bounds.map((key) => /le="([^"]*)"/.exec(key)?.[1])).toEqual(['0.5', '10', '+Inf']);
  });

  it('say in Kinto’s words what each of them is', async () => {
    await start();
    await server.request('GET', '/v1/buckets');
    const { text } = await server.request('GET', METRICS, { auth: null });
    expect(text).toContain('# HELP kumocast_request_summary_total Counter of kumocast_request_summary\n');
    expect(text).toContain('# HELP kumocast_request_duration_seconds Histogram of kumocast_request_duration_seconds\n');
    expect(text).toContain('# HELP kumocast_request_size_sum Summary of kumocast_request_size\n');
  });

  it('tell who has been here, by their policy', async () => {
    await start();
    await server.request('GET', '/v1/');
    await server.request('GET', '/v1/');
    await server.request('GET', '/v1/', { auth: 'bob' });
    await server.request('GET', '/v1/', { auth: null });
    const counted = await samples();
    const [, mat] = USER_IDS.mat.split(':');
    expect(counted.get(`kumocast_users_total{auth="basicauth",userid="${mat}"}`)).toBe(2);
    expect(counted.get('kumocast_authentication_total{type="basicauth"}')).toBe(3);
    expect(counted.get('kumocast_authentication_basicauth_seconds_count{method="authenticate"}')).toBe(4);
  });

  it('tell what the storage, the cache and the commit hooks do', async () => {
    const ini = 'kinto.includes = kinto.plugins.prometheus kinto.plugins.history\nkinto.paginate_by = 1';
    server = await startTestServer({ ini });
    await make(server, '/v1/buckets/b1');
    await make(server, '/v1/buckets/b2');
    const { headers } = await server.request('DELETE', '/v1/buckets');
    const next = headers.get('next-page')!.slice(server.url.length);
    for (const status of [200, 400]) expect((await server.request('DELETE', next)).status).toBe(status);
    const counted = await samples();
    expect(counted.get('kumocast_backend_storage_seconds_count{method="write"}')).toBeGreaterThanOrEqual(4);
    expect(counted.get('kumocast_backend_cache_seconds_count{method="take"}')).toBe(2);
    expect(counted.get('kumocast_cache_hits_total{}')).toBe(1);
    expect(counted.get('kumocast_cache_misses_total{}')).toBe(1);
    expect(counted.get('kumocast_plugins_history_seconds_count{}')).toBe(4);
  });

  it('tell how long each listener takes, by its name', async () => {
    host = await FakePusherHost.open(APP);
    await start(
      'kinto.event_listeners = out-there',
      'kinto.event_listeners.out-there.use = pusher',
      'kinto.event_listeners.out-there.resources = record',
      ...[`pusher.app_id = ${APP.id}`, `pusher.key = ${APP.key}`, `pusher.secret = ${APP.secret}`],
      ...['pusher.host = 127.0.0.1', `pusher.port = ${host.port}`],
    );
    await make(server, '/v1/buckets/b');
    await make(server, '/v1/buckets/b/collections/c');
    await make(server, '/v1/buckets/b/collections/c/records/r');
    const name = 'kumocast_listeners_out_there_seconds_count{}';
    let told = new Map<string, number>();
    while (!told.has(name)) told = await samples();
    expect(told.get(name)).toBe(1);
    expect(host.events).toHaveLength(1);
  });

  it('are named by the project, or by a prefix, and can be switched off one by one', async () => {
    await start(
      'kinto.project_name = Remote Settings-v1',
      'kinto.prometheus_disabled_metrics = request_duration_seconds remotesettingsv1_request_size users',
    );
    await server.request('GET', '/v1/');
    const names = [...(await samples()).keys()];
    expect(names.some((name) => name.startsWith('remotesettingsv1_request_summary_total{'))).toBe(true);
    expect(names.filter((name) => /duration|request_size|users/.test(name))).toEqual([]);
  });

  it('take the names of other parameters as labels', async () => {
    await start('kinto.metrics_matchdict_fields = bucket_id principal', 'kinto.prometheus_prefix = kinto_');
    await make(server, '/v1/buckets/b');
    const expected =
      'kinto_request_summary_total{bucket_id="b",endpoint="bucket-object",method="put",principal="",status="201"}';
    expect((await samples()).get(expected)).toBe(1);
  });

  it('grow no further when clients make up ids and users', async () => {
    await start('kinto.metrics_max_label_values = 3');
    await make(server, '/v1/buckets/b');
    await make(server, '/v1/buckets/b/collections/c');
    for (let n = 0; n < 12; n++) await make(server, `/v1/buckets/b/collections/c/records/r${n}`);
    for (let n = 0; n < 12; n++) await make(server, `/v1/buckets/more${n}`);
    await server.request('GET', '/v1/buckets/b/collections/c/records/r7');
    for (let n = 0; n < 12; n++) {
      const authorization = `Basic ${Buffer.from(`user${n}:x`).toString('base64')}`;
      await server.request('GET', '/v1/', { auth: null, headers: { authorization } });
    }
    const names = [...(await samples()).keys()];
    const puts = names.filter(
      (name) => name.startsWith('kumocast_request_summary_total{') && name.includes('method="put"'),
    );
    // The first of the three is b.
    expect(puts.filter((name) => name.includes('bucket_id="more'))).toHaveLength(2);
    expect(names).toContain(
      `kumocast_request_summary_total${of('bucket-object', 'put', { bucket_id: '(other)' }, 201)}`,
    );
    expect(puts.filter((name) => /record_id="r\d/.test(name)).length).toBeLessThanOrEqual(3);
    const ofOthers = of('record-object', 'put', { bucket_id: 'b', collection_id: 'c', record_id: '(other)' }, 201);
    expect(names).toContain(`kumocast_request_summary_total${ofOthers}`);
    const users = names.filter((name) => name.startsWith('kumocast_users_total{'));
    expect(users).toHaveLength(4);
    expect(users).toContain('kumocast_users_total{auth="basicauth",userid="(other)"}');
  });

  it('are told as they are when an id means something in the format', async () => {
    await start();
    const odd = 'kumocast_request_summary_total' + of('unknown', 'get', {}, 404);
    await server.request('GET', '/v1/%22%7D%0Akumocast_forged%201/%5C');
    const counted = await samples();
    expect(counted.get(odd)).toBe(1);
    expect([...counted.keys()].filter((name) => name.includes('forged'))).toEqual([]);
  });

  it.each([
    ['kinto.prometheus_histogram_buckets = 1 0.5', 'expected rising numbers'],
    ['kinto.prometheus_histogram_buckets = fast slow', 'expected numbers of seconds'],
    ['kinto.prometheus_prefix = größe', 'no metric may begin with größe_'],
    ['kinto.metrics_matchdict_fields = bucket-id', 'expected names of letters, digits and underscores'],
  ])('do not start with %s', async (line, message) => {
    await start();
    await expect(startTestServer({ ini: `${INI}\n${line}` })).rejects.toThrow(message);
  });
});
