import { ChangesSettings } from '../../src/changes/changes.settings.js';
import { LogTrimmer } from '../../src/changes/log-trimmer.js';
import { journal } from '../../src/storage/journal.js';
import { listenerStates } from '../../src/storage/listener-states.js';
import type { SqliteStorage } from '../../src/storage/sqlite/sqlite-storage.js';
import { ChangeWriter, TASKS } from '../support/change-writer.js';
import { RecordingLog } from '../support/recording-log.js';
import { TemporaryStorage } from '../support/temporary-storage.js';

const HOUR = 3_600_000;

const temporary = new TemporaryStorage();
let storage: SqliteStorage;
let writer: ChangeWriter;
let log: RecordingLog;
let now: number;

beforeEach(async () => {
  log = new RecordingLog();
  now = 1_763_700_000_000;
  storage = await temporary.open(`trim-${Date.now()}-${Math.random()}`);
  writer = new ChangeWriter(storage);
});
afterEach(() => temporary.close(storage));
afterAll(() => temporary.remove());

const trimmer = (settings: Partial<ChangesSettings>) =>
  new LogTrimmer(
    storage,
    Object.assign(new ChangesSettings(), { retention: 0, maxRows: 0, maxHold: 0, trimInterval: 60, ...settings }),
    log,
    () => now,
  );
const left = async () => {
  const logged = await storage.read(({ sql }) => journal.readAfter(sql, 0, 10_000));
  return logged.map(({ objectId }) => objectId);
};
const cursorAt = (consumer: string, position: number) =>
  storage.write(({ sql }) => journal.moveCursor(sql, consumer, position));
const ids = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

describe('The change log', () => {
  it('is kept for as long as the settings say, and the newest change always', async () => {
    const daily = trimmer({ retention: 2 * 3600 });
    await writer.createAll(TASKS, ['old']);
    await daily.trim();
    now += HOUR;
    await writer.createAll(TASKS, ['young']);
    await daily.trim();
    now += 1.5 * HOUR;
    expect(await daily.trim()).toBe(1);
    expect(await left()).toEqual(['young']);
    now += 100 * HOUR;
    await daily.trim();
    expect(await left()).toEqual(['young']);
  });

  it('holds as many changes as the settings say, in pieces that leave room for others', async () => {
    await writer.createAll(TASKS, ids('r', 1200));
    expect(await trimmer({ maxRows: 100 }).trim()).toBe(1100);
    expect(await left()).toEqual(ids('r', 1200).slice(1100));
  });

  it('waits for a durable listener that has not been told, and says so once', async () => {
    await writer.createAll(TASKS, ids('r', 10));
    await cursorAt('listener:slow', 3);
    await cursorAt('listener:quick', 10);
    const small = trimmer({ maxRows: 2 });
    await small.trim();
    await small.trim();
    expect(await left()).toEqual(ids('r', 10).slice(3));
    expect(log.lines).toEqual(['warn: The change log is kept longer for listener:slow']);
    await cursorAt('listener:slow', 9);
    await small.trim();
    expect(await left()).toEqual(['r-8', 'r-9']);
  });

  it('goes without one that stays away too long, never silently: counted, logged, its place moved', async () => {
    await writer.createAll(TASKS, ids('r', 10));
    await cursorAt('listener:gone', 3);
    const patient = trimmer({ retention: 3600, maxHold: 24 * 3600 });
    await patient.trim();
    now += 2 * HOUR;
    await writer.createAll(TASKS, ['new']);
    await patient.trim();
    expect(await left()).toHaveLength(8);
    now += 23 * HOUR;
    await patient.trim();
    expect(await left()).toEqual(['new']);
    expect(log.lines.at(-1)).toContain('listener:gone was not told for longer than changes.max_hold: 7 change(s)');
    const { state, cursor } = await storage.read(async ({ sql }) => ({
      state: await listenerStates.find(sql, 'listener:gone'),
      cursor: await journal.findCursor(sql, 'listener:gone'),
    }));
    expect(state).toMatchObject({ lost: 7 });
    expect(cursor).toBe(10);
  });
});
