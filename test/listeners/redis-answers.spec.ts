import { createServer, type AddressInfo } from 'node:net';
import { UndeliverableChange } from '../../src/changes/change-listener.js';
import { committedChange, impacted } from '../support/committed-change.js';
import { failureOf, ListeningRedis } from '../support/listening-redis.js';
import { describeWithRedis } from '../support/redis-server.js';

/** Long enough to be under way. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

describeWithRedis('Redis, and what it answers [needs redis],', () => {
  let redis: ListeningRedis;
  beforeAll(async () => {
    redis = await ListeningRedis.open();
  });
  beforeEach(() => redis.begin());
  afterEach(() => redis.end());
  afterAll(() => redis.close());

  describe('in batches', () => {
    it('gets several changes in one transaction, in order', async () => {
      expect(redis.listener.batchSize).toBe(100);
      expect(redis.listen({ batch: '7' }).batchSize).toBe(7);
      await redis.tellAll(...['one', 'two', 'three'].map((id) => committedChange({ id })));
      expect(await redis.listedIds()).toEqual(['one', 'two', 'three']);
      const commands = await redis.client.info('commandstats');
      expect(commands).toContain('cmdstat_exec:calls=1,');
      expect(commands).toContain('cmdstat_lpush:calls=3,');
    });

    it('gets all of them or none when it is out of memory, and them all once it has some', async () => {
      const changes = ['one', 'two'].map((id) => committedChange({ id }));
      await redis.client.configSet('maxmemory', '1');
      const failure = await failureOf(() => redis.tellAll(...changes));
      expect(failure).toEqual(new Error("answered OOM command not allowed when used memory > 'maxmemory'."));
      expect(failure).not.toBeInstanceOf(UndeliverableChange);
      expect(await redis.listed()).toEqual([]);
      await redis.client.configSet('maxmemory', '0');
      await redis.tellAll(...changes);
      expect(await redis.listed()).toHaveLength(2);
    });

    it('goes on with a large change where it stopped', async () => {
      redis.listen({}, 'object');
      const ids = Array.from({ length: 2500 }, (_, index) => `r${index}`);
      const filler = 'x'.repeat(10_000);
      const change = committedChange({ impacted: ids.map((id) => impacted(id, `{"id":"${id}","x":"${filler}"}`)) });
      const used = Number(/used_memory:(\d+)/.exec(await redis.client.info('memory'))?.[1]);
      await redis.client.configSet('maxmemory', String(used + 20_000_000));
      expect(await redis.failureAt(change)).toMatchObject({
        message: expect.stringContaining('OOM') as string,
      });
      const first = await redis.client.lLen('kinto.core.events');
      expect(first).toBeGreaterThan(0);
      expect(first).toBeLessThan(2500);
      await redis.client.configSet('maxmemory', '0');
      await redis.listener.afterCommit(change);
      expect(await redis.listedIds()).toEqual(ids);
    });
  });

  describe('when it objects', () => {
    it("keeps every change waiting for the settings' own key, should it be of another type", async () => {
      await redis.client.set('kinto.core.events', 'taken');
      const failure = await redis.failureAt(committedChange());
      expect(failure).toMatchObject({
        message: expect.stringMatching(/^answered WRONGTYPE Operation against a key/) as string,
      });
      expect(failure).not.toBeInstanceOf(UndeliverableChange);
      await redis.client.del('kinto.core.events');
      await redis.listener.afterCommit(committedChange());
      expect(await redis.listed()).toHaveLength(1);
    });

    it('gives a change up for whose key something else is there, and tells the other keys', async () => {
      redis.listen({ listname: 'of:{record_id}' });
      await redis.client.set('of:r2', 'taken');
      const change = committedChange({ impacted: ['r1', 'r2', 'r3'].map((id) => impacted(id)) });
      expect(await redis.failureAt(change)).toBeInstanceOf(UndeliverableChange);
      expect([await redis.client.lLen('of:r1'), await redis.client.lLen('of:r3')]).toEqual([1, 1]);
    });

    it('hears of the next change after one that is too large for this server, which is left to the feed', async () => {
      await redis.client.configSet('proto-max-bulk-len', '1mb');
      const large = committedChange({ impacted: [impacted('r1', JSON.stringify({ x: 'x'.repeat(2_000_000) }))] });
      for (const failure of [
        await redis.failureAt(large),
        await failureOf(() => redis.tellAll(committedChange(), large)),
      ]) {
        expect(failure).toBeInstanceOf(Error);
        expect(failure).not.toBeInstanceOf(UndeliverableChange);
      }
      await redis.listener.afterCommit(committedChange());
      expect(await redis.listed()).toHaveLength(1);
    });
  });

  describe('when it does not answer', () => {
    it('is not waited for longer than the timeout, and is told on a new connection', async () => {
      redis.listen({ timeout: '100' });
      await redis.listener.afterCommit(committedChange({ id: 'one' }));
      redis.server.pause();
      const failures = [];
      // The first on the connection that is there, the second while it makes one.
      for (let times = 0; times < 2; times++) {
        failures.push(await redis.failureAt(committedChange({ id: 'two' })));
      }
      redis.server.goOn();
      expect(failures).toEqual([new Error('gave no answer within 100 ms'), new Error('gave no answer within 100 ms')]);
      redis.listen();
      await redis.listener.afterCommit(committedChange({ id: 'three' }));
      // What it had got and not answered it may carry out yet.
      expect(await redis.listedIds()).toEqual(expect.arrayContaining(['one', 'three']));
    });

    it('is hung up on when the feed gives the try up', async () => {
      await redis.listener.afterCommit(committedChange());
      redis.server.pause();
      for (const isUnderWay of [false, true]) {
        const cutOff = new AbortController();
        const failure = redis.failureAt(committedChange(), cutOff.signal);
        if (isUnderWay) await turn();
        cutOff.abort(new Error('too late'));
        expect(await failure).toEqual(new Error('too late'));
      }
    });

    it.each(['with', 'without'])('is hung up on by a listener %s a connection that is closed, at once', async (way) => {
      if (way === 'with') await redis.listener.afterCommit(committedChange());
      redis.server.pause();
      const failure = redis.failureAt(committedChange());
      await turn();
      await redis.listener.close?.();
      expect(await failure).toEqual(new Error('could not be reached (ConnectionClosed)'));
      await redis.listener.close?.();
      redis.server.goOn();
      expect(await redis.failureAt(committedChange())).toBeInstanceOf(Error);
    });

    it('is told that nobody is there, or somebody else', async () => {
      const nobody = createServer((socket) => socket.resume().end('HTTP/1.1 400 Bad Request\r\n\r\n'));
      await new Promise<void>((resolve) => nobody.listen(0, '127.0.0.1', resolve));
      const url = `redis://127.0.0.1:${(nobody.address() as AddressInfo).port}`;
      redis.listen({ url });
      expect(await redis.failureAt(committedChange())).toMatchObject({
        message: expect.stringMatching(/^could not be reached/) as string,
      });
      await new Promise((resolve) => nobody.close(resolve));
      redis.listen({ url });
      expect(await redis.failureAt(committedChange())).toEqual(new Error('could not be reached (ECONNREFUSED)'));
    });
  });
});
