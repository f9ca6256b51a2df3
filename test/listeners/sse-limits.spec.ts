import { rmSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { journal } from '../../src/storage/journal.js';
import { tombstones } from '../../src/storage/tombstones.js';
import { trimming } from '../../src/storage/trimming.js';
import { startTestServer, USER_IDS, type TestServer } from '../support/server.js';
import { LiveReader, type ReaderOptions } from './support/live-reader.js';

const COLLECTION = '/v1/buckets/b/collections/c';
const LIST = `${COLLECTION}/records`;

let server: TestServer;
let readers: LiveReader[] = [];

async function start(ini = ''): Promise<void> {
  server = await startTestServer({ ini });
  await server.request('PUT', '/v1/buckets/b');
  await server.request('PUT', COLLECTION);
}

async function follow(path = LIST, options: ReaderOptions = {}, mayRead = true): Promise<LiveReader> {
  const reader = await LiveReader.open(server, path, options, mayRead);
  readers.push(reader);
  return reader;
}

afterEach(async () => {
  for (const reader of readers) reader.drop();
  readers = [];
  await server.close();
});

describe('A stream', () => {
  it('is kept alive, and tells its place when changes went by', async () => {
    await start('kinto.live.heartbeat = 0.05');
    const reader = await follow(`${LIST}?status=open`);
    const opened = await reader.next();
    await reader.until(() => reader.comments > 0, 'a heartbeat');
    const hidden = await server.request('PUT', `${LIST}/r`, { body: { data: { status: 'shut' } } });
    const position = hidden.headers.get('change-position');
    expect(await reader.next()).toEqual({
      event: 'checkpoint',
      id: position,
      data: { position, previous: opened.id },
    });
  });

  it('ends at its age, and says when to come back', async () => {
    await start('kinto.live.max_age = 0.1');
    const reader = await follow();
    await reader.next();
    expect(await reader.next()).toMatchObject({ event: 'bye', data: { reason: 'max_age' } });
    await reader.ended();
    expect(reader.retry).toBeGreaterThanOrEqual(1000);
    expect(reader.retry).toBeLessThanOrEqual(10_000);
  });

  it('is one of as many as a user may have, and those beyond are sent away with a 200', async () => {
    await start('kinto.live.max_streams_per_user = 2');
    const first = await follow();
    await first.next();
    await (await follow()).next();
    const third = await follow();
    expect(third.status).toBe(200);
    expect(await third.next()).toMatchObject({ event: 'bye', data: { reason: 'too_many_streams' } });
    await third.ended();
    first.drop();
    // The server hears of the end of a connection in its own time.
    const deadline = Date.now() + 5000;
    let event = 'bye';
    while (event === 'bye' && Date.now() < deadline) event = (await (await follow()).next()).event;
    expect(event).toBe('open');
  });

  it('ends for one whose password is another by now', async () => {
    await start(
      [
        'kinto.multiauth.policies = account basicauth',
        'multiauth.policies = account basicauth',
        'multiauth.policy.account.use = kinto.plugins.accounts.AccountsPolicy',
        'kinto.includes = kinto.plugins.accounts',
        'kinto.account_create_principals = system.Everyone',
      ].join('\n'),
    );
    await server.request('PUT', '/v1/accounts/bob', { auth: null, body: { data: { password: 'secret' } } });
    await server.request('PATCH', COLLECTION, { body: { permissions: { read: ['account:bob'] } } });
    const reader = await follow(LIST, { auth: 'bob' });
    expect((await reader.next()).event).toBe('open');
    await server.request('PATCH', '/v1/accounts/bob', { auth: 'bob', body: { data: { password: 'another' } } });
    expect((await reader.next()).event).toBe('revoked');
    await reader.ended();
  });
});

describe('Who does not read', () => {
  const text = 'x'.repeat(50_000);

  /** Twenty megabytes: more than the sockets' own buffers take. */
  async function fill(): Promise<void> {
    for (let n = 0; n < 400; n += 20) {
      const requests = Array.from({ length: 20 }, (_, index) => {
        return { method: 'PUT', path: `${LIST}/r${n + index}`, body: { data: { text } } };
      });
      expect((await server.request('POST', '/v1/batch', { body: { requests } })).status).toBe(200);
    }
  }

  it('costs a buffer and no more, and is told everything from the log once they read', async () => {
    await start('kinto.live.buffer_bytes = 65536');
    const reader = await follow(LIST, {}, false);
    await fill();
    reader.read();
    const ids = [];
    expect((await reader.next()).event).toBe('open');
    let previous = reader.events[0]!.id;
    for (let n = 0; n < 400; n++) {
      const { data, id } = await reader.next();
      expect(data.previous).toBe(previous);
      previous = id;
      ids.push((data.data as { id: string }).id);
    }
    expect(ids).toEqual(Array.from({ length: 400 }, (_, n) => `r${n}`));
  });

  it('is let go after a while, with a reason', async () => {
    await start('kinto.live.buffer_bytes = 65536\nkinto.live.drain_timeout = 0.2');
    const reader = await follow(LIST, {}, false);
    const other = await follow();
    await fill();
    await other.until(() => other.events.length === 401, 'everything');
    expect(other.isEnded).toBe(false);
    reader.read();
    await reader.ended();
    expect(reader.events.length).toBeLessThan(401);
    const again = await follow(LIST, { after: reader.lastId });
    expect(await again.next()).toMatchObject({ event: 'open', data: { resumed: 'replay' } });
  });
});

describe('A position', () => {
  it('leads to what the objects are now when too much was missed, each with a place to go on from', async () => {
    await start('kinto.changes.max_replay = 3');
    await server.request('PUT', `${LIST}/gone`);
    const reader = await follow(`${LIST}?has_hidden=false`);
    const { id } = await reader.next();
    for (let n = 0; n < 3; n++) await server.request('PUT', `${LIST}/r`, { body: { data: { n } } });
    await server.request('PUT', `${LIST}/hidden`, { body: { data: { hidden: true } } });
    await server.request('DELETE', `${LIST}/gone`);
    const again = await follow(`${LIST}?has_hidden=false`, { after: id });
    expect(await again.next()).toMatchObject({ event: 'open', data: { resumed: 'difference' } });
    const events = [await again.next(), await again.next(), await again.next()];
    expect(events).toMatchObject([
      { event: 'update', data: { previous: id, coalesced: true, match: 'enter', data: { id: 'r', n: 2 } } },
      { event: 'leave', data: { coalesced: true, data: { id: 'hidden' } } },
      { event: 'delete', data: { coalesced: true, match: 'leave', data: { id: 'gone', deleted: true } } },
    ]);
    expect(events[1]!.data.previous).toBe(events[0]!.id);
    const rest = await follow(LIST, { after: events[0]!.id });
    expect(await rest.next()).toMatchObject({ event: 'open', data: { resumed: 'replay', pending: 2 } });
  });

  it('is worth nothing when tombstones are gone with what the log has lost, and that is said', async () => {
    await start();
    await server.request('PUT', `${LIST}/gone`);
    const { id } = await (await follow()).next();
    await server.request('DELETE', `${LIST}/gone`);
    await server.storage.write(async ({ sql }) => {
      await trimming.delete(sql, await journal.top(sql), 1000);
      await tombstones.purge(sql, 'record', 0);
    });
    const again = await follow(LIST, { after: id });
    expect(await again.next()).toMatchObject({ event: 'open', data: { resumed: 'reset' } });
    expect(await again.next()).toMatchObject({ event: 'reset', data: { reason: 'expired' } });
  });

  it('is not needed for what is too large to be told: its id is', async () => {
    await start('kinto.live.max_frame_bytes = 1024');
    const reader = await follow();
    await reader.next();
    await server.request('PUT', `${LIST}/r`, { body: { data: { text: 'x'.repeat(2000) } } });
    const { data } = await reader.next();
    expect(data).toMatchObject({ action: 'create', too_large: true, uri: '/buckets/b/collections/c/records/r' });
    expect(Object.keys(data.data as object)).toEqual(['id', 'last_modified']);
  });

  it('is refused with a snapshot that is larger than the setting allows', async () => {
    await start('kinto.live.max_snapshot = 3');
    for (let n = 0; n < 4; n++) await server.request('PUT', `${LIST}/r${n}`);
    expect((await follow(`${LIST}?_snapshot=true`)).status).toBe(400);
    await server.request('DELETE', `${LIST}/r0`);
    expect((await follow(`${LIST}?_snapshot=true`)).status).toBe(200);
  });
});

describe('A server that ends', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kumocast-sse-'));
  const ini = `kinto.storage_backend = sqlite\nkinto.storage_url = ${join(folder, 'live.sqlite')}`;
  afterAll(() => rmSync(folder, { recursive: true }));

  it('sends everybody away, and the next one goes on where it was', async () => {
    await start(ini);
    await server.request('PATCH', COLLECTION, { body: { permissions: { read: [USER_IDS.bob] } } });
    const reader = await follow(LIST, { auth: 'bob' });
    await reader.next();
    await server.request('PUT', `${LIST}/a`);
    const { id } = await reader.next();
    await server.close();
    expect(await reader.next()).toMatchObject({ event: 'bye', data: { reason: 'restart' } });
    expect(reader.isEnded).toBe(true);
    server = await startTestServer({ ini });
    await server.request('PUT', `${LIST}/b`);
    const again = await follow(LIST, { auth: 'bob', after: id });
    expect(await again.next()).toMatchObject({ event: 'open', data: { resumed: 'replay', pending: 1 } });
    expect(await again.next()).toMatchObject({ event: 'create', data: { previous: id, data: { id: 'b' } } });
  });
});
