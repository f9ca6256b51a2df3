import { ChangeFeed } from '../../src/changes/change-feed.js';
import { ListenerKinds, UndeliverableChange, type ChangeListener } from '../../src/changes/change-listener.js';
import { makeConfiguredListeners } from '../../src/changes/configured-listeners.js';
import type { CommittedChange } from '../../src/changes/resource-change.js';
import { pusherListener } from '../../src/listeners/pusher/pusher.listener.js';
import { SettingSource } from '../../src/settings/settings.js';
import type { SqliteStorage } from '../../src/storage/sqlite/sqlite-storage.js';
import { APP, startServer } from '../realtime/support/channels-server.js';
import { RawClient } from '../realtime/support/raw-client.js';
import { ChangeWriter, TASKS } from '../support/change-writer.js';
import { committedChange, impacted } from '../support/committed-change.js';
import { FakePusherHost } from '../support/fake-pusher-host.js';
import { RecordingLog } from '../support/recording-log.js';
import { TemporaryStorage } from '../support/temporary-storage.js';

const PATIENCE = { firstWait: 1, longestWait: 4, closeGrace: 100 };

function registeredListener(port: number, ...lines: string[]) {
  const text = [
    ...['[app:main]', 'kinto.event_listeners = pusher', 'pusher.host = 127.0.0.1', `pusher.port = ${port}`],
    ...[`pusher.app_id = ${APP.id}`, `pusher.key = ${APP.key}`, `pusher.secret = ${APP.secret}`, ...lines],
  ];
  const kinds = new ListenerKinds();
  kinds.add('pusher', pusherListener);
  return makeConfiguredListeners(SettingSource.fromText(text.join('\n')), kinds)[0]!;
}

function changesOf(count: number): CommittedChange[] {
  return Array.from({ length: count }, (_, index) =>
    committedChange({ id: `change:${index}`, impacted: [impacted(`r${index}`)] }),
  );
}

function idIn(data: string): string | undefined {
  return /"id":"(\w+)"/.exec(data)?.[1];
}

describe('The pusher listener, told several changes at once,', () => {
  let host: FakePusherHost;
  let listener: ChangeListener;
  const listen = (...lines: string[]) => (listener = registeredListener(host.port, ...lines).listener);
  const tellAll = (changes: readonly CommittedChange[], cutOff = new AbortController().signal) =>
    listener.afterCommits!(changes, cutOff);
  const ids = () => host.events.map(({ data }) => idIn(data));

  beforeEach(async () => {
    host = await FakePusherHost.open(APP);
    listen();
  });
  afterEach(async () => {
    await listener.close?.();
    await host.close();
  });

  it('takes ten of them, or as many as it is set to', () => {
    expect(listener.batchSize).toBe(10);
    expect(listen('pusher.batch = 3').batchSize).toBe(3);
  });

  it('puts them into one request, each on its channel, in order', async () => {
    const [first, second] = changesOf(2);
    const deleted = committedChange({ action: 'delete', parentId: '/buckets/home/collections/notes' });
    await tellAll([first!, deleted, second!]);
    expect(host.events).toEqual([
      { name: 'create', channels: ['home-tasks-record'], data: '[{"new":{"id":"r0"}}]' },
      { name: 'delete', channels: ['home-notes-record'], data: '[{"new":{"id":"r1"}}]' },
      { name: 'create', channels: ['home-tasks-record'], data: '[{"new":{"id":"r1"}}]' },
    ]);
    expect(host.requests).toEqual([3]);
    expect(host.urls[0]).toContain('/batch_events?');
  });

  it('fills its requests across changes when these have several events', async () => {
    listen('event_listeners.pusher.channel = {record_id}');
    const objects = Array.from({ length: 17 }, (_, index) => impacted(`m${index}`));
    const [first, last] = changesOf(2);
    await tellAll([first!, committedChange({ id: 'many', impacted: objects }), last!]);
    expect(host.requests).toEqual([10, 9]);
    expect(ids()).toEqual(['r0', ...objects.map(({ id }) => id), 'r1']);
  });

  it.each([
    ['object', ['{"id":"r1"}', '{"id":"r2"}'] as unknown[]],
    ['change', [/^\{"position":"e.1.0000".*"data":\{"id":"r1"\}\}$/, /"data":\{"id":"r2"\}\}$/] as unknown[]],
  ])('sends one event an object when its payload is %s, alone and together', async (payload, expected) => {
    listen(`event_listeners.pusher.payload = ${payload}`);
    const change = committedChange({ impacted: [impacted('r1'), impacted('r2')] });
    await listener.afterCommit(change);
    await tellAll([change, change]);
    expect(host.requests).toEqual([1, 1, 4]);
    const matching = expected.map((text) => (text instanceof RegExp ? (expect.stringMatching(text) as unknown) : text));
    expect(host.events.map(({ data }) => data)).toEqual([...matching, ...matching, ...matching]);
  });

  it('replaces what is too large, object by object', async () => {
    listen('event_listeners.pusher.payload = object', 'pusher.max_event_bytes = 1024');
    const large = impacted('r1', JSON.stringify({ id: 'r1', text: 'x'.repeat(2000) }));
    await tellAll([committedChange({ impacted: [large, impacted('r2')] }), committedChange()]);
    expect(host.events.map(({ data }) => data.startsWith('{"too_large":true'))).toEqual([true, false, false]);
  });

  it('has nothing to ask for when no change has a channel', async () => {
    await tellAll([committedChange({ resourceName: 'bucket', parentId: '' })]);
    expect(host.urls).toEqual([]);
  });

  it('does not go on after a request that fails, nor once the feed has given up', async () => {
    listen('event_listeners.pusher.channel = {record_id}', 'pusher.batch = 2');
    host.answers.push({ status: 503, body: 'Busy' });
    await expect(tellAll(changesOf(4))).rejects.toThrow('answered 503: Busy');
    await expect(tellAll(changesOf(4), AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
    expect(ids()).toEqual(['r0', 'r1']);
  });

  it('can tell them one by one after a request that one of them made the server refuse', async () => {
    host.answers.push({ status: 413, body: 'Too large' });
    await expect(tellAll(changesOf(2))).rejects.toBeInstanceOf(UndeliverableChange);
    for (const change of changesOf(2)) await listener.afterCommit(change);
    expect(ids()).toEqual(['r0', 'r1']);
  });
});

describe('The pusher listener behind the feed, with many changes,', () => {
  const temporary = new TemporaryStorage();
  const log = new RecordingLog();
  let storage: SqliteStorage;
  let feed: ChangeFeed;

  beforeEach(async () => {
    storage = await temporary.open();
    feed = new ChangeFeed(storage, log, PATIENCE);
    log.lines.splice(0);
  });
  afterEach(() => feed.close());
  afterAll(() => temporary.remove());

  it('announces them in order to a real channels server, ten in a request', async () => {
    const server = await startServer();
    const client = await RawClient.connect(server, 'home-tasks-record');
    try {
      await feed.open([registeredListener(server.port)]);
      const ids = Array.from({ length: 250 }, (_, index) => `r${index}`);
      await new ChangeWriter(storage).createAll(TASKS, ids);
      await feed.settled();
      const told = (await client.settle()).map((text) => JSON.parse(text) as { event: string; data: string });
      expect(told.map(({ event, data }) => `${event} ${idIn(data)}`)).toEqual(ids.map((id) => `create ${id}`));
    } finally {
      await feed.close();
      await client.close();
      await server.close();
    }
  });

  it('loses only the one that the server refuses', async () => {
    const host = await FakePusherHost.open(APP);
    try {
      host.maxEventBytes = 1000;
      const registered = registeredListener(host.port);
      await feed.open([registered]);
      await new ChangeWriter(storage).request(async (steps) => steps.create(TASKS, 'first'));
      const writer = new ChangeWriter(storage);
      const ids = Array.from({ length: 30 }, (_, index) => `r${index}`);
      await Promise.all(ids.map((id) => writer.create(TASKS, id, { text: 'x'.repeat(id === 'r15' ? 2000 : 10) })));
      await feed.settled();
      const told = [...new Set(host.events.map(({ data }) => idIn(data)))];
      expect(told).toEqual(['first', ...ids.filter((id) => id !== 'r15')]);
      expect(registered.stats.undeliverable).toBe(1);
      expect(Math.max(...host.requests)).toBe(10);
    } finally {
      await feed.close();
      await host.close();
    }
  });
});
