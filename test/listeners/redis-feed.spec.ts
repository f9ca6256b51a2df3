import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { ChangeFeed } from '../../src/changes/change-feed.js';
import { ListenerKinds } from '../../src/changes/change-listener.js';
import { makeConfiguredListeners } from '../../src/changes/configured-listeners.js';
import { redisListener } from '../../src/listeners/redis/redis.listener.js';
import { SettingSource } from '../../src/settings/settings.js';
import type { SqliteStorage } from '../../src/storage/sqlite/sqlite-storage.js';
import { ChangeWriter, TASKS } from '../support/change-writer.js';
import { RecordingLog } from '../support/recording-log.js';
import { describeWithRedis, RedisServer } from '../support/redis-server.js';
import { TemporaryStorage } from '../support/temporary-storage.js';

const PATIENCE = { firstWait: 1, longestWait: 20, closeGrace: 100 };

function registeredListener(settings: Record<string, string>) {
  const lines = Object.entries(settings).map(([key, value]) => `kinto.event_listeners.queue.${key} = ${value}`);
  const text = ['[app:main]', 'kinto.event_listeners = queue', 'kinto.event_listeners.queue.use = redis', ...lines];
  const kinds = new ListenerKinds();
  kinds.add('redis', redisListener);
  return makeConfiguredListeners(SettingSource.fromText(text.join('\n'), { file: 'kinto.ini' }), kinds)[0]!;
}

/** What is there once the same message has been told from a repeated one, as a reader does it. */
function withoutRepeats(messages: readonly { id: string; index: number; record_id: string }[]): string[] {
  const seen = new Map(messages.map(({ id, index, record_id }) => [`${id} ${index}`, record_id]));
  return [...seen.values()];
}

/** Looks at each turn of the event loop: what is waited for here may be over in a millisecond. */
async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error('It did not come about');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describeWithRedis('The redis listener behind the feed [needs redis]', () => {
  const temporary = new TemporaryStorage();
  let storage: SqliteStorage;
  let server: RedisServer;
  let feed: ChangeFeed;
  const log = new RecordingLog();
  const listen = async (settings: Record<string, string> = {}) => {
    const registered = registeredListener({ url: server.url, ...settings });
    await feed.open([registered]);
    return registered;
  };
  const start = async (...options: string[]) => {
    server = await RedisServer.start(options);
    storage = await temporary.open();
    log.lines.splice(0);
    feed = new ChangeFeed(storage, log, PATIENCE);
  };
  const listed = async (url?: string) => {
    const client = await server.connect(url);
    const texts = await client.lRange('kinto.core.events', 0, -1);
    return texts.reverse().map((text) => JSON.parse(text) as { id: string; index: number; record_id: string });
  };

  afterEach(async () => {
    await feed.close();
    await temporary.close(storage);
    await server.stop();
  });
  afterAll(() => temporary.remove());

  it.each(['1', '10', '100'])('loses nothing when Redis is killed again and again, %s at a time', async (batch) => {
    await start();
    const { stats } = await listen({ batch });
    const writer = new ChangeWriter(storage);
    const ids = Array.from({ length: 600 }, (_, index) => `r${index}`);
    for (let start = 0; start < ids.length; start += 200) {
      const { failed } = stats;
      const written = writer.createAll(TASKS, ids.slice(start, start + 150));
      // Somewhere in the middle: some of it has arrived, and what is under way is cut off.
      await until(() => stats.delivered >= start + 50);
      await server.kill();
      await written;
      await writer.createAll(TASKS, ids.slice(start + 150, start + 200));
      await until(() => stats.failed > failed);
      await server.startAgain();
    }
    await feed.settled();
    expect(withoutRepeats(await listed())).toEqual(ids);
    expect(stats).toMatchObject({ undeliverable: 0 });
  });

  it('delivers what was committed while Redis was away', async () => {
    await start();
    const { stats } = await listen();
    await server.kill();
    const writer = new ChangeWriter(storage);
    await writer.createAll(TASKS, ['r1', 'r2']);
    await until(() => stats.failed >= 3);
    await server.startAgain();
    await feed.settled();
    expect((await listed()).map(({ record_id }) => record_id)).toEqual(['r1', 'r2']);
    expect(log.lines[0]).toMatch(/^warn: Listener queue failed, next try in \d+ ms: could not be reached \(ECONN/);
  });

  it('ends at once while Redis is away', async () => {
    await start();
    const { stats } = await listen();
    await server.kill();
    await new ChangeWriter(storage).create(TASKS, 'r1');
    await until(() => stats.failed >= 1);
    const started = performance.now();
    await feed.close();
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it('waits for a password that is wrong to be put right, and shows neither of them', async () => {
    await start('--requirepass', 'r1ght');
    const wrong = await listen({ url: server.url.replace('//', '//:wr0ng@') });
    await new ChangeWriter(storage).create(TASKS, 'r1');
    await until(() => wrong.stats.failed >= 2);
    const right = server.url.replace('//', '//:r1ght@');
    const client = await server.connect(right);
    await client.configSet('requirepass', 'wr0ng');
    await feed.settled();
    await client.configSet('requirepass', 'r1ght');
    expect(await listed(right)).toHaveLength(1);
    expect(log.lines[0]).toMatch(/: answered WRONGPASS invalid username-password pair or user is disabled\.$/);
    const shown = [...log.lines, inspect(wrong, { depth: 20, showHidden: true })].join('\n');
    for (const password of ['r1ght', 'wr0ng']) expect(shown).not.toContain(password);
  });

  it('needs no more of a user than to push in a transaction', async () => {
    await start();
    const client = await server.connect();
    await client.aclSetUser('pusher', ['on', '>p@ss/word', '~kinto.core.events', '+lpush', '+multi', '+exec']);
    const url = server.url.replace('//', '//pusher:p%%40ss%%2Fword@');
    await listen({ url });
    await new ChangeWriter(storage).createAll(TASKS, ['r1', 'r2', 'r3']);
    await feed.settled();
    expect(await listed()).toHaveLength(3);
    expect(log.lines).toEqual([]);
  });

  it('speaks to a socket of this machine', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'kumocast-'));
    const path = join(directory, 'redis.sock');
    await start('--unixsocket', path);
    await listen({ url: `unix://${path}?db=2` });
    await new ChangeWriter(storage).create(TASKS, 'r1');
    await feed.settled();
    expect(await listed(server.url.replace('/0', '/2'))).toHaveLength(1);
    rmSync(directory, { recursive: true });
  });

  it('hands over many changes in few transactions', async () => {
    await start();
    const client = await server.connect();
    server.pause();
    const { stats } = await listen({ timeout: '50' });
    const ids = Array.from({ length: 500 }, (_, index) => `r${index}`);
    await new ChangeWriter(storage).createAll(TASKS, ids);
    await until(() => stats.failed >= 1);
    server.goOn();
    await feed.settled();
    expect(withoutRepeats(await listed())).toEqual(ids);
    const calls = Number(/cmdstat_exec:calls=(\d+)/.exec(await client.info('commandstats'))?.[1]);
    expect(calls).toBeLessThan(20);
  });
});
