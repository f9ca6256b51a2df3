import type { JsonObject } from '../../src/wire/json.js';
import { AccountsServer, by, OPEN_ACCOUNTS } from '../support/accounts-server.js';
import { basicAuth, startTestServer, USER_IDS, type TestServer } from '../support/server.js';
import { until } from './support/json-socket.js';
import { makeStream, metaOf, StreamClient, STREAMS_INI } from './support/stream-client.js';

const COLLECTION = '/v1/buckets/blog/collections/articles';
const RECORDS = `${COLLECTION}/records`;

let server: TestServer;

async function start(ini = ''): Promise<void> {
  server = await startTestServer({ ini: `${STREAMS_INI}\n${ini}` });
  await server.request('PUT', '/v1/buckets/blog');
  await server.request('PUT', COLLECTION);
  await makeStream(server, { key: 'indexer', object_types: ['record'] });
}

async function write(...ids: string[]): Promise<void> {
  for (const id of ids) {
    const answer = await server.request('PUT', `${RECORDS}/${id}`, { body: { data: {} } });
    if (answer.status !== 201) throw new Error(answer.text);
  }
}

/** Writes so many records in few requests. */
async function writeMany(count: number, text = ''): Promise<void> {
  const requests = Array.from({ length: count }, (_, n) => ({
    method: 'PUT',
    path: `${RECORDS}/many${n}`,
    body: { data: { text } },
  }));
  expect((await server.request('POST', '/v1/batch', { body: { requests } })).status).toBe(200);
}

async function shown(): Promise<JsonObject> {
  return (await server.request('GET', '/v1/streams/indexer')).data;
}

function ids(client: StreamClient): unknown[] {
  return client.frames.map((frame) => metaOf(frame).id);
}

afterEach(async () => {
  StreamClient.closeAll();
  await server.close();
});

describe('An attempt to connect', () => {
  beforeEach(() => start());

  it.each([
    ['nobody', { authorization: null }, 401, 104],
    ['a ticket that is none', { authorization: null, query: { ticket: 'tk_x' } }, 401, 104],
    ['somebody else', { authorization: basicAuth('bob') }, 404, 110],
    ['a position that is none', { query: { position: '17' } }, 400, 107],
    ['a purge that is neither', { query: { purge: 'maybe' } }, 400, 107],
    // A browser adds the password that it remembers to the requests of any page.
    ['a page of another host', { headers: { origin: 'https://elsewhere.example' } }, 401, 104],
  ])('of %s is refused in HTTP', async (_who, options, status, errno) => {
    const refusal = await StreamClient.refused(server, 'indexer', options);
    expect(refusal).toMatchObject({ status, body: { code: status, errno } });
  });

  it('without a key is refused', async () => {
    expect((await StreamClient.refused(server, '')).status).toBe(400);
  });

  it('is also heard at the address that pnut has', async () => {
    const client = await StreamClient.greeted(server, 'indexer', { path: '/v1/apps' });
    expect(client.hello.type).toBe('hello');
  });

  it('may show a ticket, once', async () => {
    const answer = await server.request('POST', '/v1/realtime/tickets', { body: { data: { use: 'once' } } });
    const options = { authorization: null, query: { ticket: answer.data.ticket as string } };
    await StreamClient.greeted(server, 'indexer', options);
    expect((await StreamClient.refused(server, 'indexer', options)).status).toBe(401);
  });

  it('with a ticket for something else is refused', async () => {
    const body = { data: { scope: ['/buckets/blog/*'] } };
    const answer = await server.request('POST', '/v1/realtime/tickets', { body });
    const options = { authorization: null, query: { ticket: answer.data.ticket as string } };
    expect((await StreamClient.refused(server, 'indexer', options)).status).toBe(403);
  });
});

describe('A connection', () => {
  it('is counted while it is there', async () => {
    await start();
    const client = await StreamClient.greeted(server, 'indexer');
    expect((await shown()).connected).toBe(1);
    client.ws.close();
    await until(async () => (await shown()).connected === 0, 'nobody to be connected');
  });

  it('is taken over by a newer one, which goes on where it was', async () => {
    await start();
    const first = await StreamClient.greeted(server, 'indexer');
    await write('r1');
    await first.hears(1);
    const second = await StreamClient.greeted(server, 'indexer');
    expect(await first.ended()).toBe(4202);
    expect(second.hello).toMatchObject({ resumed: 'replay', position: metaOf(first.frames[0]!).position });
    await write('r2');
    await second.hears(1);
    expect(ids(second)).toEqual(['r2']);
  });

  it('notices that another server has taken it over', async () => {
    await start();
    const client = await StreamClient.greeted(server, 'indexer');
    const list = { parentId: `/streams/${USER_IDS.mat}`, resourceName: 'stream-place' };
    await server.storage.write(async (unit) => {
      const place = (await unit.findObject(list, 'indexer'))!;
      await unit.updateObject(list, place, { holder: 'c_elsewhere' });
    });
    expect(await client.ended()).toBe(4202);
  });

  it('that is one too many of its owner is ended with 4004', async () => {
    await start();
    await makeStream(server, { key: 'second', object_types: ['record'] });
    await makeStream(server, { key: 'third', object_types: ['record'] });
    const first = await StreamClient.greeted(server, 'indexer');
    await StreamClient.greeted(server, 'second');
    expect(await (await StreamClient.connect(server, 'third')).ended()).toBe(4004);
    first.ws.close();
    await until(async () => (await shown()).connected === 0, 'room');
    await StreamClient.greeted(server, 'third');
  });

  it('ends with its stream', async () => {
    await start();
    const client = await StreamClient.greeted(server, 'indexer');
    await server.request('DELETE', '/v1/streams/indexer');
    expect(await client.ended()).toBe(4010);
  });

  it('that is silent for too long is ended with 4201, one that says anything is not', async () => {
    await start('kinto.streams.keepalive = 1\nkinto.streams.keepalive_grace = 1');
    await makeStream(server, { key: 'second', object_types: ['record'] });
    const [silent, talking] = [
      await StreamClient.greeted(server, 'indexer'),
      await StreamClient.greeted(server, 'second'),
    ];
    expect(silent.hello.keepalive).toBe(1);
    const talk = setInterval(() => talking.ws.ping(), 100);
    try {
      expect(await silent.ended()).toBe(4201);
      expect(talking.closed).toBeUndefined();
    } finally {
      clearInterval(talk);
    }
  });

  it('answers any text with a pong', async () => {
    await start();
    const client = await StreamClient.greeted(server, 'indexer');
    for (const text of ['hi', '{}', '{"meta":{"type":"ping"}}', '[', '']) client.say(text);
    await until(() => client.ofType('pong').length === 5, 'five pongs');
  });

  it('that sends bytes, too much or too often is ended', async () => {
    await start('kinto.streams.messages_per_second = 1\nkinto.streams.max_message_bytes = 1024');
    const bytes = await StreamClient.greeted(server, 'indexer');
    bytes.ws.send(Buffer.from('hi'));
    expect(await bytes.ended()).toBe(1003);
    const large = await StreamClient.greeted(server, 'indexer');
    large.say('x'.repeat(2000));
    expect(await large.ended()).toBe(1009);
    const often = await StreamClient.greeted(server, 'indexer');
    for (let n = 0; n < 10; n += 1) often.say('hi');
    expect(await often.ended()).toBe(4102);
  });

  it('that is old enough is sent away with the place to go on from', async () => {
    await start('kinto.live.max_age = 1');
    const client = await StreamClient.greeted(server, 'indexer');
    expect(await client.ended()).toBe(4203);
    expect(client.controls('bye')).toEqual([expect.objectContaining({ reason: 'max_age' })]);
  });

  it('is told when the server ends', async () => {
    await start();
    const client = await StreamClient.greeted(server, 'indexer');
    const closing = server.close();
    expect(await client.ended()).toBe(1012);
    await closing;
    expect(client.controls('bye')).toEqual([
      { type: 'control', control: 'bye', reason: 'restart', position: client.hello.position },
    ]);
    await start();
  });
});

describe('Who comes back', () => {
  it('goes on after what was acknowledged, again what was only sent', async () => {
    await start();
    const first = await StreamClient.greeted(server, 'indexer');
    await write('r1', 'r2', 'r3');
    await first.hears(3);
    const { position } = metaOf(first.frames[0]!);
    first.acknowledge(position);
    await until(() => first.ofType('ack').length === 1, 'the ack to be written down');
    expect((await shown()).acked).toBe(position);
    first.ws.close();
    await write('r4');
    const second = await StreamClient.greeted(server, 'indexer');
    await second.hears(3);
    expect(second.hello).toMatchObject({ resumed: 'replay', position });
    expect(ids(second)).toEqual(['r2', 'r3', 'r4']);
  });

  it('without having acknowledged anything goes on after what was sent', async () => {
    await start();
    const first = await StreamClient.greeted(server, 'indexer');
    await write('r1');
    await first.hears(1);
    first.ws.close();
    await until(async () => (await shown()).connected === 0, 'the end');
    await until(async () => (await shown()).position === metaOf(first.frames[0]!).position, 'the place to be kept');
    await write('r2');
    const second = await StreamClient.greeted(server, 'indexer');
    await second.hears(1);
    expect(ids(second)).toEqual(['r2']);
  });

  it('may name a place, or want nothing of what was missed', async () => {
    await start();
    const first = await StreamClient.greeted(server, 'indexer');
    await write('r1', 'r2');
    await first.hears(2);
    const position = metaOf(first.frames[0]!).position as string;
    const named = await StreamClient.greeted(server, 'indexer', { query: { position } });
    await named.hears(1);
    expect(ids(named)).toEqual(['r2']);
    const all = await StreamClient.greeted(server, 'indexer', { query: { position: 'earliest' } });
    await all.hears(2);
    expect(ids(all)).toEqual(['r1', 'r2']);
    all.ws.close();
    await write('r3');
    const purged = await StreamClient.greeted(server, 'indexer', { query: { purge: '1' } });
    expect(purged.hello.resumed).toBe('new');
    await write('r4');
    await purged.hears(1);
    expect(ids(purged)).toEqual(['r4']);
  });

  it('with the place of another database, or from too long ago, is told to start over', async () => {
    await start();
    const client = await StreamClient.greeted(server, 'indexer', { query: { position: 'other-1.0000' } });
    expect(client.hello.resumed).toBe('reset');
    await until(() => client.controls('reset').length === 1, 'the reset');
    expect(client.controls('reset')[0]).toMatchObject({ reason: 'new_history', position: client.hello.position });
    await write('r1', 'r2', 'r3');
    await client.hears(3);
    const position = metaOf(client.frames[0]!).position as string;
    await server.storage.write(async ({ sql }) => {
      await sql.run('DELETE FROM changes WHERE id < (SELECT max(id) FROM changes)');
    });
    const late = await StreamClient.greeted(server, 'indexer', { query: { position } });
    await until(() => late.controls('reset').length === 1, 'the reset');
    expect(late.controls('reset')[0]).toMatchObject({ reason: 'expired' });
    await write('r4');
    await late.hears(1);
    expect(ids(late)).toEqual(['r4']);
  });

  it('may acknowledge each frame, however many there are', async () => {
    await start('kinto.streams.messages_per_second = 1\nkinto.batch_max_requests = 0');
    const client = await StreamClient.greeted(server, 'indexer');
    await writeMany(100);
    for (const frame of await client.hears(100)) client.acknowledge(metaOf(frame).position);
    const last = metaOf(client.frames[99]!).position;
    await until(async () => (await shown()).acked === last, 'the last to be written down');
    expect(client.closed).toBeUndefined();
  });

  it('cannot acknowledge what was never told', async () => {
    await start();
    const client = await StreamClient.greeted(server, 'indexer');
    const ahead = (client.hello.position as string).replace(/-(\d+)\./, (_, n) => `-${Number(n) + 5}.`);
    for (const position of [ahead, 'x', 7, null]) client.acknowledge(position);
    await until(() => client.ofType('error').length === 4, 'four errors');
    expect(client.ofType('error')[0]!.meta).toMatchObject({ code: 400, errno: 107 });
    expect((await shown()).acked).toBeNull();
  });
});

describe('What goes by', () => {
  it('untold is marked by a checkpoint', async () => {
    await start('kinto.live.heartbeat = 0.25');
    const client = await StreamClient.greeted(server, 'indexer');
    await server.request('PUT', '/v1/buckets/other');
    await until(() => client.controls('checkpoint').length === 1, 'a checkpoint');
    const [{ position, previous }] = client.controls('checkpoint') as [JsonObject];
    expect(previous).toBe(client.hello.position);
    await write('r1');
    await client.hears(1);
    expect(metaOf(client.frames[0]!).previous).toBe(position);
  });

  it('faster than it can be told is announced, and told whole and in order', async () => {
    await start('kinto.batch_max_requests = 0');
    const first = await StreamClient.greeted(server, 'indexer');
    first.ws.close();
    await until(async () => (await shown()).connected === 0, 'the end');
    for (let n = 0; n < 10; n += 1) await writeMany(200);
    const client = await StreamClient.greeted(server, 'indexer');
    await client.hears(2000);
    expect(client.controls('lagging').length).toBe(1);
    expect(client.controls('lagging')[0]!.pending).toBeGreaterThanOrEqual(500);
    let told = client.hello.position;
    for (const message of client.frames) {
      expect(metaOf(message).previous).toBe(told);
      told = metaOf(message).position!;
    }
  });

  it('is kept back for one who does not read, who is let go after a while', async () => {
    await start('kinto.live.buffer_bytes = 65536\nkinto.live.drain_timeout = 1\nkinto.batch_max_requests = 0');
    const client = await StreamClient.greeted(server, 'indexer');
    client.ws.pause();
    for (let n = 0; n < 10; n += 1) await writeMany(20, 'x'.repeat(100_000));
    await until(async () => (await shown()).connected === 0, 'the slow reader to be let go');
    client.ws.resume();
    await client.ended();
    expect(client.frames.length).toBeLessThan(200);
  });

  it('and is too large is told by its id', async () => {
    await start('kinto.live.max_frame_bytes = 2048');
    const client = await StreamClient.greeted(server, 'indexer');
    await writeMany(1, 'x'.repeat(5000));
    const [frame] = await client.hears(1);
    expect(frame).toMatchObject({ meta: { too_large: true, id: 'many0' }, data: { id: 'many0' } });
    expect(Object.keys(frame!.data as JsonObject)).toEqual(['id', 'last_modified']);
  });
});

describe('With accounts', () => {
  let accounts: AccountsServer;

  beforeEach(async () => {
    accounts = await AccountsServer.start(`${OPEN_ACCOUNTS}\n${STREAMS_INI}`);
    ({ server } = accounts);
    await accounts.signUp('admin', 'alice', 'bob');
    for (const user of ['admin', 'alice']) {
      const body = { data: { key: 'accounts', object_types: ['account'] } };
      expect((await accounts.request('POST', '/v1/streams', { ...by(user), body })).status).toBe(201);
    }
  });

  const login = (user: string) => ({ authorization: by(user).headers!.authorization! });

  it('an owner hears of their own, administrators of all, nobody of a password', async () => {
    const admin = await StreamClient.greeted(server, 'accounts', login('admin'));
    const alice = await StreamClient.greeted(server, 'accounts', login('alice'));
    await accounts.request('PATCH', '/v1/accounts/bob', { ...by('bob'), body: { data: { likes: 'tea' } } });
    await accounts.request('PATCH', '/v1/accounts/alice', { ...by('alice'), body: { data: { likes: 'milk' } } });
    await admin.hears(2);
    await alice.hears(1);
    expect(admin.told).toEqual(['update account bob', 'update account alice']);
    expect(alice.told).toEqual(['update account alice']);
    expect(alice.frames[0]!.data).toMatchObject({ id: 'alice', likes: 'milk' });
    expect(JSON.stringify([admin.heard, alice.heard])).not.toContain('password');
  });

  it('an account takes its streams along, and ends their connections', async () => {
    const alice = await StreamClient.greeted(server, 'accounts', login('alice'));
    expect((await accounts.request('DELETE', '/v1/accounts/alice', by('alice'))).status).toBe(200);
    expect([4009, 4010]).toContain(await alice.ended());
    await accounts.signUp('alice');
    expect((await accounts.request('GET', '/v1/streams?_since=0', by('alice'))).list).toEqual([]);
    expect((await accounts.request('GET', '/v1/streams', by('admin'))).ids).toEqual(['accounts']);
  });

  it('a new password ends the connection that the old one has opened', async () => {
    const alice = await StreamClient.greeted(server, 'accounts', login('alice'));
    const body = { data: { password: 'another' } };
    expect((await accounts.request('PATCH', '/v1/accounts/alice', { ...by('alice'), body })).status).toBe(200);
    expect(await alice.ended()).toBe(4009);
  });
});
