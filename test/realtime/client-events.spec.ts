import { Rate } from '../../src/realtime/pusher/rate.js';
import { authFor, join, joinAs, signIn } from './support/authorize.js';
import { COUNTING_APP, startServer, type ChannelsServer } from './support/channels-server.js';
import { RawClient, type ConnectedClient } from './support/raw-client.js';

describe('Client events', () => {
  let server: ChannelsServer;
  beforeAll(async () => (server = await startServer()));
  afterAll(() => server.close());

  const pair = async (channel: string): Promise<[ConnectedClient, ConnectedClient]> => {
    const [one, two] = [await RawClient.connect(server), await RawClient.connect(server)];
    if (channel.startsWith('presence-')) {
      await joinAs(one, channel, { user_id: 7 });
      await joinAs(two, channel, { user_id: 8 });
    } else {
      await join(one, channel);
      await join(two, channel);
    }
    await one.settle();
    server.told.length = 0;
    return [one, two];
  };
  const end = (...clients: ConnectedClient[]) => Promise.all(clients.map((client) => client.close()));

  it.each([
    ['an object', '{"a":[1,{"b":null}]}', '{"a":[1,{"b":null}]}'],
    ['a text', '"hello"', 'hello'],
    ['a text that is JSON', '"{\\"a\\":1}"', '{"a":1}'],
    ['a number of many digits', '12345678901234567890', '12345678901234567890'],
    ['null', 'null', 'null'],
    ['false', 'false', 'false'],
  ])('reach the others with %s as what it is, and never their sender', async (_, data, told) => {
    const [one, two] = await pair('private-talk');
    one.say(`{"event":"client-x","channel":"private-talk","data":${data},"user_id":"forged","extra":1}`);
    expect(await two.next()).toBe(`{"event":"client-x","channel":"private-talk","data":${data}}`);
    expect(await one.settle()).toEqual([]);
    expect(server.told).toEqual([
      { name: 'client_event', channel: 'private-talk', event: 'client-x', data: told, socket_id: one.socketId },
    ]);
    await end(one, two);
  });

  it('may come without data', async () => {
    const [one, two] = await pair('private-talk');
    one.say({ event: 'client-x', channel: 'private-talk' });
    expect(await two.next()).toBe('{"event":"client-x","channel":"private-talk","data":null}');
    await end(one, two);
  });

  it('carry on presence channels who sent them, as the app has signed it', async () => {
    const [one, two] = await pair('presence-talk');
    one.say({ event: 'client-x', channel: 'presence-talk', data: {}, user_id: '8' });
    expect(await two.next()).toBe('{"event":"client-x","channel":"presence-talk","data":{},"user_id":"7"}');
    expect(server.told).toEqual([
      {
        name: 'client_event',
        channel: 'presence-talk',
        event: 'client-x',
        data: '{}',
        socket_id: one.socketId,
        user_id: '7',
      },
    ]);
    await end(one, two);
  });

  it.each([
    ['from who is not subscribed', 'private-elsewhere', 'client-x'],
    ['on a public channel', 'public', 'client-x'],
    ['on a cache channel', 'cache-x', 'client-x'],
    ['on an encrypted channel', 'private-encrypted-x', 'client-x'],
    ["on a user's channel", '#server-to-user-u', 'client-x'],
    ['with a name of 201 characters', 'private-talk', `client-${'x'.repeat(194)}`],
    ['of an internal name', 'private-talk', 'pusher_internal:member_added'],
    ['of a name of the protocol', 'private-talk', 'pusher:subscription_succeeded'],
    ['of any other name', 'private-talk', 'my-client-x'],
    ['without a channel', undefined, 'client-x'],
    ['on a channel that is no text', ['private-talk'], 'client-x'],
  ])('are refused %s, and nobody gets anything', async (_, channel, event) => {
    const [one, two] = await pair('private-talk');
    const listener = await RawClient.connect(server, 'public', 'cache-x');
    await join(listener, 'private-encrypted-x');
    await join(listener, 'private-elsewhere');
    await signIn(listener, { id: 'u' });
    await listener.settle();
    if (channel === 'public') one.say({ event: 'pusher:subscribe', data: { channel } });
    if (channel === 'private-encrypted-x') await join(one, channel);
    await one.settle();
    server.told.length = 0;
    one.say({ event, channel, data: {} });
    expect(JSON.parse(await one.next())).toEqual({
      event: 'pusher:error',
      data: { code: null, message: expect.any(String) as string },
    });
    for (const client of [one, two, listener]) expect(await client.settle()).toEqual([]);
    expect(server.told).toEqual([]);
    await end(one, two, listener);
  });

  it('are refused in an app that does not allow them', async () => {
    const client = await RawClient.connectTo(COUNTING_APP.key, server);
    await join(client, 'private-talk', COUNTING_APP);
    await client.settle();
    client.say({ event: 'client-x', channel: 'private-talk', data: {} });
    expect(await client.next()).toContain('does not allow client events');
    await client.close();
  });

  it('may have 10,240 bytes of data; one more, or nesting beyond all measure, is the error 4301', async () => {
    const [one, two] = await pair('private-talk');
    one.say({ event: 'client-x', channel: 'private-talk', data: 'é'.repeat(5120) });
    expect(await two.next()).toContain('client-x');
    const tooMuch = [`"${'é'.repeat(5120)}x"`, `${'['.repeat(15_000)}${']'.repeat(15_000)}`];
    for (const data of tooMuch) {
      one.say(`{"event":"client-x","channel":"private-talk","data":${data}}`);
      expect(JSON.parse(await one.next())).toMatchObject({ event: 'pusher:error', data: { code: 4301 } });
    }
    expect(await two.settle()).toEqual([]);
    await end(one, two);
  });

  it('may be ten in a second; the eleventh is the error 4301 and goes nowhere, and the connection stays', async () => {
    const [one, two] = await pair('private-talk');
    for (let n = 0; n < 12; n += 1) one.say({ event: `client-${n}`, channel: 'private-talk', data: {} });
    const errors = await one.settle();
    expect(errors.map((text) => JSON.parse(text) as unknown)).toEqual(
      Array.from({ length: 2 }, () => ({
        event: 'pusher:error',
        data: { code: 4301, message: 'A client may send 10 events a second.' },
      })),
    );
    expect(await two.settle()).toHaveLength(10);
    await end(one, two);
  });

  it('are not sent by who has left', async () => {
    const [one, two] = await pair('private-talk');
    one.say({ event: 'pusher:unsubscribe', data: { channel: 'private-talk' } });
    one.say({ event: 'client-x', channel: 'private-talk', data: {} });
    expect(await one.next()).toContain('not subscribed');
    expect(await two.settle()).toEqual([]);
    await end(one, two);
  });

  it('are no way around a signature', async () => {
    const client = await RawClient.connect(server);
    const auth = authFor(`${client.socketId}:private-other`);
    client.say({ event: 'pusher:subscribe', data: { channel: 'private-talk', auth } });
    client.say({ event: 'client-x', channel: 'private-talk', data: {}, auth });
    const [refused, complained] = await client.settle();
    expect(refused).toContain('AuthError');
    expect(complained).toContain('not subscribed');
    await client.close();
  });
});

describe('A rate', () => {
  it('holds for any second, not for seconds of the clock', () => {
    const rate = new Rate(2);
    expect([0, 900, 999, 1000, 1001, 1899, 1900, 5000].map((now) => rate.take(now))).toEqual([
      true,
      true,
      false,
      true,
      false,
      false,
      true,
      true,
    ]);
  });
});
