import { ChangeFeed } from '../../src/changes/change-feed.js';
import { ListenerKinds, type ListenerDefinition } from '../../src/changes/change-listener.js';
import { makeConfiguredListeners } from '../../src/changes/configured-listeners.js';
import { SettingSource } from '../../src/settings/settings.js';
import type { SqliteStorage } from '../../src/storage/sqlite/sqlite-storage.js';
import { BUCKETS, ChangeWriter, TASKS } from '../support/change-writer.js';
import { RecordingLog } from '../support/recording-log.js';
import { TemporaryStorage } from '../support/temporary-storage.js';

export interface Announcement {
  readonly channel: string;
  readonly event: string;
  /** The payload as it arrived: JSON text. */
  readonly data: string;
}

/** Where a listener announces, ready to receive on the channels the test asked for. */
export interface ListenerWorld {
  readonly definition: ListenerDefinition;
  /** Lines of the INI file that the kind needs. */
  readonly ini: readonly string[];
  /** Everything that has arrived since the start, once nothing is under way any more. */
  arrived(): Promise<Announcement[]>;
  close(): Promise<void>;
}

/** What every listener that announces changes on channels must do, from the settings to whoever hears it. */
export function listenerContract(kind: string, openWorld: (channels: readonly string[]) => Promise<ListenerWorld>) {
  describe(`The ${kind} listener, like any other,`, () => {
    const log = new RecordingLog();
    const temporary = new TemporaryStorage();
    let storage: SqliteStorage;
    let writer: ChangeWriter;
    let world: ListenerWorld;
    let feed: ChangeFeed;

    beforeEach(async () => {
      storage = await temporary.open();
      writer = new ChangeWriter(storage);
      feed = new ChangeFeed(storage, log);
    });
    afterEach(async () => {
      await feed.close();
      await world.close();
      await temporary.close(storage);
    });
    afterAll(() => temporary.remove());

    const sourceOf = (settings: Record<string, string>) =>
      SettingSource.fromText(
        [
          '[app:main]',
          'kinto.event_listeners = tested',
          `kinto.event_listeners.tested.use = ${kind}`,
          ...Object.entries(settings).map(([key, value]) => `kinto.event_listeners.tested.${key} = ${value}`),
          ...world.ini,
        ].join('\n'),
        { file: 'kinto.ini' },
      );
    const make = (settings: Record<string, string>) => {
      const kinds = new ListenerKinds();
      kinds.add(world.definition.kind, world.definition);
      return makeConfiguredListeners(sourceOf(settings), kinds);
    };
    const start = async (settings: Record<string, string>, ...channels: string[]) => {
      world = await openWorld(channels);
      const listeners = make(settings);
      await feed.open(listeners);
      return listeners;
    };
    const arrived = async () => {
      await feed.settled();
      return world.arrived();
    };

    it('announces what was created, updated and deleted as the list of new and old', async () => {
      await start({}, 'home-tasks-record');
      await writer.create(TASKS, 'r1', { title: 'Grüße' });
      await writer.update(TASKS, 'r1', { title: 'Hallo' });
      await writer.delete(TASKS, 'r1');
      const announcements = await arrived();
      expect(announcements.map(({ event, channel }) => [event, channel])).toEqual(
        ['create', 'update', 'delete'].map((event) => [event, 'home-tasks-record']),
      );
      const [created, updated, deleted] = announcements.map(({ data }) => JSON.parse(data) as unknown);
      const time = expect.any(Number) as number;
      const first = { id: 'r1', last_modified: time, title: 'Grüße' };
      const second = { id: 'r1', last_modified: time, title: 'Hallo' };
      expect(created).toEqual([{ new: first }]);
      expect(updated).toEqual([{ new: second, old: first }]);
      expect(deleted).toEqual([{ new: { id: 'r1', last_modified: time, deleted: true }, old: second }]);
    });

    it('announces one request once for each action, with its objects in order', async () => {
      await writer.create(TASKS, 'r2');
      await start({}, 'home-tasks-record');
      await writer.request(async (steps) => {
        await steps.create(TASKS, 'r1');
        await steps.delete(TASKS, 'r2');
        await steps.create(TASKS, 'r3');
      });
      const told = (await arrived()).map(({ event, data }) => {
        const pairs = JSON.parse(data) as { new: { id: string } }[];
        return [event, ...pairs.map((pair) => pair.new.id)];
      });
      expect(told).toEqual([
        ['create', 'r1', 'r3'],
        ['delete', 'r2'],
      ]);
    });

    it('announces changes in the order of their commits', async () => {
      await start({}, 'home-tasks-record');
      const ids = Array.from({ length: 200 }, (_, index) => `r${index}`);
      await writer.createAll(TASKS, ids);
      const told = (await arrived()).map(({ data }) => (JSON.parse(data) as { new: { id: string } }[])[0]?.new.id);
      expect(told).toEqual(ids);
    });

    it('announces only the actions and resources it was configured for', async () => {
      await start({ actions: 'update delete', resources: 'record', channel: 'all' }, 'all');
      await writer.create(BUCKETS, 'home');
      await writer.update(BUCKETS, 'home');
      await writer.create(TASKS, 'r1');
      await writer.delete(TASKS, 'r1');
      expect((await arrived()).map(({ event }) => event)).toEqual(['delete']);
    });

    it('passes a change by that has no value for a placeholder of the channel', async () => {
      const [listener] = await start({ channel: 'in-{collection_id}' }, 'in-tasks', 'in-');
      await writer.create(BUCKETS, 'home');
      await writer.create(TASKS, 'r1');
      expect((await arrived()).map(({ channel }) => channel)).toEqual(['in-tasks']);
      expect(listener?.stats).toMatchObject({ delivered: 2, failed: 0, undeliverable: 0 });
    });

    it("announces each object on a channel of its own when the template has the object's id", async () => {
      await start({ channel: '{collection_id};{record_id}' }, 'tasks;r1', 'tasks;r2');
      await writer.request(async (steps) => {
        await steps.create(TASKS, 'r1');
        await steps.create(TASKS, 'r2');
      });
      const told = (await arrived()).map(({ channel, data }) => [
        channel,
        data.includes('"id":"r1"'),
        data.length < 60,
      ]);
      expect(told).toEqual([
        ['tasks;r1', true, true],
        ['tasks;r2', false, true],
      ]);
    });

    it('leaves out what a channel name may not contain', async () => {
      await start({ channel: 'by {user_id}/x' }, 'bybasicauthalicex');
      await writer.create(TASKS, 'r1');
      expect(await arrived()).toHaveLength(1);
    });

    it('announces that a payload is too large, and where to fetch it', async () => {
      await start({ max_event_bytes: '2000' }, 'home-tasks-record');
      await writer.create(TASKS, 'fits', { text: 'é'.repeat(900) });
      await writer.create(TASKS, 'large', { text: 'é'.repeat(1000) });
      await writer.delete(TASKS, 'large');
      const [fits, large, deleted] = (await arrived()).map(({ data }) => JSON.parse(data) as unknown);
      expect(fits).toHaveLength(1);
      const notice = { too_large: true, count: 1, last_modified: expect.any(Number) as number };
      expect(large).toEqual({ ...notice, uri: '/buckets/home/collections/tasks/records/large' });
      expect(deleted).toEqual({ ...notice, uri: '/buckets/home/collections/tasks/records' });
    });

    it('may be closed twice, and announces nothing after that', async () => {
      const [listener] = await start({}, 'home-tasks-record');
      await writer.create(TASKS, 'r1');
      await feed.settled();
      await feed.close();
      await listener?.close(log);
      await writer.create(TASKS, 'r2');
      expect(await arrived()).toHaveLength(1);
      expect(log.lines).toEqual([]);
    });

    it.each([
      ['{bucket}-{nonsense}', 'there is no placeholder {bucket}; there are '],
      ['{bucket_id', 'a brace stands alone'],
      ['""', 'a channel has a name'],
    ])('refuses the template %s at the start, in one line that names the key', async (channel, problem) => {
      world = await openWorld([]);
      const refusal = `kinto.ini line 4: kinto.event_listeners.tested.channel = ${channel}: ${problem}`;
      expect(() => make({ channel })).toThrow(expect.objectContaining({ name: 'SettingsError' }) as Error);
      expect(() => make({ channel })).toThrow(refusal);
    });
  });
}
