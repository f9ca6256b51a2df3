import { APP, startServer, type ChannelsServer } from './support/channels-server.js';
import { eventually } from './support/eventually.js';
import { happening, pusherJs, pusherServer, type Client } from './support/pusher-clients.js';

describe('The stock pusher-js and pusher libraries', () => {
  let server: ChannelsServer;
  const clients: Client[] = [];
  const client = (...rest: [key?: string, options?: Parameters<typeof pusherJs>[2]]): Client => {
    const made = pusherJs(server, ...rest);
    clients.push(made);
    return made;
  };
  beforeEach(async () => (server = await startServer()));
  afterEach(async () => {
    for (const made of clients.splice(0)) made.disconnect();
    await server.close();
  });

  it('connect, subscribe, receive what was triggered, and unsubscribe', async () => {
    const pusher = client();
    const channel = pusher.subscribe('my-channel');
    await happening(channel, 'pusher:subscription_succeeded');
    expect(pusher.connection.socket_id).toMatch(/^\d+\.\d+$/);

    const event = happening(channel, 'my-event');
    const response = await pusherServer(server).trigger('my-channel', 'my-event', { hello: 'wörld' });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('{}');
    expect(await event).toEqual({ hello: 'wörld' });

    pusher.unsubscribe('my-channel');
    await eventually(() => server.hub.countSubscribers(APP.id, 'my-channel') === 0, 'the channel is vacant');
  });

  it('deliver a trigger on several channels once for each, in order, but not to the excluded socket', async () => {
    const [sender, other] = [client(), client()];
    const heard = { sender: [] as unknown[], other: [] as unknown[] };
    for (const [name, who] of [
      ['sender', sender],
      ['other', other],
    ] as const) {
      for (const channel of ['a', 'b']) {
        await happening(who.subscribe(channel), 'pusher:subscription_succeeded');
      }
      who.bind('note', (data: unknown) => heard[name].push(data));
    }
    const backend = pusherServer(server);
    await backend.trigger(['a', 'b', 'a'], 'note', 1, { socket_id: sender.connection.socket_id });
    await backend.trigger('b', 'note', 2);
    await eventually(() => heard.other.length === 3 && heard.sender.length === 1, 'everybody heard');
    expect(heard).toEqual({ sender: [2], other: [1, 1, 2] });
  });

  it('send batches', async () => {
    const channel = client().subscribe('batched');
    await happening(channel, 'pusher:subscription_succeeded');
    const heard: unknown[] = [];
    channel.bind_global((event: string, data: unknown) => heard.push([event, data]));
    const response = await pusherServer(server).triggerBatch([
      { channel: 'batched', name: 'one', data: { n: 1 } },
      { channel: 'batched', name: 'two', data: { n: 2 } },
    ]);
    expect(await response.text()).toBe('{}');
    await eventually(() => heard.length === 2, 'both came');
    expect(heard).toEqual([
      ['one', { n: 1 }],
      ['two', { n: 2 }],
    ]);
  });

  it('ask about channels', async () => {
    await happening(client().subscribe('occupied'), 'pusher:subscription_succeeded');
    const backend = pusherServer(server);
    const all = await backend.get({ path: '/channels', params: { info: 'subscription_count' } });
    expect(await all.json()).toEqual({ channels: { occupied: { subscription_count: 1 } } });
    const one = await backend.get({ path: '/channels/occupied', params: { info: 'subscription_count' } });
    expect(await one.json()).toEqual({ occupied: true, subscription_count: 1 });
  });

  it('tell a wrong secret by a 401 and an event too large by a 413', async () => {
    await expect(pusherServer(server, 'wrong').trigger('a', 'e', {})).rejects.toMatchObject({ status: 401 });
    await expect(pusherServer(server).trigger('a', 'e', 'x'.repeat(10_241))).rejects.toMatchObject({ status: 413 });
    expect((await pusherServer(server).trigger('a', 'e', 'x'.repeat(10_240))).status).toBe(200);
  });

  it('stay connected by pinging when nothing arrives', async () => {
    const pusher = client(APP.key, { activityTimeout: 100, pongTimeout: 2000 });
    await happening(pusher.connection, 'connected');
    const socketId = pusher.connection.socket_id;
    const before = server.hub.counters.messagesIn;
    await eventually(() => server.hub.counters.messagesIn >= before + 3, 'three pings came');
    expect(pusher.connection.state).toBe('connected');
    expect(pusher.connection.socket_id).toBe(socketId);
  });

  it('learn of a refused subscription', async () => {
    const pusher = client(APP.key, {
      channelAuthorization: {
        transport: 'ajax',
        endpoint: '',
        customHandler: (_, answer) => answer(null, { auth: `${APP.key}:${'0'.repeat(64)}` }),
      },
    });
    const refusal = await happening(pusher.subscribe('private-x'), 'pusher:subscription_error');
    expect(refusal).toMatchObject({ type: 'AuthError', status: 401 });
  });

  it('give up at an unknown key', async () => {
    const pusher = client('nobodys-key');
    const error = await happening(pusher.connection, 'error');
    expect(error).toMatchObject({ error: { data: { code: 4001 } } });
    await eventually(() => pusher.connection.state === 'disconnected', 'it gave up');
  });

  it('come back by themselves, with their subscriptions and another socket id, after a quick restart', async () => {
    const pusher = client();
    await happening(pusher.subscribe('kept'), 'pusher:subscription_succeeded');
    const socketId = pusher.connection.socket_id;
    const again = happening(pusher.connection, 'connected');
    await server.close();
    server = await startServer({}, server.port);
    await again;
    await eventually(() => server.hub.countSubscribers(APP.id, 'kept') === 1, 'it subscribed again');
    expect(pusher.connection.socket_id).not.toBe(socketId);
  });
});
