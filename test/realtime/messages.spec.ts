import { startServer, APP, type ChannelsServer } from './support/channels-server.js';
import { eventually } from './support/eventually.js';
import { RawClient } from './support/raw-client.js';

describe('Messages, as they stand on the wire', () => {
  let server: ChannelsServer;
  beforeAll(async () => (server = await startServer({ maxSubscriptionsPerConnection: 3 })));
  afterAll(() => server.close());

  const subscribe = (data: unknown) => ({ event: 'pusher:subscribe', data });

  it('greets with a socket id and the activity timeout, as a string in the JSON', async () => {
    const client = await RawClient.open(server);
    expect(await client.next()).toMatch(
      /^\{"event":"pusher:connection_established","data":"\{\\"socket_id\\":\\"\d+\.\d+\\",\\"activity_timeout\\":120\}"\}$/,
    );
    await client.close();
  });

  it('gives every connection a socket id of its own', async () => {
    const clients = await Promise.all(Array.from({ length: 20 }, () => RawClient.connect(server)));
    expect(new Set(clients.map(({ socketId }) => socketId)).size).toBe(20);
    await Promise.all(clients.map((client) => client.close()));
  });

  it('answers a ping with a pong, whatever its data', async () => {
    const client = await RawClient.connect(server);
    for (const message of [
      '{"event":"pusher:ping","data":{}}',
      '{"event":"pusher:ping"}',
      '{"event":"pusher:ping","data":"{}"}',
    ]) {
      client.say(message);
      expect(await client.next()).toBe('{"event":"pusher:pong","data":"{}"}');
    }
    await client.close();
  });

  it('says nothing to a pong', async () => {
    const client = await RawClient.connect(server);
    client.say({ event: 'pusher:pong', data: {} });
    expect(await client.settle()).toEqual([]);
    await client.close();
  });

  it('confirms a subscription, whether its data is an object or a string, with auth or without', async () => {
    const client = await RawClient.connect(server);
    for (const [channel, data] of [
      ['one', { auth: '', channel: 'one' }],
      ['two', { channel: 'two' }],
      ['three', '{"channel":"three"}'],
    ] as const) {
      client.say(subscribe(data));
      expect(await client.next()).toBe(
        `{"event":"pusher_internal:subscription_succeeded","channel":"${channel}","data":"{}"}`,
      );
    }
    await client.close();
  });

  it('passes the data of an event on as the very string it is', async () => {
    const client = await RawClient.connect(server, 'news');
    for (const data of ['{"hello":"world"}', 'plain', '', '"quoted" \\ \u2028 é 🌱 \u0000']) {
      expect(server.hub.publish(APP.id, { channel: 'news', event: 'my-event', data })).toBe(1);
      expect(await client.next()).toBe(JSON.stringify({ event: 'my-event', channel: 'news', data }));
    }
    await client.close();
  });

  it.each([
    ['private-x', 'AuthError', 401],
    ['private-encrypted-x', 'AuthError', 401],
    ['private-cache-x', 'AuthError', 401],
    ['presence-x', 'AuthError', 401],
    ['#server-to-user-u1', 'AuthError', 401],
    ['a b', 'InvalidChannel', 400],
    ['#other', 'InvalidChannel', 400],
    ['', 'InvalidChannel', 400],
    ['x'.repeat(201), 'InvalidChannel', 400],
  ])('refuses the channel "%s" with %s', async (channel, type, status) => {
    const client = await RawClient.connect(server);
    client.say(subscribe({ auth: '', channel }));
    expect(JSON.parse(await client.next())).toEqual({
      event: 'pusher:subscription_error',
      channel,
      data: { type, status, error: expect.any(String) as string },
    });
    expect(server.hub.countSubscribers(APP.id, channel)).toBe(0);
    await client.close();
  });

  it('takes a prefix in the middle of a name for part of the name', async () => {
    const client = await RawClient.connect(server, 'my-private-x', 'my-cache-x');
    expect(client.received.filter((message) => message.includes('subscription_succeeded'))).toHaveLength(2);
    await client.close();
  });

  it('refuses one subscription more than a connection may have, and takes it when another has ended', async () => {
    const client = await RawClient.connect(server, 'a', 'b', 'c');
    client.say(subscribe({ channel: 'd' }));
    expect(await client.next()).toContain('"type":"LimitReached"');
    client.say({ event: 'pusher:unsubscribe', data: { channel: 'a' } });
    client.say(subscribe({ channel: 'd' }));
    expect(await client.next()).toContain('subscription_succeeded');
    await client.close();
  });

  it('complains about a second subscribe and keeps the first', async () => {
    const client = await RawClient.connect(server, 'twice');
    client.say(subscribe({ channel: 'twice' }));
    expect(await client.next()).toBe(
      '{"event":"pusher:error","data":{"code":null,"message":"This connection is subscribed to \\"twice\\" already."}}',
    );
    expect(server.hub.publish(APP.id, { channel: 'twice', event: 'e', data: '' })).toBe(1);
    await client.close();
  });

  it('ends a subscription without a word and sends nothing more', async () => {
    const client = await RawClient.connect(server, 'short');
    client.say({ event: 'pusher:unsubscribe', data: { channel: 'short' } });
    expect(await client.settle()).toEqual([]);
    expect(server.hub.publish(APP.id, { channel: 'short', event: 'e', data: '' })).toBe(0);
    expect(server.hub.occupiedChannels(APP.id)).not.toContain('short');
    await client.close();
  });

  it('keeps the order of subscribes and unsubscribes sent back to back', async () => {
    const client = await RawClient.connect(server);
    for (let round = 0; round < 20; round += 1) {
      client.say(subscribe({ channel: 'flip' }));
      client.say({ event: 'pusher:unsubscribe', data: { channel: 'flip' } });
    }
    const answers = await client.settle();
    expect(answers).toHaveLength(20);
    expect(answers.every((answer) => answer.includes('subscription_succeeded'))).toBe(true);
    await client.close();
  });

  it.each([
    ['an unsubscribe without a subscription', { event: 'pusher:unsubscribe', data: { channel: 'none' } }],
    ['a sign-in', { event: 'pusher:signin', data: { auth: 'x', user_data: '{}' } }],
    ['a client event', { event: 'client-foo', channel: 'private-x', data: { a: 1 } }],
    ['an unknown event', { event: 'hello' }],
    ['an internal event', { event: 'pusher_internal:member_added', channel: 'presence-x', data: '{}' }],
  ])('answers %s with an error and stays open', async (_, message) => {
    const client = await RawClient.connect(server);
    client.say(message);
    expect(JSON.parse(await client.next())).toEqual({
      event: 'pusher:error',
      data: { code: null, message: expect.any(String) as string },
    });
    expect(await client.settle()).toEqual([]);
    await client.close();
  });

  it('forgets a connection and its subscriptions when it is gone', async () => {
    const client = await RawClient.connect(server, 'left', 'behind');
    client.webSocket.terminate();
    await eventually(() => server.hub.occupiedChannels(APP.id).length === 0, 'the channels are vacant');
    expect(server.hub.counters.snapshot()).toMatchObject({ connections: 0, channels: 0 });
  });

  it('keeps apps apart', async () => {
    const client = await RawClient.connect(server, 'shared-name');
    expect(server.hub.publish('4', { channel: 'shared-name', event: 'e', data: '' })).toBe(0);
    expect(await client.settle()).toEqual([]);
    await client.close();
  });

  it('leaves out the connection that caused a message', async () => {
    const [one, two] = await Promise.all([RawClient.connect(server, 'room'), RawClient.connect(server, 'room')]);
    const message = { channel: 'room', event: 'e', data: '', exceptSocketId: one.socketId };
    expect(server.hub.publish(APP.id, message)).toBe(1);
    expect(await two.next()).toContain('"event":"e"');
    expect(await one.settle()).toEqual([]);
    await Promise.all([one.close(), two.close()]);
  });
});
