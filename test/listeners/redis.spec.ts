import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { UndeliverableChange, type ChangeListener } from '../../src/changes/change-listener.js';
import { redisListener } from '../../src/listeners/redis/redis.listener.js';
import { RedisSettings } from '../../src/listeners/redis/redis.settings.js';
import { readSettings, SettingSource } from '../../src/settings/settings.js';
import { listenerContract, type Announcement } from '../contracts/listener.contract.js';
import { committedChange, impacted } from '../support/committed-change.js';
import { describeWithRedis, RedisServer } from '../support/redis-server.js';

type Client = Awaited<ReturnType<RedisServer['connect']>>;

const BUCKET = { resourceName: 'bucket', parentId: '' };

function listenerWith(settings: Record<string, string>, payload: 'kinto' | 'object' | 'change' = 'kinto') {
  const lines = Object.entries(settings).map(([key, value]) => `queue.${key} = ${value}`);
  const source = SettingSource.fromText(['[app:main]', ...lines].join('\n'));
  const read = readSettings(RedisSettings, source, { prefixes: ['queue.'] });
  return redisListener.create(read, { name: 'queue', payload });
}

async function failureOf(work: () => Promise<void> | void): Promise<unknown> {
  return (async () => work())().then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** Long enough to be under way. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

describeWithRedis('Redis [needs redis]', () => {
  let server: RedisServer;
  let client: Client;
  let listener: ChangeListener;
  const listen = (settings: Record<string, string> = {}, payload: 'kinto' | 'object' | 'change' = 'kinto') =>
    (listener = listenerWith({ url: server.url, ...settings }, payload));
  const tellAll = (...changes: ReturnType<typeof committedChange>[]) =>
    listener.afterCommits!(changes, new AbortController().signal);
  const listed = async (key = 'kinto.core.events') => (await client.lRange(key, 0, -1)).reverse();

  beforeAll(async () => {
    server = await RedisServer.start();
    client = await server.connect();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    await client.flushAll();
    await client.configSet({ maxmemory: '0', 'proto-max-bulk-len': '512mb' });
    await client.configResetStat();
    listen();
  });
  afterEach(async () => {
    server.goOn();
    await listener.close?.();
  });

  listenerContract('redis', async () => {
    const announcements: Announcement[] = [];
    const subscriber = await server.connect();
    await subscriber.pSubscribe('*', (message, channel) => {
      const { action, data } = JSON.parse(message) as { action: string; data: unknown };
      // The contract speaks of names that Pusher allows; what else Redis allows is kept, see below.
      announcements.push({ channel: channel.replace(/[ /]/g, ''), event: action, data: JSON.stringify(data) });
    });
    return {
      definition: redisListener,
      ini: ['kinto.event_listeners.tested.mode = pubsub', `kinto.event_listeners.tested.url = ${server.url}`],
      arrived: async () => {
        // What was published before this has been handed on before the answer to this.
        await subscriber.ping();
        return announcements;
      },
      close: async () => subscriber.destroy(),
    };
  });

  describe('as a list', () => {
    it("is pushed what kinto-redis pushes, the message's id and what has changed", async () => {
      await listener.afterCommit(
        committedChange({ action: 'update', impacted: [impacted('r1', '{"a":1.0}', '{"b":"é"}')] }),
      );
      const head =
        '{"timestamp":1763700000000,"action":"update","uri":"/buckets/home/collections/tasks/records/r1",' +
        '"user_id":"basicauth:alice","resource_name":"record","bucket_id":"home","collection_id":"tasks",' +
        '"record_id":"r1","id":"request:e.1.0000","index":0';
      expect(await listed()).toEqual([`${head},"data":[{"new":{"a":1.0},"old":{"b":"é"}}]}`]);
    });

    it('names the list, and no object, when several were changed', async () => {
      await listener.afterCommit(committedChange({ userId: null, impacted: [impacted('r1'), impacted('r2')] }));
      const message = JSON.parse((await listed())[0]!) as Record<string, unknown>;
      expect(message).toMatchObject({ uri: '/buckets/home/collections/tasks/records', user_id: null });
      expect(message).not.toHaveProperty('record_id');
      expect(message.data).toHaveLength(2);
    });

    it('gets the oldest first, to whoever takes from the right', async () => {
      for (const id of ['one', 'two']) await listener.afterCommit(committedChange({ id }));
      expect(JSON.parse((await client.rPop('kinto.core.events'))!)).toMatchObject({ id: 'one' });
    });

    it('gets the objects alone, or the changes with their positions, if that is the payload', async () => {
      const change = committedChange({ impacted: [impacted('r1'), impacted('r2')] });
      await listen({}, 'object').afterCommit(change);
      expect(await listed()).toEqual(['{"id":"r1"}', '{"id":"r2"}']);
      await listen({ listname: 'changes' }, 'change').afterCommit(change);
      const changes = (await listed('changes')).map((text) => JSON.parse(text) as Record<string, unknown>);
      expect(changes).toMatchObject([
        { position: 'e.1.0000', data: { id: 'r1' } },
        { position: 'e.1.0000', data: { id: 'r2' } },
      ]);
    });

    it('keeps only the newest, in each list that the template names', async () => {
      listen({ listname: 'tasks/{bucket_id}: new', max_length: '2' }, 'object');
      await listener.afterCommit(committedChange({ impacted: ['r1', 'r2', 'r3'].map((id) => impacted(id)) }));
      await listener.afterCommit(committedChange({ parentId: '/buckets/work/collections/c' }));
      expect(await listed('tasks/home: new')).toEqual(['{"id":"r2"}', '{"id":"r3"}']);
      expect(await listed('tasks/work: new')).toEqual(['{"id":"r1"}']);
    });
  });

  describe('as a stream', () => {
    const streamed = async (key = 'kumocast:changes') =>
      ((await client.xRange(key, '-', '+')) ?? []).map(({ message }) => ({ ...message }));

    it('is given one entry a message, with fields to choose by', async () => {
      listen({ mode: 'stream' });
      await listener.afterCommit(committedChange());
      await listener.afterCommit(
        committedChange({ ...BUCKET, userId: null, impacted: [impacted('r1'), impacted('r2')] }),
      );
      const common = { timestamp: '1763700000000', action: 'create', id: 'request:e.1.0000', index: '0' };
      expect(await streamed()).toEqual([
        {
          ...common,
          uri: '/buckets/home/collections/tasks/records/r1',
          user_id: 'basicauth:alice',
          resource_name: 'record',
          ...{ bucket_id: 'home', collection_id: 'tasks', record_id: 'r1' },
          data: '[{"new":{"id":"r1"}}]',
        },
        { ...common, uri: '/buckets', resource_name: 'bucket', data: '[{"new":{"id":"r1"}},{"new":{"id":"r2"}}]' },
      ]);
    });

    it('numbers the messages of a change, the same each time', async () => {
      listen({ mode: 'stream', key: '{collection_id}' }, 'object');
      const change = committedChange({ impacted: [impacted('r1'), impacted('r2')] });
      for (let times = 0; times < 2; times++) await listener.afterCommit(change);
      const told = (await streamed('tasks')).map(({ id, index, record_id, data }) => [id, index, record_id, data]);
      const once = [
        [change.id, '0', 'r1', '{"id":"r1"}'],
        [change.id, '1', 'r2', '{"id":"r2"}'],
      ];
      expect(told).toEqual([...once, ...once]);
    });

    it('keeps about as many entries as it should, the newest', async () => {
      listen({ mode: 'stream', max_length: '100' }, 'object');
      const ids = Array.from({ length: 1500 }, (_, index) => `r${index}`);
      await listener.afterCommit(committedChange({ impacted: ids.map((id) => impacted(id)) }));
      const kept = (await streamed()).map(({ record_id }) => record_id);
      expect(kept).toEqual(ids.slice(-kept.length));
      expect(kept.length).toBeGreaterThanOrEqual(100);
      expect(kept.length).toBeLessThan(400);
    });
  });

  describe('as a channel', () => {
    it('may have nobody who listens', async () => {
      await listen({ mode: 'pubsub' }).afterCommit(committedChange());
      expect((await client.info('commandstats')).includes('cmdstat_publish:calls=1,')).toBe(true);
    });

    it('may have a name that Pusher would not allow', async () => {
      const subscriber = await server.connect();
      const heard: string[] = [];
      await subscriber.subscribe('kinto:home/by basicauthalice', (message) => heard.push(message));
      await listen({ mode: 'pubsub', channel: 'kinto:{bucket_id}/by {user_id}' }, 'object').afterCommit(
        committedChange(),
      );
      await subscriber.ping();
      expect(heard).toEqual(['{"id":"r1"}']);
    });
  });

  describe('in batches', () => {
    it('gets several changes in one transaction, in order', async () => {
      expect(listener.batchSize).toBe(100);
      expect(listen({ batch: '7' }).batchSize).toBe(7);
      await tellAll(...['one', 'two', 'three'].map((id) => committedChange({ id })));
      expect((await listed()).map((text) => (JSON.parse(text) as { id: string }).id)).toEqual(['one', 'two', 'three']);
      const commands = await client.info('commandstats');
      expect(commands).toContain('cmdstat_exec:calls=1,');
      expect(commands).toContain('cmdstat_lpush:calls=3,');
    });

    it('gets all of them or none when it is out of memory, and them all once it has some', async () => {
      const changes = ['one', 'two'].map((id) => committedChange({ id }));
      await client.configSet('maxmemory', '1');
      const failure = await failureOf(() => tellAll(...changes));
      expect(failure).toEqual(new Error("answered OOM command not allowed when used memory > 'maxmemory'."));
      expect(failure).not.toBeInstanceOf(UndeliverableChange);
      expect(await listed()).toEqual([]);
      await client.configSet('maxmemory', '0');
      await tellAll(...changes);
      expect(await listed()).toHaveLength(2);
    });

    it('goes on with a large change where it stopped', async () => {
      listen({}, 'object');
      const ids = Array.from({ length: 2500 }, (_, index) => `r${index}`);
      const filler = 'x'.repeat(10_000);
      const change = committedChange({ impacted: ids.map((id) => impacted(id, `{"id":"${id}","x":"${filler}"}`)) });
      const used = Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1]);
      await client.configSet('maxmemory', String(used + 20_000_000));
      expect(await failureOf(() => listener.afterCommit(change))).toMatchObject({
        message: expect.stringContaining('OOM') as string,
      });
      const first = await client.lLen('kinto.core.events');
      expect(first).toBeGreaterThan(0);
      expect(first).toBeLessThan(2500);
      await client.configSet('maxmemory', '0');
      await listener.afterCommit(change);
      expect((await listed()).map((text) => (JSON.parse(text) as { id: string }).id)).toEqual(ids);
    });
  });

  describe('when it objects', () => {
    it("keeps every change waiting for the settings' own key, should it be of another type", async () => {
      await client.set('kinto.core.events', 'taken');
      const failure = await failureOf(() => listener.afterCommit(committedChange()));
      expect(failure).toMatchObject({
        message: expect.stringMatching(/^answered WRONGTYPE Operation against a key/) as string,
      });
      expect(failure).not.toBeInstanceOf(UndeliverableChange);
      await client.del('kinto.core.events');
      await listener.afterCommit(committedChange());
      expect(await listed()).toHaveLength(1);
    });

    it('gives a change up for whose key something else is there, and tells the other keys', async () => {
      listen({ listname: 'of:{record_id}' });
      await client.set('of:r2', 'taken');
      const change = committedChange({ impacted: ['r1', 'r2', 'r3'].map((id) => impacted(id)) });
      expect(await failureOf(() => listener.afterCommit(change))).toBeInstanceOf(UndeliverableChange);
      expect([await client.lLen('of:r1'), await client.lLen('of:r3')]).toEqual([1, 1]);
    });

    it('hears of the next change after one that is too large for this server, which is left to the feed', async () => {
      await client.configSet('proto-max-bulk-len', '1mb');
      const large = committedChange({ impacted: [impacted('r1', JSON.stringify({ x: 'x'.repeat(2_000_000) }))] });
      for (const attempt of [() => listener.afterCommit(large), () => tellAll(committedChange(), large)]) {
        const failure = await failureOf(attempt);
        expect(failure).toBeInstanceOf(Error);
        expect(failure).not.toBeInstanceOf(UndeliverableChange);
      }
      await listener.afterCommit(committedChange());
      expect(await listed()).toHaveLength(1);
    });
  });

  describe('when it does not answer', () => {
    it('is not waited for longer than the timeout, and is told on a new connection', async () => {
      listen({ timeout: '100' });
      await listener.afterCommit(committedChange({ id: 'one' }));
      server.pause();
      const failures = [];
      // The first on the connection that is there, the second while it makes one.
      for (let times = 0; times < 2; times++) {
        failures.push(await failureOf(() => listener.afterCommit(committedChange({ id: 'two' }))));
      }
      server.goOn();
      expect(failures).toEqual([new Error('gave no answer within 100 ms'), new Error('gave no answer within 100 ms')]);
      listen();
      await listener.afterCommit(committedChange({ id: 'three' }));
      const told = (await listed()).map((text) => (JSON.parse(text) as { id: string }).id);
      expect([told[0], told.at(-1)]).toEqual(['one', 'three']);
    });

    it('is hung up on when the feed gives the try up', async () => {
      await listener.afterCommit(committedChange());
      server.pause();
      for (const isUnderWay of [false, true]) {
        const cutOff = new AbortController();
        const failure = failureOf(() => listener.afterCommit(committedChange(), cutOff.signal));
        if (isUnderWay) await turn();
        cutOff.abort(new Error('too late'));
        expect(await failure).toEqual(new Error('too late'));
      }
    });

    it.each(['with', 'without'])('is hung up on by a listener %s a connection that is closed, at once', async (way) => {
      if (way === 'with') await listener.afterCommit(committedChange());
      server.pause();
      const failure = failureOf(() => listener.afterCommit(committedChange()));
      await turn();
      await listener.close?.();
      expect(await failure).toEqual(new Error('could not be reached (ConnectionClosed)'));
      await listener.close?.();
      server.goOn();
      expect(await failureOf(() => listener.afterCommit(committedChange()))).toBeInstanceOf(Error);
      expect(await listed()).toHaveLength(way === 'with' ? 1 : 0);
    });

    it('is told that nobody is there, or somebody else', async () => {
      const nobody = createServer((socket) => socket.resume().end('HTTP/1.1 400 Bad Request\r\n\r\n'));
      await new Promise<void>((resolve) => nobody.listen(0, '127.0.0.1', resolve));
      const url = `redis://127.0.0.1:${(nobody.address() as AddressInfo).port}`;
      expect(await failureOf(() => listen({ url }).afterCommit(committedChange()))).toMatchObject({
        message: expect.stringMatching(/^could not be reached/) as string,
      });
      await new Promise((resolve) => nobody.close(resolve));
      expect(await failureOf(() => listen({ url }).afterCommit(committedChange()))).toEqual(
        new Error('could not be reached (ECONNREFUSED)'),
      );
    });
  });
});
