import type { ChannelEvent } from '../../src/realtime/channel-events.js';
import { authFor, join, joinAs, signIn } from './support/authorize.js';
import { ChannelsNodes, type ChannelsNode } from './support/channels-nodes.js';
import { COUNTING_APP } from './support/channels-server.js';
import { eventually } from './support/eventually.js';
import { RawClient, type ConnectedClient } from './support/raw-client.js';
import { signed } from './support/signed-request.js';
import { openSilent } from './support/silent-client.js';

const ROOM = 'presence-room';

/** So soon that a test may wait for it. */
const SOON = 3_000;

describe('Servers whose channels are the same', () => {
  const nodes = new ChannelsNodes();
  let clients: ConnectedClient[] = [];
  const connect = async (node: ChannelsNode, ...channels: string[]) => {
    const client = await RawClient.connect(node.server, ...channels);
    clients.push(client);
    return client;
  };
  const publish = (node: ChannelsNode, event: object) =>
    signed(node.server, 'POST', '/apps/3/events', { name: 'news', data: '"x"', ...event });
  const ask = async (node: ChannelsNode, path: string, info?: string) => {
    const parameters: Record<string, string> = info === undefined ? {} : { info };
    return JSON.parse((await signed(node.server, 'GET', path, undefined, { parameters })).body) as unknown;
  };
  const members = async (node: ChannelsNode) => {
    const { users } = (await ask(node, `/apps/3/channels/${ROOM}/users`)) as { users: { id: string }[] };
    return users.map(({ id }) => id).sort();
  };
  const subscribers = async (node: ChannelsNode, channel: string) =>
    ((await ask(node, `/apps/3/channels/${channel}`, 'subscription_count')) as { subscription_count: number })
      .subscription_count;
  /** Polls both at once. */
  const come = async <T>(look: () => Promise<T>, expected: T) => {
    const end = Date.now() + 20_000;
    for (;;) {
      const found = await look();
      if (JSON.stringify(found) === JSON.stringify(expected) || Date.now() > end) {
        expect(found).toEqual(expected);
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const eventsOf = (client: RawClient) =>
    client.received.map((text) => JSON.parse(text) as { event: string; data: unknown }).map(({ event }) => event);
  const count = (client: RawClient, event: string) => eventsOf(client).filter((name) => name === event).length;
  const namesTold = (node: ChannelsNode) =>
    node.server.told.map(
      (event: ChannelEvent) => `${event.name} ${'user_id' in event ? event.user_id : event.channel}`,
    );

  afterEach(async () => {
    for (const client of clients) client.webSocket.terminate();
    clients = [];
    await nodes.stopAll();
  });

  it('publish to the subscribers of all, each once, without the one who is left out', async () => {
    const [one, two, three] = [await nodes.start(), await nodes.start(), await nodes.start()];
    const all = [await connect(one, 'news'), await connect(two, 'news'), await connect(three, 'news')];
    const except = all[1]!;
    await publish(one, { channel: 'news', socket_id: except.socketId });
    await publish(three, { channel: 'news', name: 'last' });
    for (const client of all) await eventually(() => count(client, 'last') === 1, 'all have heard the last');
    expect(all.map((client) => count(client, 'news'))).toEqual([1, 0, 1]);
  });

  it('do the same by the endpoints that Pusher has deprecated', async () => {
    const [one, two] = [await nodes.start(), await nodes.start()];
    const all = [await connect(one, 'news'), await connect(two, 'news')];
    const parameters = { name: 'old' };
    await signed(one.server, 'POST', '/apps/3/channels/news/events', '"x"', { parameters });
    for (const client of all) await eventually(() => count(client, 'old') === 1, 'all have heard it');
    const stats = () => ask(one, '/apps/3/channels/news/stats');
    await come(stats, { occupied: true, connection_count: 2 });
  });

  it('pass on what is published to one that stops, when it has nobody any more', async () => {
    const [one, two] = [await nodes.start(30_000, { shutdownGrace: 60 }), await nodes.start()];
    const there = await connect(two, 'news');
    const silent = await openSilent(one.server);
    await publish(one, { channel: 'news', name: 'first' });
    await eventually(() => count(there, 'first') === 1, 'they know each other');
    const stopped = nodes.stop(one);
    await eventually(() => one.server.connections.haveLeft, 'all have been sent away');
    expect(await publish(one, { channel: 'news', name: 'last' })).toMatchObject({ status: 200 });
    await eventually(() => count(there, 'last') === 1, 'it has come');
    silent.socket.destroy();
    await stopped;
  });

  it('pass on what clients say to those on the others, with who said it', async () => {
    const [one, two] = [await nodes.start(), await nodes.start()];
    const [ann, bob] = [await connect(one), await connect(two)];
    await joinAs(ann, ROOM, { user_id: 'ann' });
    await joinAs(bob, ROOM, { user_id: 'bob' });
    ann.say({ event: 'client-hi', channel: ROOM, data: { n: 1 } });
    await eventually(() => count(bob, 'client-hi') === 1, 'it has come');
    expect(bob.received.at(-1)).toBe(`{"event":"client-hi","channel":"${ROOM}","data":{"n":1},"user_id":"ann"}`);
    await ann.settle();
    expect(count(ann, 'client-hi')).toBe(0);
  });

  it('keep the last event of a cache channel on all', async () => {
    const [one, two] = [await nodes.start(), await nodes.start()];
    const there = await connect(two, 'news');
    await publish(one, { channel: 'cache-news' });
    await publish(one, { channel: 'news' });
    await eventually(() => count(there, 'news') === 1, 'the second has come');
    const late = await connect(two, 'cache-news');
    await late.settle();
    expect(eventsOf(late)).toContain('news');
    expect(eventsOf(late)).not.toContain('pusher:cache_miss');
  });

  it('have the same members, a user of several servers once, and tell of each who comes and goes once', async () => {
    const [one, two] = [await nodes.start(), await nodes.start()];
    const [ann, bob] = [await connect(one), await connect(two)];
    await joinAs(ann, ROOM, { user_id: 'ann', user_info: { n: 1 } });
    await come(() => members(two), ['ann']);
    expect(await joinAs(bob, ROOM, { user_id: 'bob' })).toContain('\\"ann\\":{\\"n\\":1}');
    await eventually(() => count(ann, 'pusher_internal:member_added') === 1, 'ann hears of bob');
    const tab = await connect(two);
    await joinAs(tab, ROOM, { user_id: 'ann', user_info: { n: 2 } });
    // The first server has heard of her second tab; till then the end of the first one is her end there.
    await come(async () => {
      const probe = await RawClient.connect(one.server);
      const description = await joinAs(probe, ROOM, { user_id: 'bob' });
      await probe.close();
      return description.includes('\\"n\\":2');
    }, true);
    await come(() => members(one), ['ann', 'bob']);
    ann.webSocket.terminate();
    await eventually(() => one.server.hub.counters.connections === 0, 'her first tab is gone');
    await come(() => members(one), ['ann', 'bob']);
    tab.webSocket.terminate();
    await eventually(() => count(bob, 'pusher_internal:member_removed') === 1, 'bob hears of her end');
    await come(() => members(one), ['bob']);
    await come(() => members(two), ['bob']);
    expect(count(bob, 'pusher_internal:member_added')).toBe(0);
    expect(namesTold(one)).toEqual([
      `channel_occupied ${ROOM}`,
      'member_added ann',
      'member_added bob',
      'member_removed ann',
    ]);
    expect(namesTold(two)).toEqual([]);
  });

  it('count and list the channels of all', async () => {
    const [one, two] = [await nodes.start(), await nodes.start()];
    await connect(one, 'news');
    const other = await connect(two, 'news', 'sport');
    for (const node of [one, two]) {
      await come(() => subscribers(node, 'news'), 2);
      await come(
        async () => Object.keys(((await ask(node, '/apps/3/channels')) as { channels: object }).channels).sort(),
        ['news', 'sport'],
      );
    }
    other.webSocket.terminate();
    for (const node of [one, two]) {
      await come(() => subscribers(node, 'news'), 1);
      await come(() => ask(node, '/apps/3/channels/sport'), { occupied: false });
    }
    expect(namesTold(one).sort()).toEqual(['channel_occupied news', 'channel_occupied sport', 'channel_vacated sport']);
    expect(namesTold(two)).toEqual([]);
  });

  it('tell subscribers how many there are on all', async () => {
    const [one, two] = [await nodes.start(), await nodes.start()];
    const first = await RawClient.connectTo(COUNTING_APP.key, one.server, 'news');
    const second = await RawClient.connectTo(COUNTING_APP.key, two.server, 'news');
    clients.push(first, second);
    const told = JSON.stringify({ subscription_count: 2 });
    for (const client of [first, second]) {
      await eventually(() => client.received.some((text) => text.includes(JSON.stringify(told))), 'both are counted');
    }
  });

  it('end the connections of a user on all, and tell who watches them', async () => {
    const [one, two] = [await nodes.start(), await nodes.start()];
    const [watcher, ann] = [await connect(one), await connect(two)];
    await signIn(watcher, { id: 'w', watchlist: ['ann'] });
    await signIn(ann, { id: 'ann' });
    const said = (word: string) => watcher.received.filter((text) => text.includes(`\\"name\\":\\"${word}\\"`)).length;
    await eventually(() => said('online') === 1, 'she is online');
    const late = await connect(one);
    await signIn(late, { id: 'late', watchlist: ['ann'] });
    expect(await late.next()).toContain('online');
    await publish(one, { channel: '#server-to-user-ann' });
    await eventually(() => count(ann, 'news') === 1, 'it has come to her');
    const { status } = await signed(one.server, 'POST', '/apps/3/users/ann/terminate_connections', {});
    expect([status, (await ann.closed).code]).toEqual([200, 4009]);
    await eventually(() => said('offline') === 2, 'she is offline');
    expect([said('online'), await ask(two, '/apps/3/channels')]).toEqual([1, { channels: {} }]);
  });

  it('tell one that comes later everything there is', async () => {
    const one = await nodes.start();
    const ann = await connect(one, 'news');
    await joinAs(ann, ROOM, { user_id: 'ann' });
    const two = await nodes.start();
    await come(() => members(two), ['ann']);
    await come(() => subscribers(two, 'news'), 1);
    expect(namesTold(two)).toEqual([]);
    expect(namesTold(one)).toEqual(['channel_occupied news', `channel_occupied ${ROOM}`, 'member_added ann']);
  });

  it('forget one that stops at once, and one that has died after its time', async () => {
    const [one, two, three] = [await nodes.start(SOON), await nodes.start(SOON), await nodes.start(SOON)];
    const [watcher, ann, bob] = [await connect(one), await connect(two), await connect(three, 'sport')];
    await joinAs(watcher, ROOM, { user_id: 'w' });
    await joinAs(ann, ROOM, { user_id: 'ann' });
    await joinAs(bob, ROOM, { user_id: 'bob' });
    await come(() => members(one), ['ann', 'bob', 'w']);
    await nodes.stop(two);
    await come(() => members(one), ['bob', 'w']);
    three.isSilent = true;
    await come(() => members(one), ['w']);
    expect(await ask(one, '/apps/3/channels/sport')).toEqual({ occupied: false });
    expect(count(watcher, 'pusher_internal:member_removed')).toBe(2);
    expect(namesTold(one).slice(-3).sort()).toEqual([
      'channel_vacated sport',
      'member_removed ann',
      'member_removed bob',
    ]);
    three.isSilent = false;
    await come(() => members(one), ['bob', 'w']);
    await come(() => members(three), ['bob', 'w']);
  });

  it('notice what was lost on the way, and catch up', async () => {
    const [one, two] = [await nodes.start(), await nodes.start()];
    const ann = await connect(two, 'news');
    await come(() => subscribers(one, 'news'), 1);
    two.isSilent = true;
    await joinAs(ann, ROOM, { user_id: 'ann' });
    ann.say({ event: 'pusher:unsubscribe', data: { channel: 'news' } });
    await ann.settle();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await members(one)).toEqual([]);
    two.isSilent = false;
    await come(() => members(one), ['ann']);
    await come(() => subscribers(one, 'news'), 0);
  });

  it('count the others as they were while there is no way to them, and make it good afterwards', async () => {
    const [one, two] = [await nodes.start(SOON), await nodes.start(SOON)];
    const [watcher, ann, bob] = [await connect(one), await connect(two), await connect(two)];
    await joinAs(watcher, ROOM, { user_id: 'w' });
    await joinAs(ann, ROOM, { user_id: 'ann' });
    await come(() => members(one), ['ann', 'w']);
    for (const node of [one, two]) node.cutOff();
    await joinAs(bob, ROOM, { user_id: 'bob' });
    const end = performance.now() + 1.5 * SOON;
    await eventually(() => performance.now() > end, 'longer than the silence of a dead one');
    expect(await members(one)).toEqual(['ann', 'w']);
    expect(count(watcher, 'pusher_internal:member_removed')).toBe(0);
    for (const node of [one, two]) node.comeBack();
    await come(() => members(one), ['ann', 'bob', 'w']);
    expect(count(watcher, 'pusher_internal:member_added')).toBe(2);
  });

  it('let a private channel be joined on each with the same signature rules', async () => {
    const [one, two] = [await nodes.start(), await nodes.start()];
    const [ann, bob] = [await connect(one), await connect(two)];
    expect(await join(ann, 'private-a')).toContain('subscription_succeeded');
    bob.say({
      event: 'pusher:subscribe',
      data: { auth: authFor(`${ann.socketId}:private-a`), channel: 'private-a' },
    });
    expect(await bob.next()).toContain('subscription_error');
  });
});
