import type { Members, PresenceChannel } from 'pusher-js';
import nacl from 'tweetnacl';
import { COUNTING_APP, APP, startServer, type ChannelsServer } from './support/channels-server.js';
import { eventually } from './support/eventually.js';
import {
  authorizedBy,
  forgetCloseTimers,
  happening,
  pusherJs,
  pusherServer,
  type Client,
} from './support/pusher-clients.js';
import { RawClient } from './support/raw-client.js';

let rememberCloseTimers: () => void;
beforeAll(() => (rememberCloseTimers = forgetCloseTimers()));
afterAll(() => rememberCloseTimers());

describe('The stock libraries, on every kind of channel', () => {
  let server: ChannelsServer;
  const clients: Client[] = [];
  const backend = () => pusherServer(server);
  const clientOf = (id: string, more: object = {}, options: Parameters<typeof pusherJs>[2] = {}): Client => {
    const made = pusherJs(server, APP.key, { ...authorizedBy(backend(), { id, ...more }), ...options });
    clients.push(made);
    return made;
  };
  beforeEach(async () => (server = await startServer()));
  afterEach(async () => {
    for (const made of clients.splice(0)) made.disconnect();
    await server.close();
  });

  /** Everything a channel says, without what pusher-js says itself. */
  const record = (channel: { bind_global(callback: (event: string, data: unknown) => void): unknown }) => {
    const heard: [string, unknown][] = [];
    channel.bind_global((event, data) => heard.push([event, data]));
    return heard;
  };
  const joined = async (client: Client, name: string) => {
    const channel = client.subscribe(name);
    await happening(channel, 'pusher:subscription_succeeded');
    return channel;
  };

  it('private: subscribe, hear servers and each other, and not themselves', async () => {
    const [one, two] = [clientOf('1'), clientOf('2')];
    const [mine, theirs] = [await joined(one, 'private-x'), await joined(two, 'private-x')];
    const [own, other] = [record(mine), record(theirs)];
    mine.trigger('client-typing', { on: true });
    await eventually(() => other.length === 1, 'the other heard');
    await backend().trigger('private-x', 'posted', { n: 1 }, { socket_id: two.connection.socket_id });
    await eventually(() => own.length === 1, 'the server was heard');
    expect(own).toEqual([['posted', { n: 1 }]]);
    expect(other).toEqual([['client-typing', { on: true }]]);
  });

  it('private: more than ten client events a second surface as the error 4301, and the connection stays', async () => {
    const client = clientOf('1');
    const channel = await joined(client, 'private-x');
    const error = happening(client.connection, 'error');
    for (let n = 0; n < 11; n += 1) channel.trigger('client-x', n);
    expect(await error).toMatchObject({ data: { code: 4301 } });
    expect(client.connection.state).toBe('connected');
  });

  it('presence: know who is there, who comes and goes, and who spoke', async () => {
    const [ann, bo, boAgain] = [clientOf('7', { name: 'Ann' }), clientOf('8', { name: 'Bo' }), clientOf('8')];
    const room = ann.subscribe('presence-room') as PresenceChannel;
    const members = (await happening(room, 'pusher:subscription_succeeded')) as Members;
    expect(members).toMatchObject({ count: 1, me: { id: '7', info: { name: 'Ann' } } });
    const changes = record(room);

    const second = (await joined(bo, 'presence-room')) as PresenceChannel;
    expect(second.members.count).toBe(2);
    expect(second.members.get('7')).toEqual({ id: '7', info: { name: 'Ann' } });
    await joined(boAgain, 'presence-room');
    const spoken = new Promise((resolve) =>
      room.bind('client-hi', (_: unknown, metadata: unknown) => resolve(metadata)),
    );
    second.trigger('client-hi', {});
    expect(await spoken).toEqual({ user_id: '8' });
    bo.disconnect();
    boAgain.unsubscribe('presence-room');
    await eventually(() => room.members.count === 1, 'they are gone');
    expect(changes.map(([event]) => event)).toEqual(['pusher:member_added', 'client-hi', 'pusher:member_removed']);
  });

  it('presence: take a signed-in user without channel data', async () => {
    const client = clientOf(
      'u1',
      { user_info: { name: 'Cy' } },
      {
        channelAuthorization: {
          transport: 'ajax',
          endpoint: '',
          customHandler: ({ socketId, channelName }, answer) =>
            answer(null, { auth: backend().authorizeChannel(socketId, channelName).auth }),
        },
      },
    );
    client.signin();
    const room = client.subscribe('presence-room') as PresenceChannel;
    const members = (await happening(room, 'pusher:subscription_succeeded')) as Members;
    expect(members).toMatchObject({ count: 1, me: { id: 'u1', info: { name: 'Cy' } } });
    const response = await backend().get({ path: '/channels/presence-room/users' });
    expect(await response.json()).toEqual({ users: [{ id: 'u1' }] });
  });

  it('encrypted: read what the server library has encrypted, which this server cannot', async () => {
    const channel = await joined(clientOf('1', {}, { nacl }), 'private-encrypted-x');
    const wire = await RawClient.connect(server);
    const heard = happening(channel, 'secret');
    await backend().trigger('private-encrypted-x', 'secret', { words: 'between us' });
    expect(await heard).toEqual({ words: 'between us' });
    await wire.close();
  });

  it.each(['cache-x', 'private-cache-x', 'presence-cache-x', 'private-encrypted-cache-x'])(
    '%s: miss what was never there, and get what was published before they came',
    async (name) => {
      const early = clientOf('1', {}, { nacl });
      await happening(early.subscribe(name), 'pusher:cache_miss');
      await backend().trigger(name, 'state', { n: 1 });
      const late = clientOf('2', {}, { nacl });
      const channel = late.subscribe(name);
      const missed = record(channel);
      expect(await happening(channel, 'state')).toEqual({ n: 1 });
      expect(missed.map(([event]) => event)).not.toContain('pusher:cache_miss');
      const response = await backend().get({ path: `/channels/${name}`, params: { info: 'cache' } });
      expect(await response.json()).toMatchObject({ occupied: true, cache: { ttl: 1800 } });
    },
  );

  it('users: sign in, get what is sent to them alone, and are sent away for good', async () => {
    const [one, two] = [clientOf('u1'), clientOf('u2')];
    const confirmed = [one, two].map((client) => happening(client, 'pusher:signin_success'));
    const toOne = record(one.user);
    const toTwo = record(two.user);
    for (const client of [one, two]) client.signin();
    await eventually(() => server.hub.countSubscribers(APP.id, '#server-to-user-u2') === 1, 'both are signed in');
    await Promise.all(confirmed);
    await backend().sendToUser('u1', 'note', { n: 1 });
    await eventually(() => toOne.some(([event]) => event === 'note'), 'the user was told');
    expect(toOne.find(([event]) => event === 'note')).toEqual(['note', { n: 1 }]);
    expect(toTwo.map(([event]) => event)).not.toContain('note');

    const response = await backend().terminateUserConnections('u1');
    expect(await response.text()).toBe('{}');
    await eventually(() => one.connection.state === 'disconnected', 'it gave up');
    expect(two.connection.state).toBe('connected');
  });

  it('users: hear of those they watch', async () => {
    const watcher = clientOf('w', { watchlist: ['friend'] });
    const heard = record(watcher.user.watchlist);
    watcher.signin();
    await eventually(() => heard.length === 1, 'the friend is not there');
    const friend = clientOf('friend');
    friend.signin();
    await eventually(() => heard.length === 2, 'the friend has come');
    friend.disconnect();
    await eventually(() => heard.length === 3, 'the friend is gone');
    const ids = { user_ids: ['friend'] };
    expect(heard).toMatchObject([
      ['offline', ids],
      ['online', ids],
      ['offline', ids],
    ]);
  });

  it('counts: know how many subscriptions a channel has, in an app that tells', async () => {
    const counting = pusherJs(server, COUNTING_APP.key);
    clients.push(counting);
    const channel = counting.subscribe('news');
    expect(await happening(channel, 'pusher:subscription_count')).toEqual({ subscription_count: 1 });
    expect(channel.subscriptionCount).toBe(1);
  });

  it('come back with their private channels, their sign-in and their presence after a quick restart', async () => {
    const client = clientOf('u1');
    client.signin();
    await joined(client, 'private-x');
    await joined(client, 'presence-x');
    const again = happening(client.connection, 'connected');
    await server.close();
    server = await startServer({}, server.port);
    await again;
    const channels = ['private-x', 'presence-x', '#server-to-user-u1'];
    await eventually(
      () => channels.every((name) => server.hub.countSubscribers(APP.id, name) === 1),
      'it is back everywhere',
    );
  });

  it('ask about presence channels and send batches that mix channels and users', async () => {
    await joined(clientOf('7'), 'presence-room');
    const response = await backend().trigger(
      ['presence-room', 'news'],
      'e',
      {},
      { info: 'user_count,subscription_count' },
    );
    expect(await response.json()).toEqual({
      channels: { 'presence-room': { user_count: 1 }, news: { subscription_count: 0 } },
    });
    const list = await backend().get({
      path: '/channels',
      params: { filter_by_prefix: 'presence-', info: 'user_count' },
    });
    expect(await list.json()).toEqual({ channels: { 'presence-room': { user_count: 1 } } });
    const batch = await backend().triggerBatch([
      { channel: 'presence-room', name: 'a', data: {}, info: 'user_count' },
      { channel: 'news', name: 'b', data: {} },
    ]);
    expect(await batch.json()).toEqual({ batch: [{ user_count: 1 }, {}] });
    await expect(backend().get({ path: '/channels/news/users' })).rejects.toMatchObject({ status: 400 });
    const unknown = backend().get({ path: '/channels/presence-room/users', params: { info: 'user_count' } });
    await expect(unknown).rejects.toMatchObject({ status: 400 });
  });
});

describe('What pusher-js does next', () => {
  let server: ChannelsServer;
  let client: Client | undefined;
  afterEach(async () => {
    client?.disconnect();
    await server.close();
  });
  const connect = async () => {
    client = pusherJs(server);
    await happening(client.connection, 'connected');
    return client;
  };

  it('after 4100 is to try again in a second, until there is room', async () => {
    server = await startServer({ maxConnections: 1 });
    const first = await RawClient.connect(server);
    const start = performance.now();
    client = pusherJs(server);
    expect(await happening(client.connection, 'error')).toMatchObject({ error: { data: { code: 4100 } } });
    await first.close();
    await happening(client.connection, 'connected');
    expect(performance.now() - start).toBeGreaterThan(900);
  });

  it('after 4201 is to come back at once', async () => {
    server = await startServer();
    const connected = await connect();
    const again = happening(connected.connection, 'connected');
    const now = performance.now();
    server.connections.sweep(now + 121_000);
    server.connections.sweep(now + 152_000);
    await again;
  });

  it('after 4009 is to stay away until the application asks', async () => {
    server = await startServer({ authorizationTimeout: 0.2 });
    const connected = await connect();
    await eventually(() => connected.connection.state === 'disconnected', 'it gave up');
    const again = happening(connected.connection, 'connected');
    connected.connect();
    await again;
  });
});
