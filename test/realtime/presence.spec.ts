import { Presence } from '../../src/realtime/presence.js';
import { authFor, joinAs, signIn } from './support/authorize.js';
import { APP, startServer, type ChannelsServer } from './support/channels-server.js';
import { eventually } from './support/eventually.js';
import { RawClient, type ConnectedClient } from './support/raw-client.js';

const ROOM = 'presence-room';

describe('Presence channels', () => {
  let server: ChannelsServer;
  const clients: ConnectedClient[] = [];
  const connect = async () => {
    const client = await RawClient.connect(server);
    clients.push(client);
    return client;
  };
  beforeEach(async () => (server = await startServer({ maxPresenceMembers: 3 })));
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await eventually(() => server.hub.counters.channels === 0, 'nothing is left');
    await server.close();
  });

  const leave = (client: RawClient, channel = ROOM) => client.say({ event: 'pusher:unsubscribe', data: { channel } });
  const presenceIn = (answer: string): unknown =>
    (JSON.parse((JSON.parse(answer) as { data: string }).data) as { presence: unknown }).presence;

  it('tell who joins of everybody, who joins included, and the others of who joins', async () => {
    const [seven, eight] = [await connect(), await connect()];
    expect(await joinAs(seven, ROOM, { user_id: '7' })).toBe(
      '{"event":"pusher_internal:subscription_succeeded","channel":"presence-room","data":"{\\"presence\\":{\\"count\\":1,\\"ids\\":[\\"7\\"],\\"hash\\":{\\"7\\":null}}}"}',
    );
    expect(await joinAs(eight, ROOM, { user_id: '8', user_info: { name: 'Ann' } })).toBe(
      '{"event":"pusher_internal:subscription_succeeded","channel":"presence-room","data":"{\\"presence\\":{\\"count\\":2,\\"ids\\":[\\"7\\",\\"8\\"],\\"hash\\":{\\"7\\":null,\\"8\\":{\\"name\\":\\"Ann\\"}}}}"}',
    );
    expect(await seven.next()).toBe(
      '{"event":"pusher_internal:member_added","channel":"presence-room","data":"{\\"user_id\\":\\"8\\",\\"user_info\\":{\\"name\\":\\"Ann\\"}}"}',
    );
    expect(await eight.settle()).toEqual([]);
    leave(eight);
    expect(await seven.next()).toBe(
      '{"event":"pusher_internal:member_removed","channel":"presence-room","data":"{\\"user_id\\":\\"8\\"}"}',
    );
    expect(await eight.settle()).toEqual([]);
    expect(await seven.settle()).toEqual([]);
  });

  it('take several connections of a user for one member, until the last has gone', async () => {
    const [watcher, tab, otherTab] = [await connect(), await connect(), await connect()];
    await joinAs(watcher, ROOM, { user_id: 'w' });
    await joinAs(tab, ROOM, { user_id: 'u', user_info: { n: 1 } });
    expect(presenceIn(await joinAs(otherTab, ROOM, { user_id: 'u', user_info: { n: 2 } }))).toEqual({
      count: 2,
      ids: ['w', 'u'],
      hash: { w: null, u: { n: 2 } },
    });
    tab.webSocket.terminate();
    await eventually(() => server.hub.countSubscribers(APP.id, ROOM) === 2, 'the first tab is gone');
    expect(await watcher.settle()).toEqual([expect.stringContaining('member_added')]);
    otherTab.webSocket.terminate();
    expect(await watcher.next()).toContain('member_removed');
    expect(server.told).toEqual([
      { name: 'channel_occupied', channel: ROOM },
      { name: 'member_added', channel: ROOM, user_id: 'w' },
      { name: 'member_added', channel: ROOM, user_id: 'u' },
      { name: 'member_removed', channel: ROOM, user_id: 'u' },
    ]);
    leave(watcher);
    await watcher.settle();
    expect(server.told.slice(4)).toEqual([
      { name: 'member_removed', channel: ROOM, user_id: 'w' },
      { name: 'channel_vacated', channel: ROOM },
    ]);
  });

  it('know ids as texts, numbers too, and any text is an id', async () => {
    const [one, two, three] = [await connect(), await connect(), await connect()];
    await joinAs(one, ROOM, '{"user_id":12345678901234567890,"user_info":{"big":98765432109876543210}}');
    await joinAs(two, ROOM, { user_id: '__proto__', user_info: { a: 1 } });
    const answer = await joinAs(three, ROOM, { user_id: 'constructor' });
    expect((JSON.parse(answer) as { data: string }).data).toBe(
      '{"presence":{"count":3,"ids":["12345678901234567890","__proto__","constructor"],' +
        '"hash":{"12345678901234567890":{"big":98765432109876543210},"__proto__":{"a":1},"constructor":null}}}',
    );
  });

  it('have room for so many users, and for a further connection of one of them', async () => {
    const [a, b, c, d, again] = await Promise.all([connect(), connect(), connect(), connect(), connect()]);
    for (const [client, id] of [
      [a, 'a'],
      [b, 'b'],
      [c, 'c'],
    ] as const) {
      expect(await joinAs(client, ROOM, { user_id: id })).toContain('subscription_succeeded');
    }
    expect(JSON.parse(await joinAs(d, ROOM, { user_id: 'd' }))).toEqual({
      event: 'pusher:subscription_error',
      channel: ROOM,
      data: { type: 'LimitReached', status: 4100, error: 'A presence channel has room for 3 users.' },
    });
    expect(presenceIn(await joinAs(again, ROOM, { user_id: 'a' }))).toMatchObject({ count: 3 });
    leave(c);
    await c.settle();
    expect(await joinAs(d, ROOM, { user_id: 'd' })).toContain('subscription_succeeded');
  });

  it.each([
    ['no object', '[]', 'InvalidMember', 400],
    ['no JSON', 'hello', 'InvalidMember', 400],
    ['no user_id', '{}', 'InvalidMember', 400],
    ['an empty user_id', '{"user_id":""}', 'InvalidMember', 400],
    ['a user_id that is a list', '{"user_id":["a"]}', 'InvalidMember', 400],
    ['a user_id of 129 characters', JSON.stringify({ user_id: 'x'.repeat(129) }), 'InvalidMember', 400],
    ['too much user_info', JSON.stringify({ user_id: 'u', user_info: 'é'.repeat(512) }), 'LimitReached', 4301],
    [
      'user_info nested too deep',
      `{"user_id":"u","user_info":${'['.repeat(9000)}${']'.repeat(9000)}}`,
      'LimitReached',
      4301,
    ],
  ])('refuse channel data with %s, although they are signed', async (_, data, type, status) => {
    const client = await connect();
    expect(JSON.parse(await joinAs(client, ROOM, data))).toMatchObject({
      event: 'pusher:subscription_error',
      channel: ROOM,
      data: { type, status },
    });
    expect(server.told).toEqual([]);
  });

  it('look at the signature before they look at the data', async () => {
    const client = await connect();
    client.say({
      event: 'pusher:subscribe',
      data: { auth: `${APP.key}:0`, channel: ROOM, channel_data: '{"user_id":[]}' },
    });
    expect(await client.next()).toContain('Wrong signature');
    client.say({
      event: 'pusher:subscribe',
      data: { auth: `${APP.key}:0`, channel: ROOM, channel_data: { user_id: '1' } },
    });
    expect(await client.next()).toContain('"type":"AuthError"');
  });

  it('take 1,024 bytes of user_info', async () => {
    const client = await connect();
    expect(await joinAs(client, ROOM, { user_id: 'u', user_info: 'é'.repeat(511) })).toContain('succeeded');
  });

  it('take a signed-in connection without channel data for its user, and refuse one that is not signed in', async () => {
    const client = await connect();
    const subscribe = () =>
      client.say({ event: 'pusher:subscribe', data: { auth: authFor(`${client.socketId}:${ROOM}`), channel: ROOM } });
    subscribe();
    expect(await client.next()).toContain('"type":"AuthError"');
    await signIn(client, { id: 'u1', user_info: { name: 'Bo' } });
    subscribe();
    expect(presenceIn(await client.next())).toEqual({ count: 1, ids: ['u1'], hash: { u1: { name: 'Bo' } } });
  });

  it('count a member once when subscribes and unsubscribes come back to back', async () => {
    const [watcher, client] = [await connect(), await connect()];
    await joinAs(watcher, ROOM, { user_id: 'w' });
    const data = '{"user_id":"u"}';
    const auth = authFor(`${client.socketId}:${ROOM}:${data}`);
    for (let round = 0; round < 10; round += 1) {
      client.say({ event: 'pusher:subscribe', data: { auth, channel: ROOM, channel_data: data } });
      client.say({ event: 'pusher:subscribe', data: { auth, channel: ROOM, channel_data: data } });
      leave(client);
    }
    expect(await client.settle()).toHaveLength(20);
    const heard = await watcher.settle();
    expect(heard.map((text) => (JSON.parse(text) as { event: string }).event)).toEqual(
      Array.from({ length: 20 }, (_, n) => `pusher_internal:member_${n % 2 === 0 ? 'added' : 'removed'}`),
    );
  });

  it('keep apps and channels apart', () => {
    const presence = new Presence();
    const one = { id: '1.1', send: () => true };
    expect(presence.join('1', 'presence-a', one, { userId: 'u', info: undefined })).toBe(true);
    expect(presence.join('1', 'presence-b', one, { userId: 'u', info: undefined })).toBe(true);
    expect(presence.countUsers('2', 'presence-a')).toBe(0);
    expect(presence.leave('2', 'presence-a', one)).toBeUndefined();
    expect(presence.leave('1', 'presence-a', one)).toBe('u');
    expect(presence.leave('1', 'presence-a', one)).toBeUndefined();
    expect(presence.userIds('1', 'presence-b')).toEqual(['u']);
    expect(presence.describe('1', 'presence-a')).toBe('{"presence":{"count":0,"ids":[],"hash":{}}}');
  });
});
