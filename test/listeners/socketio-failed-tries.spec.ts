import { FailedTries } from '../../src/listeners/socketio/failed-tries.js';
import { MemoryCache } from '../../src/cache/memory-cache.js';
import { describeWithRedis, RedisServer } from '../support/redis-server.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { SOCKETIO_INI, SocketClient, until } from './socketio-client.js';

const MOST = 3;
const REFUSED = { body: { code: 429, errno: 117 } };

describe('Failed tries', () => {
  const secret = 'the secret of all servers';
  const noteAtOnce = (tries: readonly FailedTries[], key: string) => Promise.all(tries.map((each) => each.note(key)));

  it('are counted on one server alone, each key for itself', async () => {
    const tries = new FailedTries(MOST);
    await noteAtOnce([tries, tries], 'ann');
    await tries.ensureFew('ann');
    await tries.note('ann');
    await expect(tries.ensureFew('ann')).rejects.toMatchObject(REFUSED);
    await tries.ensureFew('bob');
  });

  it('are counted over all servers, also side by side, and never when any number may be', async () => {
    const shared = { cache: new MemoryCache(10_000), secret };
    const [one, two, free] = [new FailedTries(MOST, shared), new FailedTries(MOST, shared), new FailedTries(0, shared)];
    await noteAtOnce([one, two], 'ann');
    for (const each of [one, two]) await each.ensureFew('ann');
    await noteAtOnce([free, free, two], 'ann');
    for (const each of [one, two]) await expect(each.ensureFew('ann')).rejects.toMatchObject(REFUSED);
    await free.ensureFew('ann');
  });

  it('end together with their minute, though others were counted in it', async () => {
    let now = Date.now();
    const cache = new MemoryCache(10_000, () => now);
    const [one, two] = [new FailedTries(MOST, { cache, secret }), new FailedTries(MOST, { cache, secret })];
    await noteAtOnce([one, one], 'ann');
    now += 59_000;
    await one.note('ann');
    await expect(two.ensureFew('ann')).rejects.toMatchObject(REFUSED);
    now += 1_000;
    await two.ensureFew('ann');
  });

  it('show nothing that could be tried out without the secret to who reads the cache', async () => {
    const keys: string[] = [];
    const cache = {
      get: () => Promise.resolve(undefined),
      count: (key: string) => Promise.resolve(keys.push(key)),
    };
    for (const own of [secret, 'another']) await new FailedTries(MOST, { cache, secret: own }).note('ann');
    expect(keys.map((key) => /^failed-handshake:[\w-]{43}$/.test(key))).toEqual([true, true]);
    expect(keys[0]).not.toBe(keys[1]);
  });
});

describeWithRedis('Failed handshakes on servers that share a cache [needs redis]', () => {
  let redis: RedisServer;
  let servers: TestServer[] = [];
  const start = async () => {
    const ini = `${SOCKETIO_INI}
kinto.socketio.failed_handshakes = ${MOST}
kinto.cache_backend = redis
kinto.cache_url = ${redis.url}
kinto.userid_hmac_secret = the same on all`;
    const server = await startTestServer({ ini });
    servers.push(server);
    return server;
  };
  const codeOf = async (server: TestServer, token: string) =>
    (await SocketClient.start(server, '/me', { token }).opened())?.code;
  const codesOf = async (server: TestServer, token: string, times: number) => {
    const codes = [];
    for (let count = 0; count < times; count += 1) codes.push(await codeOf(server, token));
    return codes;
  };
  beforeAll(async () => {
    redis = await RedisServer.start();
  }, 60_000);
  afterEach(async () => {
    SocketClient.closeAll();
    for (const server of servers) await server.close();
    servers = [];
  });
  afterAll(() => redis.stop());

  it('are counted together: what is too often on one is so on the other', async () => {
    const [one, two] = [await start(), await start()];
    expect(await codesOf(one, 'wrong', MOST)).toEqual([401, 401, 401]);
    expect(await codesOf(two, 'wrong', 1)).toEqual([429]);
    expect(await codesOf(two, 'another', 1)).toEqual([401]);
    const side = await Promise.all([one, two, one, two].map((server) => codeOf(server, 'side by side')));
    // Whoever came while others were looked at was looked at, too.
    for (const code of side) expect([401, 429]).toContain(code);
    for (const server of [one, two]) expect(await codeOf(server, 'side by side')).toBe(429);
    for (const server of [one, two]) expect((await SocketClient.connect(server, '/me')).socket.connected).toBe(true);
  });

  it('are counted by each server for itself while the cache is away, and together again when it is back', async () => {
    const [one, two] = [await start(), await start()];
    await redis.kill();
    try {
      for (const server of [one, two]) {
        expect(await codesOf(server, 'away', MOST + 1)).toEqual([401, 401, 401, 429]);
        expect((await SocketClient.connect(server, '/me')).socket.connected).toBe(true);
      }
    } finally {
      await redis.startAgain();
    }
    for (const server of [one, two]) {
      await until(
        async () => (await server.request('GET', '/v1/__heartbeat__')).json.cache === true,
        'the cache is back',
        30_000,
      );
    }
    expect(await codesOf(one, 'back', MOST)).toEqual([401, 401, 401]);
    expect(await codesOf(two, 'back', 1)).toEqual([429]);
  }, 60_000);
});
