import { APP } from './support/channels-server.js';
import { ChannelsNodes, type ChannelsNode } from './support/channels-nodes.js';
import { eventually } from './support/eventually.js';
import {
  authorizedBy,
  forgetCloseTimers,
  happening,
  pusherJs,
  pusherServer,
  type Client,
} from './support/pusher-clients.js';

/* The rows of pusher-protocol.md, 11, that speak of several servers, with pusher-js and the server library `pusher`. */

const ROOM = 'presence-room';

/** So soon that a test may wait for it, in ms. */
const GONE_AFTER = 3_000;

describe('The stock clients on several servers', () => {
  const nodes = new ChannelsNodes();
  const clients: Client[] = [];
  let rememberCloseTimers: () => void;
  let one: ChannelsNode;
  let two: ChannelsNode;
  beforeAll(() => (rememberCloseTimers = forgetCloseTimers()));
  afterAll(() => rememberCloseTimers());
  beforeEach(async () => {
    one = await nodes.start(GONE_AFTER);
    two = await nodes.start(GONE_AFTER);
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.disconnect();
    await nodes.stopAll();
  });

  const connect = async ({ server }: ChannelsNode, user?: { id: string; [field: string]: unknown }) => {
    const client = pusherJs(server, APP.key, user === undefined ? {} : authorizedBy(pusherServer(server), user));
    clients.push(client);
    await happening(client.connection, 'connected');
    return client;
  };
  const joined = async (client: Client, name: string) => {
    const channel = client.subscribe(name);
    await happening(channel, 'pusher:subscription_succeeded');
    return channel;
  };
  const heardBy = (channel: ReturnType<Client['subscribe']>, event: string) => {
    const heard: unknown[] = [];
    channel.bind(event, (data: unknown) => heard.push(data));
    return heard;
  };

  it('row 5: members of a server that dies are removed, and only those', async () => {
    const room = (await joined(await connect(one, { id: 'ann' }), ROOM)) as ReturnType<Client['subscribe']> & {
      members: { count: number };
    };
    const added = heardBy(room, 'pusher:member_added');
    const removed = heardBy(room, 'pusher:member_removed');
    await joined(await connect(two, { id: 'bob', user_info: { name: 'Bob' } }), ROOM);
    await joined(await connect(two, { id: 'ann' }), ROOM);
    await eventually(() => room.members.count === 2, 'both are there');
    two.isSilent = true;
    await eventually(() => removed.length === 1, 'bob is gone');
    expect([added.length, removed, room.members.count]).toMatchObject([1, [{ id: 'bob' }], 1]);
  });

  it('row 6: the one who caused an event is left out of it, on whichever server they are', async () => {
    const [author, other] = [await connect(two), await connect(two)];
    const [own, others] = [await joined(author, 'news'), await joined(other, 'news')];
    const [heardByAuthor, heardByOther] = [heardBy(own, 'e'), heardBy(others, 'e')];
    const backend = pusherServer(one.server);
    await backend.trigger('news', 'e', { n: 1 }, { socket_id: author.connection.socket_id });
    await backend.trigger('news', 'e', { n: 2 }, { socket_id: '1.1' });
    await eventually(() => heardByOther.length === 2 && heardByAuthor.length === 1, 'the events have come');
    expect([heardByAuthor, heardByOther]).toEqual([[{ n: 2 }], [{ n: 1 }, { n: 2 }]]);
  });

  it('row 8: a user is reached, and ended, on every server', async () => {
    const signedIn = [await connect(one, { id: 'ann' }), await connect(two, { id: 'ann' })];
    for (const client of signedIn) client.signin();
    await Promise.all(signedIn.map(({ user }) => user.signinDonePromise));
    const heard: unknown[] = [];
    for (const client of signedIn) client.user.bind('hello', (data: unknown) => heard.push(data));
    const backend = pusherServer(one.server);
    await eventually(() => signedIn.every(({ user }) => user.serverToUserChannel?.subscribed === true), 'signed in');
    await backend.sendToUser('ann', 'hello', { n: 1 });
    await eventually(() => heard.length === 2, 'both have heard');
    const ends = signedIn.map(({ connection }) => happening(connection, 'error'));
    await backend.terminateUserConnections('ann');
    expect(await Promise.all(ends)).toMatchObject([{ data: { code: 4009 } }, { data: { code: 4009 } }]);
  });
});
