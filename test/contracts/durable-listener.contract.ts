import { ChangeFeed } from '../../src/changes/change-feed.js';
import { ListenerKinds, type ListenerDefinition } from '../../src/changes/change-listener.js';
import { makeConfiguredListeners } from '../../src/changes/configured-listeners.js';
import { DurableDelivery } from '../../src/changes/durable-delivery.js';
import { SettingSource } from '../../src/settings/settings.js';
import { deadLetters } from '../../src/storage/dead-letters.js';
import { listenerStates } from '../../src/storage/listener-states.js';
import type { SqliteStorage } from '../../src/storage/sqlite/sqlite-storage.js';
import type { ObjectList } from '../../src/storage/storage.js';
import type { JsonObject } from '../../src/wire/json.js';
import { ChangeWriter, TASKS } from '../support/change-writer.js';
import type { FailingRoad } from '../support/failing-road.js';
import { found } from '../support/found.js';
import { RecordingLog } from '../support/recording-log.js';
import { TemporaryStorage } from '../support/temporary-storage.js';

/** What a target has taken: one record's change. */
export interface Taken {
  /** What a receiver tells a repeated one by. */
  readonly id: string;
  readonly record: string;
}

/** A listener's target, which stands at the end of a road that fails when the test wants it to. */
export interface DurableWorld {
  readonly definition: ListenerDefinition;
  readonly road: FailingRoad;
  /** What the kind needs, by its keys under `event_listeners.<name>.`, with the road's near end for an address. */
  readonly settings: Readonly<Record<string, string>>;
  /** What no error may show. */
  readonly secrets: readonly string[];
  /** Everything that the target has taken, in the order it came, repeated ones too. */
  taken(): Promise<readonly Taken[]>;
  /** Where to write what for the target, or the listener on its behalf, to refuse it for good. */
  refuseNext(): Promise<{ readonly list: ObjectList; readonly value?: JsonObject }>;
  close(): Promise<void>;
}

/** ms; a refused connection is tried again at once, so that a test sees many tries. */
const PATIENCE = { firstWait: 1, longestWait: 4, closeGrace: 300 };

/** ms; longer than any target on this machine takes, also a busy one's. */
const TRY_TIMEOUT = 2000;

const NAME = 'tested';
const CONSUMER = DurableDelivery.consumerOf(NAME);

/** What every durable listener must do, however its target fails. */
export function durableListenerContract(kind: string, openWorld: (log: RecordingLog) => Promise<DurableWorld>) {
  describe(`The ${kind} listener, like any durable one,`, () => {
    const temporary = new TemporaryStorage();
    let log: RecordingLog;
    let storage: SqliteStorage;
    let writer: ChangeWriter;
    let world: DurableWorld;
    let feed: ChangeFeed;

    beforeEach(async () => {
      log = new RecordingLog();
      storage = await temporary.open();
      writer = new ChangeWriter(storage);
      feed = new ChangeFeed(storage, log, PATIENCE);
      world = await openWorld(log);
      await feed.open(make());
    });
    afterEach(async () => {
      await feed.close();
      await world.close();
      await temporary.close(storage);
    });
    afterAll(() => temporary.remove());

    const make = () => {
      const kinds = new ListenerKinds();
      kinds.add(kind, world.definition);
      const own = { use: kind, try_timeout: String(TRY_TIMEOUT), ...world.settings };
      const lines = Object.entries(own).map(([key, value]) => `kinto.event_listeners.${NAME}.${key} = ${value}`);
      const text = ['[app:main]', `kinto.event_listeners = ${NAME}`, ...lines].join('\n');
      return makeConfiguredListeners(SettingSource.fromText(text, { file: 'kinto.ini' }), kinds);
    };
    const records = async () => (await world.taken()).map(({ record }) => record);
    const untilLogged = (text: string) =>
      found(() => Promise.resolve(log.lines.find((line) => line.includes(text))), `the log says ${text}`);
    const failures = () => log.lines.filter((line) => line.includes('next try in')).length;
    const untilFailed = (times: number) =>
      found(() => Promise.resolve(failures() >= times || undefined), `it fails ${times} times`, 30);
    const laidAside = () => storage.read(({ sql }) => deadLetters.list(sql, CONSUMER, undefined, 100));

    it('delivers each change once, in the order of the commits, while all is well', async () => {
      const ids = Array.from({ length: 60 }, (_, index) => `r${index}`);
      await writer.createAll(TASKS, ids);
      await feed.settled();
      expect(await records()).toEqual(ids);
      expect(new Set((await world.taken()).map(({ id }) => id)).size).toBe(ids.length);
      expect(log.lines).toEqual([]);
    });

    it('repeats what it has not heard the answer of, under the same id, and nothing else', async () => {
      await writer.create(TASKS, 'before');
      await feed.settled();
      world.road.lostAnswers = 1;
      await writer.create(TASKS, 'repeated');
      await feed.settled();
      await writer.create(TASKS, 'after');
      await feed.settled();
      expect(await records()).toEqual(['before', 'repeated', 'repeated', 'after']);
      const [, first, second] = await world.taken();
      expect(second?.id).toBe(first?.id);
    });

    it('loses nothing and changes no order while each third answer is lost', async () => {
      world.road.loseEachAnswer(3);
      const ids = Array.from({ length: 60 }, (_, index) => `r${index}`);
      await writer.createAll(TASKS, ids);
      await feed.settled();
      const taken = await world.taken();
      expect([...new Set(taken.map(({ record }) => record))]).toEqual(ids);
      expect(new Set(taken.map(({ id, record }) => `${id} ${record}`)).size).toBe(ids.length);
      expect(await laidAside()).toEqual([]);
    });

    it.each(['cut', 'garbage'] as const)('puts nothing aside while its target answers with %s', async (state) => {
      world.road.become(state);
      const ids = ['r0', 'r1', 'r2'];
      await writer.createAll(TASKS, ids);
      await untilFailed(12);
      expect(await records()).toEqual([]);
      world.road.become('open');
      await feed.settled();
      // One that was tried to see whether the target is well may have come before its turn, and then comes in it too.
      const told = await records();
      expect(told.filter((id, index) => told.lastIndexOf(id) === index)).toEqual(ids);
      expect(await laidAside()).toEqual([]);
    });

    it('is cut off when its target hangs, and delivers what waited once it answers again', async () => {
      await writer.create(TASKS, 'before');
      await feed.settled();
      world.road.become('hang');
      await writer.create(TASKS, 'r1');
      await writer.create(TASKS, 'r2');
      await untilLogged(`no answer within ${TRY_TIMEOUT} ms`);
      world.road.become('open');
      await feed.settled();
      expect(await records()).toEqual(['before', 'r1', 'r2']);
    });

    it('puts aside at once what is refused for good, and goes on with the next', async () => {
      await writer.create(TASKS, 'before');
      await feed.settled();
      const { list, value } = await world.refuseNext();
      await writer.create(list, 'refused', value);
      await writer.create(TASKS, 'after');
      await feed.settled();
      expect(await records()).toEqual(['before', 'after']);
      const letters = await laidAside();
      expect(letters.map(({ tries, content }) => [tries, content.includes('"refused"')])).toEqual([[1, true]]);
      await untilLogged('for good');
    });

    it('goes on after a restart where it had stopped', async () => {
      await writer.create(TASKS, 'r1');
      await feed.settled();
      world.road.become('cut');
      await writer.create(TASKS, 'r2');
      await untilFailed(1);
      await feed.close();
      await writer.create(TASKS, 'r3');
      world.road.become('open');
      feed = new ChangeFeed(storage, log, PATIENCE);
      await feed.open(make());
      await feed.settled();
      expect(await records()).toEqual(['r1', 'r2', 'r3']);
    });

    it('shows no secret, whatever goes wrong', async () => {
      for (const state of ['cut', 'garbage', 'hang'] as const) {
        const before = failures();
        world.road.become(state);
        await writer.create(TASKS, `${state}-r`);
        await untilFailed(before + 2);
      }
      world.road.become('open');
      await feed.settled();
      const { list, value } = await world.refuseNext();
      await writer.create(list, 'refused', value);
      await feed.settled();
      const state = await storage.read(({ sql }) => listenerStates.find(sql, CONSUMER));
      const errors = (await laidAside()).map(({ error }) => error);
      expect([errors.length, typeof state?.lastError]).toEqual([1, 'string']);
      const shown = [...log.lines, ...errors, state?.lastError].join('\n');
      for (const secret of world.secrets) expect(shown).not.toContain(secret);
    });

    it('closes in its time while its target hangs, and leaves no connection behind', async () => {
      world.road.become('hang');
      await writer.create(TASKS, 'r1');
      await found(() => Promise.resolve(world.road.connections > 0 || undefined), 'it is connected');
      const started = performance.now();
      await feed.close();
      expect(performance.now() - started).toBeLessThan(TRY_TIMEOUT);
      await found(() => Promise.resolve(world.road.connections === 0 || undefined), 'no connection is left');
    });
  });
}
