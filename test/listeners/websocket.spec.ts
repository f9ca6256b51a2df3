import { ChangeFeed } from '../../src/changes/change-feed.js';
import type { CommittedChange } from '../../src/changes/resource-change.js';
import type { ChannelMessage } from '../../src/realtime/hub.js';
import { webSocketListener } from '../../src/listeners/websocket/websocket.listener.js';
import { WebSocketSettings } from '../../src/listeners/websocket/websocket.settings.js';
import { readSettings, SettingSource } from '../../src/settings/settings.js';
import { listenerContract, type Announcement } from '../contracts/listener.contract.js';
import { APP, startServer, type ChannelsServer } from '../realtime/support/channels-server.js';
import { RawClient } from '../realtime/support/raw-client.js';
import { ChangeWriter, TASKS } from '../support/change-writer.js';
import { committedChange, impacted } from '../support/committed-change.js';
import { registered } from '../support/fake-listener.js';
import { RecordingLog } from '../support/recording-log.js';
import { TemporaryStorage } from '../support/temporary-storage.js';

const DEFAULTS = readSettings(WebSocketSettings, SettingSource.fromText('[app:main]'));

listenerContract('websocket', async (channels) => {
  const server = await startServer();
  const client = await RawClient.connect(server, ...channels);
  const arrived: Announcement[] = [];
  return {
    definition: webSocketListener(server.hub, APP.id),
    ini: [],
    arrived: async () => {
      arrived.push(...(await client.settle()).map((text) => JSON.parse(text) as Announcement));
      return arrived;
    },
    close: async () => {
      await client.close();
      await server.close();
    },
  };
});

describe('The websocket listener', () => {
  it('does not touch the objects of a change that nobody is subscribed to', () => {
    const published: ChannelMessage[] = [];
    const hub = {
      isOccupied: (appId: string) => appId === '3',
      countSubscribers: (appId: string, channel: string) => (appId === '3' && channel === 'home-tasks-record' ? 1 : 0),
      publish: (_: string, message: ChannelMessage) => published.push(message),
      publishEach: () => 0,
      subscribersTo: () => [],
    };
    const listener = webSocketListener(hub, '3').create(DEFAULTS, { name: 'live', payload: 'kinto' });
    const unread = impacted('r1');
    Object.defineProperty(unread, 'newText', {
      get: () => {
        throw new Error('The payload was made for nobody');
      },
    });
    const told = (change: CommittedChange) => listener.afterCommit(change);
    expect(told(committedChange({ parentId: '/buckets/home/collections/empty', impacted: [unread] }))).toBeUndefined();
    expect(told(committedChange())).toBeUndefined();
    expect(published).toEqual([{ channel: 'home-tasks-record', event: 'create', data: '[{"new":{"id":"r1"}}]' }]);
  });

  it('keeps the last event of a public cache channel for who comes later', async () => {
    const server = await startServer();
    const settings = { ...DEFAULTS, channel: 'cache-{bucket_id}-{collection_id}' };
    const listener = webSocketListener(server.hub, APP.id).create(settings, { name: 'live', payload: 'kinto' });
    expect(listener.hasAudience?.()).toBe(true);
    await listener.afterCommit(committedChange());
    const client = await RawClient.connect(server, 'cache-home-tasks');
    expect(JSON.parse(await client.next())).toMatchObject({ event: 'create', data: '[{"new":{"id":"r1"}}]' });
    await client.close();
    await server.close();
  });

  describe('in a burst of writes', () => {
    const temporary = new TemporaryStorage();
    let server: ChannelsServer;
    beforeAll(async () => (server = await startServer()));
    afterAll(async () => {
      await server.close();
      await temporary.remove();
    });

    it.each([
      [20_000, 500],
      // Those of one group commit already are more than a subscriber's buffer holds.
      [1000, 20_000],
    ])('loses nothing of %d changes of %d bytes for a subscriber who keeps reading', async (count, bytes) => {
      const storage = await temporary.open();
      const client = await RawClient.connect(server, 'home-tasks-record');
      const feed = new ChangeFeed(storage, new RecordingLog());
      const listener = webSocketListener(server.hub, APP.id).create(DEFAULTS, { name: 'live', payload: 'kinto' });
      await feed.open([registered('live', listener)]);

      const writer = new ChangeWriter(storage);
      const text = 'x'.repeat(bytes);
      const ids = Array.from({ length: count }, (_, index) => `r${index}`);
      await Promise.all(ids.map((id) => writer.create(TASKS, id, { text })));
      await feed.settled();

      const announcements = (await client.settle()).map((message) => JSON.parse(message) as Announcement);
      const told = announcements.map(({ data }) => (JSON.parse(data) as [{ new: { id: string } }])[0].new.id);
      expect(server.hub.counters.slowReadersDropped).toBe(0);
      expect(told).toHaveLength(ids.length);
      expect(told).toEqual(ids);
      await client.close();
      await feed.close();
    });
  });
});
