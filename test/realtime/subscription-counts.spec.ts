import { join, joinAs } from './support/authorize.js';
import { COUNTING_APP, startServer, type ChannelsServer } from './support/channels-server.js';
import { RawClient } from './support/raw-client.js';
import { signed } from './support/signed-request.js';

describe('Subscription counts', () => {
  let server: ChannelsServer;
  beforeEach(async () => (server = await startServer({ subscriptionCountInterval: 0.2 })));
  afterEach(() => server.close());

  const connect = (...channels: string[]) => RawClient.connectTo(COUNTING_APP.key, server, ...channels);
  const count = (channel: string, n: number) =>
    `{"event":"pusher_internal:subscription_count","channel":"${channel}","data":"{\\"subscription_count\\":${n}}"}`;
  const counted = (channel: string) =>
    server.told.flatMap((told) =>
      told.name === 'subscription_count' && told.channel === channel ? [told.subscription_count] : [],
    );

  it.each(['news', 'private-news', 'cache-news'])(
    'reach everybody on %s at each change, after the success',
    async (channel) => {
      const [one, two] = [await connect(), await connect()];
      expect(await join(one, channel, COUNTING_APP)).toContain('succeeded');
      if (channel.startsWith('cache-')) expect(await one.next()).toContain('cache_miss');
      expect(await one.next()).toBe(count(channel, 1));
      await join(two, channel, COUNTING_APP);
      expect(await one.next()).toBe(count(channel, 2));
      expect((await two.settle()).at(-1)).toBe(count(channel, 2));
      two.say({ event: 'pusher:unsubscribe', data: { channel } });
      expect(await one.next()).toBe(count(channel, 1));
      expect(await two.settle()).toEqual([]);
      await Promise.all([one.close(), two.close()]);
      await server.close();
      expect(counted(channel)).toEqual([1, 2, 1, 0]);
    },
  );

  it('are not told on presence channels, nor in an app that has not asked for them', async () => {
    const member = await RawClient.connect(server, 'news');
    await joinAs(member, 'presence-x', { user_id: '1' });
    expect(await member.settle()).toEqual([]);
    await member.close();
  });

  it('can be asked for on presence channels in an app that counts', async () => {
    const keys = { key: COUNTING_APP.key, secret: COUNTING_APP.secret };
    const show = (app: string, more: object = {}) =>
      signed(server, 'GET', `/apps/${app}/channels/presence-x`, undefined, {
        parameters: { info: 'user_count,subscription_count' },
        ...more,
      });
    expect((await show('5', keys)).body).toBe('{"occupied":false,"user_count":0,"subscription_count":0}');
    expect((await show('3')).status).toBe(400);
  });

  it('are held back above a hundred subscribers, and the last one is told', async () => {
    const first = await connect('big');
    const others = await Promise.all(Array.from({ length: 119 }, () => connect('big')));
    await first.until(() => first.received.find((text) => text === count('big', 120)));
    expect(counted('big').slice(0, 101)).toEqual(Array.from({ length: 101 }, (_, n) => n + 1));
    expect(counted('big').length).toBeLessThan(110);
    expect(counted('big').at(-1)).toBe(120);
    await Promise.all([first, ...others].map((client) => client.close()));
  });
});
