import { joinAs } from './support/authorize.js';
import { APP, startServer, type ChannelsServer } from './support/channels-server.js';
import { eventually } from './support/eventually.js';
import { RawClient, type ConnectedClient } from './support/raw-client.js';

const ROOM = 'presence-room';

describe('Members that come back, with a delay before others hear of their going', () => {
  let server: ChannelsServer;
  let watcher: ConnectedClient;
  afterEach(async () => {
    if (watcher.webSocket.readyState === watcher.webSocket.OPEN) await watcher.close();
    await server.close();
  });

  async function start(memberRemovedDelay: number): Promise<void> {
    server = await startServer({ memberRemovedDelay });
    watcher = await RawClient.connect(server);
    await joinAs(watcher, ROOM, { user_id: 'w' });
  }

  async function come(): Promise<ConnectedClient> {
    const client = await RawClient.connect(server);
    expect(await joinAs(client, ROOM, { user_id: 'u' })).toContain('\\"ids\\":[\\"w\\",\\"u\\"]');
    return client;
  }

  const isAlone = () => server.hub.countSubscribers(APP.id, ROOM) === 1;

  it('are not missed when they are quick', async () => {
    await start(60);
    const first = await come();
    expect(await watcher.next()).toContain('member_added');
    first.webSocket.terminate();
    await eventually(isAlone, 'the connection is gone');
    const second = await come();
    expect(await watcher.settle()).toEqual([]);
    expect(server.told.filter(({ name }) => name.startsWith('member_')).map(({ name }) => name)).toEqual([
      'member_added',
      'member_added',
    ]);
    await second.close();
  });

  it('are removed when they stay away', async () => {
    await start(1);
    const client = await come();
    await watcher.next();
    client.webSocket.terminate();
    expect(await watcher.next()).toContain('member_removed');
    expect(server.told.at(-1)).toEqual({ name: 'member_removed', channel: ROOM, user_id: 'u' });
  });

  it('are removed at once when they have said that they go', async () => {
    await start(60);
    const client = await come();
    await watcher.next();
    client.say({ event: 'pusher:unsubscribe', data: { channel: ROOM } });
    expect(await watcher.next()).toContain('member_removed');
    await client.close();
  });

  it('leave nothing behind when nobody else is there', async () => {
    await start(60);
    watcher.webSocket.terminate();
    await eventually(() => server.hub.counters.channels === 0, 'the channel is vacant');
    expect(server.told.map(({ name }) => name)).toContain('member_removed');
    const client = await RawClient.connect(server);
    expect(await joinAs(client, ROOM, { user_id: 'u' })).toContain('\\"ids\\":[\\"u\\"]');
    await client.close();
  });
});
