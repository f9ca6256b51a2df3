import { EventCache } from '../../src/realtime/event-cache.js';
import { join, joinAs } from './support/authorize.js';
import { APP, startServer, type ChannelsServer } from './support/channels-server.js';
import { RawClient } from './support/raw-client.js';
import { signed } from './support/signed-request.js';

describe('Cache channels', () => {
  let server: ChannelsServer;
  beforeEach(async () => (server = await startServer()));
  afterEach(() => server.close());

  const publish = (channel: string, data: string, more: object = {}) =>
    signed(server, 'POST', '/apps/3/events', { name: 'state', channel, data, ...more });

  it.each(['cache-x', 'private-cache-x', 'private-encrypted-cache-x', 'presence-cache-x'])(
    '%s greet with the last event, published before anybody came, right after the success',
    async (channel) => {
      await publish(channel, '{"n":1}');
      await publish(channel, '{"n":2}', { socket_id: '1.1' });
      const client = await RawClient.connect(server);
      const success = channel.startsWith('presence')
        ? await joinAs(client, channel, { user_id: '1' })
        : await join(client, channel);
      expect(success).toContain('subscription_succeeded');
      expect(await client.next()).toBe(`{"event":"state","channel":"${channel}","data":"{\\"n\\":2}"}`);
      expect(await client.settle()).toEqual([]);
      expect(server.told.map(({ name }) => name)).not.toContain('cache_miss');
      await client.close();
    },
  );

  it('say that they have nothing, to the client and to who watches', async () => {
    const client = await RawClient.connect(server);
    client.say({ event: 'pusher:subscribe', data: { auth: '', channel: 'cache-empty' } });
    expect(await client.next()).toContain('subscription_succeeded');
    expect(await client.next()).toBe('{"event":"pusher:cache_miss","channel":"cache-empty","data":"{}"}');
    expect(server.told).toEqual([
      { name: 'channel_occupied', channel: 'cache-empty' },
      { name: 'cache_miss', channel: 'cache-empty' },
    ]);
    await client.close();
  });

  it('keep their event when everybody has left, and neither client events nor comings and goings', async () => {
    const channel = 'presence-cache-x';
    await publish(channel, '1');
    const [one, two] = [await RawClient.connect(server), await RawClient.connect(server)];
    await joinAs(one, channel, { user_id: '1' });
    await joinAs(two, channel, { user_id: '2' });
    one.say({ event: 'client-note', channel, data: 'client' });
    await one.settle();
    await Promise.all([one.close(), two.close()]);
    const three = await RawClient.connect(server);
    await joinAs(three, channel, { user_id: '3' });
    expect(await three.next()).toContain('"event":"state"');
    await three.close();
  });

  it('are public channels when the word stands elsewhere in the name', async () => {
    await publish('my-cache-x', '1');
    const client = await RawClient.connect(server, 'my-cache-x');
    expect(await client.settle()).toEqual([]);
    await client.close();
  });

  it('are shown with what they keep and for how long', async () => {
    await publish('cache-x', 'text');
    const show = (name: string) =>
      signed(server, 'GET', `/apps/3/channels/${name}`, undefined, { parameters: { info: 'cache' } });
    expect(JSON.parse((await show('cache-x')).body)).toEqual({
      occupied: false,
      cache: { data: 'text', ttl: 1800 },
    });
    expect((await show('cache-empty')).body).toBe('{"occupied":false,"cache":null}');
    expect((await show('x')).status).toBe(400);
  });
});

describe('The cache of events', () => {
  let now = 0;
  const make = (bytes = 100_000) => new EventCache({ ttl: 10, bytes }, () => now);

  it('keeps the latest event of a channel of an app for its time, and no longer', () => {
    const cache = make();
    cache.keep('1', 'cache-a', { event: 'e', data: 'old' });
    cache.keep('1', 'cache-a', { event: 'f', data: 'new' });
    expect(cache.find('1', 'cache-a')).toEqual({ event: 'f', data: 'new', ttl: 10 });
    expect(cache.find('2', 'cache-a')).toBeUndefined();
    now += 9001;
    expect(cache.find('1', 'cache-a')?.ttl).toBe(1);
    now += 999;
    expect(cache.find('1', 'cache-a')).toBeUndefined();
    expect(cache.size).toBe(0);
  });

  it('forgets what has expired without being asked for it', () => {
    const cache = make();
    for (let n = 0; n < 5; n += 1) cache.keep('1', `cache-${n}`, { event: 'e', data: '' });
    now += 10_000;
    cache.keep('1', 'cache-new', { event: 'e', data: '' });
    expect(cache.size).toBe(1);
  });

  it('lets the oldest events go when all together are too many, and keeps none that is too large by itself', () => {
    const cache = make(5000);
    for (let n = 0; n < 100; n += 1) cache.keep('1', `cache-${n}`, { event: 'e', data: 'x'.repeat(700) });
    expect(cache.size).toBe(5);
    expect(cache.find('1', 'cache-94')).toBeUndefined();
    expect(cache.find('1', 'cache-95')).toBeDefined();
    cache.keep('1', 'cache-99', { event: 'e', data: 'x'.repeat(5000) });
    expect(cache.find('1', 'cache-99')).toBeUndefined();
    expect(cache.size).toBe(4);
  });
});

describe('What a hub keeps', () => {
  it('is nothing without a cache, and nothing of other channels', async () => {
    const server = await startServer({ cacheBytes: 300 });
    server.hub.publish(APP.id, { channel: 'plain', event: 'e', data: '' });
    server.hub.publish(APP.id, { channel: 'cache-x', event: 'e', data: 'x'.repeat(300) });
    const client = await RawClient.connect(server, 'cache-x');
    expect(await client.next()).toContain('cache_miss');
    await client.close();
    await server.close();
  });
});
