import { redisListener } from '../../src/listeners/redis/redis.listener.js';
import { listenerContract, type Announcement } from '../contracts/listener.contract.js';
import { committedChange, impacted } from '../support/committed-change.js';
import { ListeningRedis } from '../support/listening-redis.js';
import { describeWithRedis } from '../support/redis-server.js';

const BUCKET = { resourceName: 'bucket', parentId: '' };

describeWithRedis('Redis, told of changes [needs redis]', () => {
  let redis: ListeningRedis;
  beforeAll(async () => {
    redis = await ListeningRedis.open();
  });
  beforeEach(() => redis.begin());
  afterEach(() => redis.end());
  afterAll(() => redis.close());

  listenerContract('redis', async () => {
    const announcements: Announcement[] = [];
    const subscriber = await redis.server.connect();
    await subscriber.pSubscribe('*', (message, channel) => {
      const { action, data } = JSON.parse(message) as { action: string; data: unknown };
      // The contract speaks of names that Pusher allows; what else Redis allows is kept, see below.
      announcements.push({ channel: channel.replace(/[ /]/g, ''), event: action, data: JSON.stringify(data) });
    });
    return {
      definition: redisListener,
      ini: ['kinto.event_listeners.tested.mode = pubsub', `kinto.event_listeners.tested.url = ${redis.server.url}`],
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
      await redis.listener.afterCommit(
        committedChange({ action: 'update', impacted: [impacted('r1', '{"a":1.0}', '{"b":"é"}')] }),
      );
      const head =
        '{"timestamp":1763700000000,"action":"update","uri":"/buckets/home/collections/tasks/records/r1",' +
        '"user_id":"basicauth:alice","resource_name":"record","bucket_id":"home","collection_id":"tasks",' +
        '"record_id":"r1","id":"request:e.1.0000","index":0';
      expect(await redis.listed()).toEqual([`${head},"data":[{"new":{"a":1.0},"old":{"b":"é"}}]}`]);
    });

    it('names the list, and no object, when several were changed', async () => {
      await redis.listener.afterCommit(committedChange({ userId: null, impacted: [impacted('r1'), impacted('r2')] }));
      const message = JSON.parse((await redis.listed())[0]!) as Record<string, unknown>;
      expect(message).toMatchObject({ uri: '/buckets/home/collections/tasks/records', user_id: null });
      expect(message).not.toHaveProperty('record_id');
      expect(message.data).toHaveLength(2);
    });

    it('gets the oldest first, to whoever takes from the right', async () => {
      for (const id of ['one', 'two']) await redis.listener.afterCommit(committedChange({ id }));
      expect(JSON.parse((await redis.client.rPop('kinto.core.events'))!)).toMatchObject({ id: 'one' });
    });

    it('gets the objects alone, or the changes with their positions, if that is the payload', async () => {
      const change = committedChange({ impacted: [impacted('r1'), impacted('r2')] });
      await redis.listen({}, 'object').afterCommit(change);
      expect(await redis.listed()).toEqual(['{"id":"r1"}', '{"id":"r2"}']);
      await redis.listen({ listname: 'changes' }, 'change').afterCommit(change);
      const changes = (await redis.listed('changes')).map((text) => JSON.parse(text) as Record<string, unknown>);
      expect(changes).toMatchObject([
        { position: 'e.1.0000', data: { id: 'r1' } },
        { position: 'e.1.0000', data: { id: 'r2' } },
      ]);
    });

    it('keeps only the newest, in each list that the template names', async () => {
      redis.listen({ listname: 'tasks/{bucket_id}: new', max_length: '2' }, 'object');
      await redis.listener.afterCommit(committedChange({ impacted: ['r1', 'r2', 'r3'].map((id) => impacted(id)) }));
      await redis.listener.afterCommit(committedChange({ parentId: '/buckets/work/collections/c' }));
      expect(await redis.listed('tasks/home: new')).toEqual(['{"id":"r2"}', '{"id":"r3"}']);
      expect(await redis.listed('tasks/work: new')).toEqual(['{"id":"r1"}']);
    });
  });

  describe('as a stream', () => {
    const streamed = async (key = 'kumocast:changes') =>
      ((await redis.client.xRange(key, '-', '+')) ?? []).map(({ message }) => ({ ...message }));

    it('is given one entry a message, with fields to choose by', async () => {
      redis.listen({ mode: 'stream' });
      await redis.listener.afterCommit(committedChange());
      await redis.listener.afterCommit(
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
      redis.listen({ mode: 'stream', key: '{collection_id}' }, 'object');
      const change = committedChange({ impacted: [impacted('r1'), impacted('r2')] });
      for (let times = 0; times < 2; times++) await redis.listener.afterCommit(change);
      const told = (await streamed('tasks')).map(({ id, index, record_id, data }) => [id, index, record_id, data]);
      const once = [
        [change.id, '0', 'r1', '{"id":"r1"}'],
        [change.id, '1', 'r2', '{"id":"r2"}'],
      ];
      expect(told).toEqual([...once, ...once]);
    });

    it('keeps about as many entries as it should, the newest', async () => {
      redis.listen({ mode: 'stream', max_length: '100' }, 'object');
      const ids = Array.from({ length: 1500 }, (_, index) => `r${index}`);
      await redis.listener.afterCommit(committedChange({ impacted: ids.map((id) => impacted(id)) }));
      const kept = (await streamed()).map(({ record_id }) => record_id);
      expect(kept).toEqual(ids.slice(-kept.length));
      expect(kept.length).toBeGreaterThanOrEqual(100);
      expect(kept.length).toBeLessThan(400);
    });
  });

  describe('as a channel', () => {
    it('may have nobody who listens', async () => {
      await redis.listen({ mode: 'pubsub' }).afterCommit(committedChange());
      expect((await redis.client.info('commandstats')).includes('cmdstat_publish:calls=1,')).toBe(true);
    });

    it('may have a name that Pusher would not allow', async () => {
      const subscriber = await redis.server.connect();
      const heard: string[] = [];
      await subscriber.subscribe('kinto:home/by basicauthalice', (message) => heard.push(message));
      await redis
        .listen({ mode: 'pubsub', channel: 'kinto:{bucket_id}/by {user_id}' }, 'object')
        .afterCommit(committedChange());
      await subscriber.ping();
      expect(heard).toEqual(['{"id":"r1"}']);
    });
  });
});
