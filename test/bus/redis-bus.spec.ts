import { RedisBus } from '../../src/bus/redis-bus.js';
import { busContract } from '../contracts/bus.contract.js';
import { until } from '../changes/until.js';
import { RecordingLog } from '../support/recording-log.js';
import { describeWithRedis, RedisServer } from '../support/redis-server.js';

describeWithRedis('Redis as the bus [needs redis]', () => {
  let redis: RedisServer;
  let channel = 0;
  let buses: RedisBus[] = [];
  const join = async (log = new RecordingLog(), url = redis.url) => {
    const bus = new RedisBus(url, `test-${channel}`, log);
    buses.push(bus);
    await bus.open();
    return bus;
  };
  beforeAll(async () => {
    redis = await RedisServer.start();
  }, 60_000);
  beforeEach(() => {
    channel += 1;
  });
  afterEach(async () => {
    for (const bus of buses) await bus.close();
    buses = [];
  });
  afterAll(() => redis.stop());

  busContract('Redis', () => join());

  it('reaches nobody on another channel', async () => {
    const one = await join();
    const heard: string[] = [];
    one.subscribe('news', (text) => heard.push(text));
    channel += 1;
    const other = await join();
    other.publish('news', 'not for you');
    channel -= 1;
    const two = await join();
    two.publish('news', 'for you');
    await until(() => heard.length > 0, 'the right one has come');
    expect(heard).toEqual(['for you']);
  });

  it('comes back by itself when Redis does, and says each once', async () => {
    const log = new RecordingLog();
    const [one, two] = [await join(log), await join()];
    const heard: string[] = [];
    let reconnected = 0;
    two.subscribe('news', (text) => heard.push(text));
    two.onReconnect(() => (reconnected += 1));
    expect([one.isConnected, reconnected]).toEqual([true, 0]);
    await redis.kill();
    await until(() => !one.isConnected && !two.isConnected, 'it is noticed');
    one.publish('news', 'lost');
    await redis.startAgain();
    await until(() => one.isConnected && two.isConnected && reconnected > 0, 'both are back');
    one.publish('news', 'found');
    await until(() => heard.length > 0, 'it goes on');
    expect(heard).toEqual(['found']);
    expect(log.lines).toEqual([
      expect.stringContaining('warn: The bus: Redis does not answer, and is tried again'),
      'log: The bus: Redis is there again',
    ]);
  });

  it('notices a Redis that is silent, and goes on when it speaks again', async () => {
    const one = await join();
    redis.pause();
    try {
      await until(() => !one.isConnected, 'it is noticed');
      one.publish('news', 'lost');
    } finally {
      redis.goOn();
    }
    await until(() => one.isConnected, 'it is back');
  });

  it('opens without a Redis, and shows nobody its password', async () => {
    const log = new RecordingLog();
    const bus = await join(log, 'redis://user:hunter2@127.0.0.1:1/0');
    bus.publish('news', 'lost');
    expect(bus.isConnected).toBe(false);
    expect(log.lines).toHaveLength(1);
    expect(log.lines.join()).not.toContain('hunter2');
  });
});
