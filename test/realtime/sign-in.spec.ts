import { ChannelApp } from '../../src/realtime/channel-app.js';
import { CLOSE } from '../../src/realtime/close-codes.js';
import { RealtimeCounters } from '../../src/realtime/counters.js';
import { Hub } from '../../src/realtime/hub.js';
import { SignIns } from '../../src/realtime/pusher/sign-ins.js';
import { Users } from '../../src/realtime/pusher/users.js';
import { authFor, join, joinAs, signIn } from './support/authorize.js';
import { APP, OTHER_APP, startServer, type ChannelsServer } from './support/channels-server.js';
import { eventually } from './support/eventually.js';
import { RawClient, type ConnectedClient } from './support/raw-client.js';
import { settingsWith } from './support/settings.js';
import { signed } from './support/signed-request.js';

describe('Signed-in users', () => {
  let server: ChannelsServer;
  const clients: ConnectedClient[] = [];
  const connect = async () => {
    const client = await RawClient.connect(server);
    clients.push(client);
    return client;
  };
  beforeEach(async () => (server = await startServer()));
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await eventually(() => server.hub.counters.channels === 0, 'nothing is left');
    await server.close();
  });

  const subscribe = (client: RawClient, channel: string) =>
    client.say({ event: 'pusher:subscribe', data: { auth: '', channel } });
  const toUser = (id: string, name = 'note') =>
    signed(server, 'POST', '/apps/3/events', { name, channel: `#server-to-user-${id}`, data: '{}' });
  const terminate = (id: string) => signed(server, 'POST', `/apps/3/users/${id}/terminate_connections`, {});
  const watchlist = (online: string[], offline: string[]) => ({
    event: 'pusher_internal:watchlist_events',
    data: JSON.stringify({
      events: [
        ...(online.length > 0 ? [{ name: 'online', user_ids: online }] : []),
        ...(offline.length > 0 ? [{ name: 'offline', user_ids: offline }] : []),
      ],
    }),
  });

  it('get their data back as the very text the app has signed', async () => {
    const client = await connect();
    expect(await signIn(client, '{"id": "u1", "user_info":{"é":1}}')).toBe(
      '{"event":"pusher:signin_success","data":{"user_data":"{\\"id\\": \\"u1\\", \\"user_info\\":{\\"é\\":1}}"}}',
    );
    expect(await client.settle()).toEqual([]);
    expect(server.told).toEqual([]);
  });

  it.each([
    ['no id', {}],
    ['an empty id', { id: '' }],
    ['an id that is a number', { id: 7 }],
    ['an id with a space', { id: 'u 1' }],
    ['an id with a slash', { id: 'u/1' }],
    ['an id of 129 characters', { id: 'x'.repeat(129) }],
    ['a watchlist that is no list', { id: 'u1', watchlist: 'u2' }],
    ['a watchlist of no ids', { id: 'u1', watchlist: [{}] }],
    ['no object', '[]'],
    ['no JSON', 'u1'],
  ])('are refused with %s, and the connection stays', async (_, data) => {
    const client = await connect();
    expect(JSON.parse(await signIn(client, data))).toEqual({
      event: 'pusher:error',
      data: { code: null, message: expect.stringContaining('The sign-in failed') as string },
    });
    expect(await client.settle()).toEqual([]);
  });

  it('are refused without the signature of this app over this socket and these data', async () => {
    const client = await connect();
    const data = '{"id":"u1"}';
    for (const fields of [
      {},
      { user_data: data },
      { auth: authFor(`${client.socketId}::user::${data}`) },
      { auth: authFor(`1.1::user::${data}`), user_data: data },
      { auth: authFor(`${client.socketId}::user::{"id":"u2"}`), user_data: data },
      { auth: authFor(`${client.socketId}:user:${data}`), user_data: data },
      { auth: authFor(`${client.socketId}::user::${data}`, OTHER_APP), user_data: data },
      { auth: 7, user_data: data },
      { auth: authFor(`${client.socketId}::user::${data}`), user_data: { id: 'u1' } },
    ]) {
      client.say({ event: 'pusher:signin', data: fields });
      expect(await client.next()).toContain('The sign-in failed');
    }
    await toUser('u1');
    expect(await client.settle()).toEqual([]);
  });

  it('get what is for them on every connection from the sign-in on, once, subscribed or not', async () => {
    const [one, two, other] = [await connect(), await connect(), await connect()];
    await signIn(one, { id: 'u1' });
    await signIn(two, { id: 'u1' });
    await signIn(other, { id: 'u2' });
    subscribe(one, '#server-to-user-u1');
    expect(await one.next()).toBe(
      '{"event":"pusher_internal:subscription_succeeded","channel":"#server-to-user-u1","data":"{}"}',
    );
    expect((await toUser('u1')).body).toBe('{}');
    for (const client of [one, two]) {
      expect(await client.settle()).toEqual(['{"event":"note","channel":"#server-to-user-u1","data":"{}"}']);
    }
    expect(await other.settle()).toEqual([]);
    expect(server.told).toEqual([]);
  });

  it('may subscribe to their own channel once, leave it, and still get what is for them', async () => {
    const client = await connect();
    await signIn(client, { id: 'u1' });
    subscribe(client, '#server-to-user-u1');
    subscribe(client, '#server-to-user-u1');
    const unsubscribe = { event: 'pusher:unsubscribe', data: { channel: '#server-to-user-u1' } };
    client.say(unsubscribe);
    client.say(unsubscribe);
    const [success, twice, notSubscribed, ...rest] = await client.settle();
    expect(success).toContain('succeeded');
    expect(twice).toContain('already');
    expect(notSubscribed).toContain('not subscribed');
    expect(rest).toEqual([]);
    await toUser('u1');
    expect(await client.settle()).toHaveLength(1);
  });

  it("are refused another's channel, and so is everybody who is not signed in", async () => {
    const [stranger, other] = [await connect(), await connect()];
    await signIn(other, { id: 'u2' });
    for (const client of [stranger, other]) {
      for (const channel of ['#server-to-user-u1', '#server-to-user-']) {
        subscribe(client, channel);
        expect(await client.next()).toContain('pusher:subscription_error');
      }
      client.say({
        event: 'pusher:subscribe',
        data: { auth: authFor(`${client.socketId}:#server-to-user-u1`), channel: '#server-to-user-u1' },
      });
      expect(await client.next()).toContain('AuthError');
    }
    await toUser('u1');
    for (const client of [stranger, other]) expect(await client.settle()).toEqual([]);
  });

  it('may sign in again as themselves, and not as somebody else', async () => {
    const client = await connect();
    await signIn(client, { id: 'u1' });
    expect(await signIn(client, { id: 'u1', user_info: { n: 2 } })).toContain('signin_success');
    expect(await signIn(client, { id: 'u2' })).toContain('as another user');
    await toUser('u1');
    await toUser('u2');
    expect(await client.settle()).toEqual(['{"event":"note","channel":"#server-to-user-u1","data":"{}"}']);
  });

  it('are sent away by their app on all connections, with a code that keeps them away', async () => {
    const [one, two, other, member] = [await connect(), await connect(), await connect(), await connect()];
    await signIn(one, { id: 'u1' });
    await signIn(two, { id: 'u1' });
    await signIn(other, { id: 'u2' });
    await joinAs(member, 'presence-x', { user_id: 'u1' });
    expect(await terminate('u1')).toMatchObject({ status: 200, body: '{}' });
    for (const client of [one, two]) {
      expect(await client.closed).toEqual({ code: 4009, reason: CLOSE.TERMINATED.reason });
    }
    expect(await other.settle()).toEqual([]);
    expect(await member.settle()).toEqual([]);
    for (const id of ['nobody', 'u%201%C3%A9', '__proto__']) {
      expect(await terminate(id)).toMatchObject({ status: 200, body: '{}' });
    }
    expect((await signed(server, 'POST', '/apps/3/users/u2/terminate_connections', {}, { secret: 'x' })).status).toBe(
      401,
    );
  });

  describe('and their watchlists', () => {
    it('tell at the sign-in who is online, then who comes first and who goes last', async () => {
      const [watcher, present] = [await connect(), await connect()];
      await signIn(present, { id: 'here' });
      await signIn(watcher, { id: 'w', watchlist: ['here', 'gone', 'w', 'gone'] });
      expect(JSON.parse(await watcher.next())).toEqual(watchlist(['here', 'w'], ['gone']));

      const [first, second] = [await connect(), await connect()];
      await signIn(first, { id: 'gone' });
      expect(JSON.parse(await watcher.next())).toEqual(watchlist(['gone'], []));
      await signIn(second, { id: 'gone' });
      await first.close();
      expect(await watcher.settle()).toEqual([]);
      await second.close();
      expect(JSON.parse(await watcher.next())).toEqual(watchlist([], ['gone']));
      expect(await present.settle()).toEqual([]);
    });

    it('are told to each connection of the watcher, and refreshed by signing in again', async () => {
      const [one, two] = [await connect(), await connect()];
      await signIn(one, { id: 'w', watchlist: ['a'] });
      await signIn(two, { id: 'w', watchlist: ['a'] });
      await signIn(one, { id: 'w', watchlist: ['b'] });
      await Promise.all([one.settle(), two.settle()]);
      const [a, b] = [await connect(), await connect()];
      await signIn(a, { id: 'a' });
      await signIn(b, { id: 'b' });
      expect((await one.settle()).map((text) => JSON.parse(text) as unknown)).toEqual([watchlist(['b'], [])]);
      expect((await two.settle()).map((text) => JSON.parse(text) as unknown)).toEqual([watchlist(['a'], [])]);
    });

    it('have a hundred users, and an error 4302 for those above', async () => {
      const client = await connect();
      const ids = Array.from({ length: 101 }, (_, n) => `u${n}`);
      await signIn(client, { id: 'w', watchlist: ids });
      expect(JSON.parse(await client.next())).toEqual(watchlist([], ids.slice(0, 100)));
      expect(JSON.parse(await client.next())).toMatchObject({ event: 'pusher:error', data: { code: 4302 } });
      const last = await connect();
      await signIn(last, { id: 'u100' });
      expect(await client.settle()).toEqual([]);
    });

    it('are not told when the server has them turned off', async () => {
      const off = await startServer({ maxWatchlist: 0 });
      const client = await RawClient.connect(off);
      expect(await signIn(client, { id: 'w', watchlist: ['w', 'a'] })).toContain('signin_success');
      expect(await client.settle()).toEqual([]);
      await client.close();
      await off.close();
    });
  });
});

describe('A sign-in of somebody who reads too slowly', () => {
  it.each([1, 2])('leaves nobody behind when the connection ends at message %s of it', (last) => {
    const hub = new Hub(new RealtimeCounters());
    const users = new Users();
    const signIns = new SignIns(hub, users, settingsWith());
    let sent = 0;
    const connection = {
      id: '1.1',
      close: () => undefined,
      send: () => {
        sent += 1;
        if (sent === last) hub.leave(connection);
        return sent < last;
      },
    };
    const data = '{"id":"slow","watchlist":["friend"]}';
    const fields = { auth: authFor(`1.1::user::${data}`), user_data: data };
    expect(signIns.signIn(new ChannelApp(APP), connection, fields, undefined)).toMatchObject({ id: 'slow' });
    expect(users.isOnline(APP.id, 'slow')).toBe(false);
    users.arrive(APP.id, 'friend', { ...connection, id: '2.2' });
    expect(sent).toBe(last);
    expect(hub.counters.channels).toBe(0);
  });
});

describe('Connections that must be authorized', () => {
  it('are closed with 4009 when they are not in time; those that signed in or joined stay', async () => {
    const server = await startServer({ authorizationTimeout: 0.3 });
    const lazy = await RawClient.connect(server, 'public', 'cache-x');
    const [user, member, subscriber] = [
      await RawClient.connect(server),
      await RawClient.connect(server),
      await RawClient.connect(server),
    ];
    await signIn(user, { id: 'u1' });
    await joinAs(member, 'presence-x', { user_id: '1' });
    await join(subscriber, 'private-x');
    expect(await lazy.closed).toEqual({ code: 4009, reason: CLOSE.NOT_AUTHORIZED.reason });
    for (const client of [user, member, subscriber]) {
      expect(await client.settle()).toEqual([]);
      await client.close();
    }
    expect(server.hub.countSubscribers(APP.id, 'public')).toBe(0);
    await server.close();
  });
});
