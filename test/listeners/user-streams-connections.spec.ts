import { WebSocket } from 'ws';
import type { JsonObject } from '../../src/wire/json.js';
import { AccountsServer, by, OPEN_ACCOUNTS } from '../support/accounts-server.js';
import { basicAuth, startTestServer, USER_IDS, type TestServer } from '../support/server.js';
import { LiveReader } from './support/live-reader.js';
import { until } from './support/json-socket.js';
import { USER_STREAM, USER_STREAMS_INI, UserStreamClient } from './support/user-stream-client.js';

const COLLECTION = '/v1/buckets/blog/collections/articles';
const RECORDS = `${COLLECTION}/records`;

let server: TestServer;

async function start(ini = ''): Promise<void> {
  server = await startTestServer({ ini: `${USER_STREAMS_INI}\n${ini}` });
  await server.request('PUT', '/v1/buckets/blog');
  await server.request('PUT', COLLECTION);
}

async function write(...ids: string[]): Promise<void> {
  for (const id of ids) {
    const answer = await server.request('PUT', `${RECORDS}/${id}`, { body: { data: {} } });
    if (answer.status !== 201) throw new Error(answer.text);
  }
}

/** Writes so many records in few requests. */
async function writeMany(count: number, text: string): Promise<void> {
  const requests = Array.from({ length: count }, () => ({
    method: 'POST',
    path: RECORDS,
    body: { data: { text } },
  }));
  expect((await server.request('POST', '/v1/batch', { body: { requests } })).status).toBe(200);
}

function isThere(id: string): Promise<boolean> {
  return server.request('GET', `${RECORDS}?_connection_id=${id}`).then(({ status }) => status === 200);
}

function back(client: UserStreamClient): Promise<UserStreamClient> {
  return UserStreamClient.greeted(server, { query: { connection_id: client.id } });
}

function idsOf(client: UserStreamClient): unknown[] {
  return client.frames.map(({ data }) => (data as JsonObject).id);
}

async function ticket(data: JsonObject): Promise<string> {
  const answer = await server.request('POST', '/v1/realtime/tickets', { body: { data } });
  return answer.data.ticket as string;
}

afterEach(async () => {
  UserStreamClient.closeAll();
  await server.close();
});

describe('An attempt to connect', () => {
  beforeEach(() => start('kinto.user_streams.max_per_owner = 2\nkinto.user_streams.max_streams = 3'));

  it.each([
    ['nobody', { authorization: null }, 401, 104],
    ['a ticket that is none', { authorization: null, query: { ticket: 'tk_x' } }, 401, 104],
    ['an id that is none', { query: { connection_id: '17' } }, 400, 107],
    ['a wish that is none', { query: { auto_delete: 'maybe' } }, 400, 107],
    // A browser adds the password that it remembers to the requests of any page.
    ['the page of another host', { headers: { origin: 'https://elsewhere.example' } }, 401, 104],
  ])('by %s is refused in HTTP', async (_who, options, status, errno) => {
    const refusal = await UserStreamClient.refused(server, options);
    expect([refusal.status, refusal.body.errno]).toEqual([status, errno]);
  });

  it('with a ticket lets in once', async () => {
    const query = { ticket: await ticket({ use: 'once' }) };
    const client = await UserStreamClient.greeted(server, { authorization: null, query });
    expect(client.hello.resumed).toBe(false);
    expect((await UserStreamClient.refused(server, { authorization: null, query })).status).toBe(401);
    const elsewhere = { ticket: await ticket({ use: 'once', scope: ['/buckets/*'] }) };
    expect((await UserStreamClient.refused(server, { authorization: null, query: elsewhere })).status).toBe(403);
  });

  it('is one too many while all others are connected, and else takes the place of the oldest that is not', async () => {
    const first = await UserStreamClient.greeted(server);
    const second = await UserStreamClient.greeted(server);
    const third = await UserStreamClient.connect(server);
    expect(await third.ended()).toBe(4004);
    expect(third.heard).toEqual([{ event: 'bye', reason: 'too_many_streams' }]);
    first.ws.terminate();
    await until(async () => {
      const client = await UserStreamClient.connect(server);
      await until(() => client.heard.length > 0, 'hello or bye');
      return client.heard[0]!.event === 'hello';
    }, 'a place');
    expect(await isThere(first.id)).toBe(false);
    expect(await isThere(second.id)).toBe(true);
  });

  it('is one too many for the server', async () => {
    for (const user of ['mat', 'mat', 'bob'])
      await UserStreamClient.greeted(server, { authorization: basicAuth(user) });
    const last = await UserStreamClient.connect(server, { authorization: basicAuth('alice') });
    expect(await last.ended()).toBe(4100);
  });
});

describe('A connection', () => {
  it('answers whatever is said, and understands only text', async () => {
    await start();
    const client = await UserStreamClient.greeted(server);
    client.ws.send('are you there?');
    expect(await client.hearsEvent('pong')).toEqual([{ event: 'pong' }]);
    client.ws.send(Buffer.from([1]));
    expect(await client.ended()).toBe(1003);
  });

  it('stays while its client answers pings, and ends when it does not', async () => {
    await start('kinto.user_streams.keepalive = 0.6');
    const talkative = await UserStreamClient.greeted(server);
    const headers = { authorization: basicAuth('bob') };
    const silent = new WebSocket(`ws://127.0.0.1:${server.port}${USER_STREAM}`, { headers, autoPong: false });
    const code = await new Promise((resolve) => silent.once('close', resolve));
    expect(code).toBe(4201);
    expect(talkative.closed).toBeUndefined();
  });

  it('ends when it is old enough, and goes on where it was', async () => {
    await start('kinto.live.max_age = 1');
    const client = await UserStreamClient.greeted(server);
    await client.follow(RECORDS, 'mine');
    expect(await client.ended()).toBe(4203);
    expect(client.ofEvent('bye')).toEqual([{ event: 'bye', reason: 'max_age' }]);
    await write('r1');
    const again = await back(client);
    await again.hears(1);
    expect(again.told).toEqual(['create r1: mine']);
  });

  it('has as many subscriptions as it may have', async () => {
    await start('kinto.user_streams.max_subscriptions = 2');
    const client = await UserStreamClient.greeted(server);
    for (const id of ['a', 'b']) expect((await client.follow(RECORDS, id)).status).toBe(200);
    const answer = await client.follow(RECORDS, 'c');
    expect(answer.status).toBe(403);
    expect(answer.json).toMatchObject({ errno: 121, details: { limit: 2 } });
    expect((await client.follow(`${RECORDS}?_position=abc.1.0000`, 'c')).status).toBe(403);
    expect((await client.follow(RECORDS, 'b')).status).toBe(200);
    const path = `${USER_STREAM}/${client.id}/a`;
    expect((await server.request('DELETE', path)).status).toBe(204);
    expect((await client.follow(RECORDS, 'c')).status).toBe(200);
  });

  it('and its subscriptions can be ended over HTTP, by its owner', async () => {
    await start();
    const client = await UserStreamClient.greeted(server);
    await client.follow(RECORDS, 'a');
    await client.follow('/v1/buckets/blog/groups', 'b');
    const path = `${USER_STREAM}/${client.id}`;
    for (const [auth, status] of [
      ['bob', 404],
      [null, 401],
    ] as const) {
      expect((await server.request('DELETE', `${path}/a`, { auth })).status).toBe(status);
      expect((await server.request('DELETE', path, { auth })).status).toBe(status);
    }
    const answer = await server.request('DELETE', `${path}/a`);
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect((await server.request('DELETE', `${path}/a`)).status).toBe(404);
    await write('r1');
    await server.request('PUT', '/v1/buckets/blog/groups/g', { body: { data: { members: [] } } });
    await client.hears(1);
    expect(client.told).toEqual(['create g: b']);
    expect((await server.request('DELETE', path)).status).toBe(204);
    expect(await client.ended()).toBe(4010);
    expect((await server.request('DELETE', path)).status).toBe(404);
    expect((await back(client)).hello).toMatchObject({ resumed: false, subscriptions: [] });
  });

  it('ends with the server, whose clients are told to come again', async () => {
    await start();
    const client = await UserStreamClient.greeted(server);
    const reader = await LiveReader.open(server, USER_STREAM);
    await reader.next();
    await server.close();
    expect(await client.ended()).toBe(1012);
    expect(client.ofEvent('bye')).toEqual([{ event: 'bye', reason: 'restart' }]);
    await reader.ended();
    expect(reader.events.at(-1)).toMatchObject({ event: 'bye', data: { event: 'bye', reason: 'restart' } });
    await start();
  });
});

describe('Who comes back', () => {
  it('goes on with all lists, each where it was', async () => {
    await start();
    const client = await UserStreamClient.greeted(server);
    await client.follow(`${RECORDS}?_fields=id`, 'records');
    const groups = await client.follow('/v1/buckets/blog/groups', 'groups');
    await write('r1');
    await client.hears(1);
    client.ws.terminate();
    await write('r2');
    const again = await back(client);
    expect(again.hello).toMatchObject({ connection_id: client.id, resumed: true });
    const known = { id: 'groups', uri: '/buckets/blog/groups', position: groups.headers.get('change-position') };
    expect(again.hello.subscriptions).toContainEqual(known);
    await write('r3');
    await until(() => idsOf(again).includes('r3'), 'the last');
    // What was not known to have arrived is told again: r1, too, perhaps.
    expect(idsOf(again).filter((id) => id !== 'r1')).toEqual(['r2', 'r3']);
  });

  it('is told again what was sent and has not arrived', async () => {
    await start('kinto.live.heartbeat = 0.2');
    const client = await UserStreamClient.greeted(server);
    const position = (await client.follow(RECORDS, 'mine')).headers.get('change-position');
    client.ws.pause();
    const other = await UserStreamClient.greeted(server);
    await other.follow(RECORDS);
    await write('r1', 'r2');
    await other.hears(2);
    client.ws.terminate();
    const again = await back(client);
    await again.hears(2);
    expect(again.told).toEqual(['create r1: mine', 'create r2: mine']);
    expect(again.frames[0]!.previous).toBe(position);
  });

  it('is not told again what has arrived', async () => {
    await start('kinto.live.heartbeat = 0.2');
    const client = await UserStreamClient.greeted(server);
    const asked: number[] = [];
    client.ws.on('ping', (question: Buffer) => asked.push(Number(question.toString())));
    await client.follow(RECORDS, 'mine');
    await write('r1');
    const [frame] = await client.hears(1);
    await until(() => asked.includes(1), 'a ping behind the frame');
    client.ws.close();
    await client.ended();
    const again = await back(client);
    expect(again.hello.subscriptions).toMatchObject([{ id: 'mine', position: frame!.position }]);
    await write('r2');
    await again.hears(1);
    expect(idsOf(again)).toEqual(['r2']);
  });

  it('takes the stream over from whoever has it', async () => {
    await start();
    const client = await UserStreamClient.greeted(server);
    await client.follow(RECORDS, 'mine');
    const again = await back(client);
    expect(await client.ended()).toBe(4202);
    await write('r1');
    await again.hears(1);
    expect([again.told, client.told]).toEqual([['create r1: mine'], []]);
    const bob = await UserStreamClient.greeted(server, {
      authorization: basicAuth('bob'),
      query: { connection_id: client.id },
    });
    expect(bob.hello.resumed).toBe(false);
    expect(bob.id).not.toBe(client.id);
    expect(again.closed).toBeUndefined();
  });

  it('may have asked for further lists meanwhile', async () => {
    await start();
    const client = await UserStreamClient.greeted(server);
    client.ws.terminate();
    await until(async () => (await client.follow(RECORDS, 'mine')).status === 200, 'the subscription');
    await write('r1');
    const again = await back(client);
    await again.hears(1);
    expect(again.told).toEqual(['create r1: mine']);
  });

  it('hears what is theirs no more', async () => {
    await start();
    const share = (read: string[]) => server.request('PATCH', COLLECTION, { body: { permissions: { read } } });
    await share([USER_IDS.bob]);
    const authorization = basicAuth('bob');
    const client = await UserStreamClient.greeted(server, { authorization });
    await client.follow(RECORDS, 'mine');
    client.ws.terminate();
    await share([]);
    await write('secret');
    const again = await UserStreamClient.greeted(server, { authorization, query: { connection_id: client.id } });
    expect(await again.hearsEvent('revoked')).toEqual([{ event: 'revoked', subscription_ids: ['mine'] }]);
    expect(again.frames).toEqual([]);
  });

  it('begins anew where the log does not go back as far', async () => {
    await start('kinto.changes.max_replay = 2\nkinto.live.max_snapshot = 3');
    const client = await UserStreamClient.greeted(server);
    await client.follow(RECORDS, 'mine');
    client.ws.terminate();
    await write('r1', 'r2', 'r3');
    const second = await back(client);
    // Each object as it is now.
    await second.hears(3);
    expect(second.frames).toMatchObject([{ coalesced: true }, { coalesced: true }, { coalesced: true }]);
    second.ws.terminate();
    await write('r4', 'r5', 'r6', 'r7', 'r8', 'r9', 'r10');
    const third = await back(client);
    expect(await third.hearsEvent('reset')).toMatchObject([{ subscription_ids: ['mine'], reason: 'too_far' }]);
    await write('r11');
    expect((await third.hears(1))[0]!.previous).toBe(third.ofEvent('reset')[0]!.position);
  });

  it('too late begins with nothing', async () => {
    await start('kinto.user_streams.resume_for = 0.1');
    const client = await UserStreamClient.greeted(server);
    await client.follow(RECORDS, 'mine');
    client.ws.terminate();
    await until(async () => !(await isThere(client.id)), 'the end of the stream');
    expect((await back(client)).hello).toMatchObject({ resumed: false, subscriptions: [] });
  });

  it('finds nothing where the stream was to go with its connection', async () => {
    await start();
    const client = await UserStreamClient.greeted(server, { query: { auto_delete: '1' } });
    expect(client.hello.resume_for).toBe(0);
    client.ws.terminate();
    await until(async () => !(await isThere(client.id)), 'the end of the stream');
  });
});

describe('A slow reader', () => {
  it('is told all the same, in order and without a gap', async () => {
    await start('kinto.live.buffer_bytes = 65536\nkinto.batch_max_requests = 0');
    const client = await UserStreamClient.greeted(server);
    let told = (await client.follow(RECORDS, 'mine')).headers.get('change-position');
    await client.follow(`${RECORDS}?_fields=id`, 'ids');
    client.ws.pause();
    for (let n = 0; n < 5; n += 1) await writeMany(20, 'x'.repeat(100_000));
    client.ws.resume();
    await client.hears(200);
    for (const frame of client.frames) {
      if (!(frame.subscription_ids as string[]).includes('mine')) continue;
      expect(frame.previous).toBe(told);
      told = frame.position as string;
    }
  });

  it('is let go after a while, and keeps nobody from anything', async () => {
    const limits =
      'kinto.live.buffer_bytes = 65536\nkinto.live.drain_timeout = 1\nkinto.user_streams.max_per_owner = 1';
    await start(`${limits}\nkinto.batch_max_requests = 0`);
    const client = await UserStreamClient.greeted(server);
    await client.follow(RECORDS, 'mine');
    client.ws.pause();
    for (let n = 0; n < 10; n += 1) await writeMany(20, 'x'.repeat(100_000));
    await until(async () => {
      const next = await UserStreamClient.connect(server);
      await until(() => next.heard.length > 0, 'hello or bye');
      return next.heard[0]!.event === 'hello';
    }, 'its place');
    client.ws.resume();
    await client.ended();
    expect(client.frames.length).toBeLessThan(200);
  });
});

describe('As server-sent events', () => {
  async function follow(reader: LiveReader, path: string, id: string): Promise<void> {
    const connection = reader.events[0]!.data.connection_id as string;
    const answer = await server.request('GET', `${path}?_connection_id=${connection}&_subscription_id=${id}`);
    expect([answer.status, answer.headers.get('subscription-id')]).toEqual([200, id]);
  }

  const told = ({ events }: LiveReader) => events.filter(({ data }) => 'data' in data).map(({ data }) => data.data);

  it('a stream tells the same, and a browser that comes back misses nothing and hears nothing twice', async () => {
    await start();
    const reader = await LiveReader.open(server, USER_STREAM);
    expect(reader.response.headers['content-type']).toBe('text/event-stream');
    const hello = await reader.next();
    expect(hello).toMatchObject({ event: 'hello', id: `${hello.data.connection_id as string}.0` });
    await follow(reader, RECORDS, 'mine');
    await write('r1', 'r2');
    const first = await reader.next();
    expect(first).toMatchObject({ event: 'create', data: { event: 'create', subscription_ids: ['mine'] } });
    await reader.next();
    reader.drop();
    await write('r3');
    // It has read the first of the two only.
    const again = await LiveReader.open(server, USER_STREAM, { after: first.id });
    expect((await again.next()).data).toMatchObject({
      resumed: true,
      subscriptions: [{ position: first.data.position }],
    });
    await until(() => told(again).length === 2, 'two frames');
    expect(told(again)).toMatchObject([{ id: 'r2' }, { id: 'r3' }]);
    const last = again.lastId;
    again.drop();
    const third = await LiveReader.open(server, USER_STREAM, { after: last });
    expect((await third.next()).data.resumed).toBe(true);
    await write('r4');
    await until(() => told(third).length === 1, 'a frame');
    expect(told(third)).toMatchObject([{ id: 'r4' }]);
    third.drop();
  });

  it('a stream can be opened with a ticket, as often as a browser likes', async () => {
    await start('kinto.live.heartbeat = 0.2');
    const path = `${USER_STREAM}?ticket=${await ticket({ use: 'stream' })}`;
    const reader = await LiveReader.open(server, path, { auth: null });
    const { id } = await reader.next();
    reader.drop();
    const again = await LiveReader.open(server, path, { auth: null, after: id });
    expect((await again.next()).data.resumed).toBe(true);
    again.drop();
  });

  it('a stream is refused to who accepts none, and to nobody in particular', async () => {
    await start();
    expect((await server.request('GET', USER_STREAM)).status).toBe(406);
    const headers = { accept: 'text/event-stream' };
    expect((await server.request('GET', USER_STREAM, { auth: null, headers })).status).toBe(401);
  });

  it('one stream too many is told to come later, and never by a status at which browsers stop', async () => {
    await start('kinto.user_streams.max_per_owner = 1');
    const reader = await LiveReader.open(server, USER_STREAM);
    await reader.next();
    const second = await LiveReader.open(server, USER_STREAM);
    await second.ended();
    expect(second.status).toBe(200);
    expect(second.events).toMatchObject([{ event: 'bye', data: { event: 'bye', reason: 'too_many_streams' } }]);
    expect(second.retry).toBeGreaterThanOrEqual(1000);
    reader.drop();
  });
});

describe('With accounts', () => {
  it('a new password ends the connection that the old one has opened', async () => {
    const accounts = await AccountsServer.start(`${OPEN_ACCOUNTS}\n${USER_STREAMS_INI}`);
    ({ server } = accounts);
    await accounts.signUp('alice');
    const authorization = by('alice').headers!.authorization!;
    const client = await UserStreamClient.greeted(server, { authorization });
    await accounts.request('PUT', '/v1/buckets/alices', by('alice'));
    expect((await client.follow('/v1/buckets/alices/groups')).status).toBe(200);
    const body = { data: { password: 'another' } };
    expect((await accounts.request('PATCH', '/v1/accounts/alice', { ...by('alice'), body })).status).toBe(200);
    expect(await client.ended()).toBe(4009);
  });

  it('a new password ends a connection without a subscription at the next sweep', async () => {
    const accounts = await AccountsServer.start(`${OPEN_ACCOUNTS}\n${USER_STREAMS_INI}\nkinto.live.sweep = 0.3`);
    ({ server } = accounts);
    await accounts.signUp('alice');
    const authorization = by('alice').headers!.authorization!;
    const client = await UserStreamClient.greeted(server, { authorization });
    const body = { data: { password: 'another' } };
    await accounts.request('PATCH', '/v1/accounts/alice', { ...by('alice'), body });
    expect(await client.ended()).toBe(4009);
  });
});

describe('What hello and the API description say', () => {
  it('of user streams, where they are switched on', async () => {
    await start();
    const { capabilities } = (await server.request('GET', '/v1/')).json as { capabilities: JsonObject };
    expect(capabilities.user_stream).toMatchObject({
      path: '/user_stream',
      limits: { max_per_owner: 5, max_subscriptions: 50, resume_for: 300, keepalive: 60 },
    });
    const { paths } = (await server.request('GET', '/v1/__api__')).json as { paths: JsonObject };
    for (const path of ['', '/{connection_id}', '/{connection_id}/{subscription_id}']) {
      expect(Object.keys(paths)).toContain(`/user_stream${path}`);
    }
  });
});
