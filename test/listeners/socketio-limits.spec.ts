import { Socket as ServerSocket } from 'socket.io';
import { WebSocket } from 'ws';
import { readCredential } from '../../src/listeners/socketio/credential.js';
import type { JsonObject } from '../../src/wire/json.js';
import { AccountsServer, by, OPEN_ACCOUNTS } from '../support/accounts-server.js';
import { basicAuth, startTestServer, type TestServer } from '../support/server.js';
import { KINDS, SOCKETIO_INI, SocketClient, until } from './socketio-client.js';

const COLLECTION = '/buckets/b/collections/c';
const LIST = `${COLLECTION}/records`;

/** How many records are written in one request. */
const MANY = 10_000;

let server: TestServer;

async function start(ini = ''): Promise<void> {
  server = await startTestServer({ ini: `${SOCKETIO_INI}\n${ini}` });
  await server.request('PUT', '/v1/buckets/b');
  await server.request('PUT', `/v1${COLLECTION}`);
}

async function writeMany(text: string): Promise<void> {
  const requests = Array.from({ length: MANY }, (_, n) => ({
    method: 'PUT',
    path: `${LIST}/r${n}`,
    body: { data: { text } },
  }));
  expect((await server.request('POST', '/v1/batch', { body: { requests } })).status).toBe(200);
}

/** Stops and goes on reading, as a client on a bad road does. */
function roadOf(client: SocketClient): { pause(): void; resume(): void } {
  const { ws } = client.socket.io.engine.transport as unknown as {
    ws: { _socket: { pause(): void; resume(): void } };
  };
  return ws._socket;
}

afterEach(async () => {
  SocketClient.closeAll();
  await server.close();
});

describe('A change of ten thousand records', () => {
  it.each(KINDS)(
    'arrives whole at version $version over $transport',
    async (kind) => {
      await start('kinto.batch_max_requests = 0');
      const client = await SocketClient.connect(server, '/me', kind);
      const { body } = await client.ask('subscribe', { key: 'all', uri: LIST });
      await writeMany('');
      await until(() => client.all('change').length === MANY, 'all changes', 60_000);
      expectOrder(client.all('change'), body.position);
      const told = () => client.all('recordsChanged').flatMap(({ changes }) => changes as JsonObject[]);
      const count = () => told().reduce((sum, { counts }) => sum + ((counts as JsonObject).create as number), 0);
      await until(() => count() === MANY, 'message of all of them');
      for (const { ids } of told()) expect((ids as string[]).length).toBeLessThanOrEqual(100);
    },
    120_000,
  );

  it('waits in the log, and not in memory, for who does not read, and then arrives whole', async () => {
    await start('kinto.batch_max_requests = 0\nkinto.max_body_bytes = 100000000\nkinto.live.buffer_bytes = 65536');
    let emitted = 0;
    const emit = Object.getOwnPropertyDescriptor(ServerSocket.prototype, 'emit')!.value as ServerSocket['emit'];
    ServerSocket.prototype.emit = function (this: ServerSocket, event: string, ...args: unknown[]): boolean {
      if (event === 'change') emitted += 1;
      return emit.call(this, event, ...args);
    } as ServerSocket['emit'];
    try {
      const slow = await SocketClient.connect(server, '/me');
      const quick = await SocketClient.connect(server, '/me');
      const { body } = await slow.ask('subscribe', { key: 'all', uri: LIST });
      const road = roadOf(slow);
      road.pause();
      await writeMany('x'.repeat(4000));
      // Somebody else hears of it all meanwhile.
      const last = () =>
        quick
          .all('recordsChanged')
          .flatMap(({ changes }) =>
            (changes as JsonObject[]).map(({ counts }) => (counts as JsonObject).create as number),
          );
      await until(() => last().reduce((a, b) => a + b, 0) === MANY, 'message of all of them', 60_000);
      // What the network itself holds is a part of these 40 MB.
      expect(emitted).toBeLessThan(MANY / 2);
      road.resume();
      await until(() => slow.all('change').length === MANY, 'all changes', 60_000);
      expectOrder(slow.all('change'), body.position);
    } finally {
      ServerSocket.prototype.emit = emit;
    }
  }, 120_000);

  it('ends the connection of who never reads', async () => {
    await start(`
kinto.batch_max_requests = 0
kinto.max_body_bytes = 100000000
kinto.live.buffer_bytes = 65536
kinto.live.drain_timeout = 0.3
kinto.socketio.max_connections_per_user = 1`);
    const slow = await SocketClient.connect(server, '/me');
    await slow.ask('subscribe', { key: 'all', uri: LIST });
    const road = roadOf(slow);
    road.pause();
    await writeMany('x'.repeat(4000));
    const ended = slow.disconnected();
    // As long as the first is there, there is no room for another.
    await until(async () => {
      const other = SocketClient.start(server, '/me');
      const refusal = await other.opened();
      other.socket.close();
      return refusal === undefined;
    }, 'room for another');
    road.resume();
    expect(['transport close', 'transport error']).toContain(await ended);
  }, 120_000);
});

function expectOrder(changes: readonly JsonObject[], first: unknown): void {
  let previous = first;
  for (const change of changes) {
    expect(change.previous).toBe(previous);
    previous = change.position;
  }
}

describe('Who is not who they were', () => {
  it('is sent away at once, and told why', async () => {
    const accounts = await AccountsServer.start(`${OPEN_ACCOUNTS}\n${SOCKETIO_INI}`);
    ({ server } = accounts);
    await accounts.signUp('ann', 'ben');
    const clients = [];
    for (const { version, transport } of KINDS) {
      clients.push(await SocketClient.connect(server, '/ann', { version, transport, token: basicAuth('ann', 'pw') }));
    }
    const ben = await SocketClient.connect(server, '/ben', { token: basicAuth('ben', 'pw') });
    const body = { data: { password: 'other' } };
    expect((await accounts.request('PATCH', '/v1/accounts/ann', { ...by('ann'), body })).status).toBe(200);
    for (const client of clients) {
      expect(await client.next('sessionEnded')).toMatchObject({ code: 401, errno: 105 });
      expect(['io server disconnect', 'already']).toContain(await client.disconnected());
    }
    expect((await ben.command('root.get')).error).toBeNull();
    expect((await accounts.request('DELETE', '/v1/accounts/ben', by('ben'))).status).toBe(200);
    expect(await ben.next('sessionEnded')).toMatchObject({ code: 401 });
  });
});

describe('A ticket', () => {
  beforeEach(() => start());

  async function ticket(data: JsonObject): Promise<string> {
    return (await server.request('POST', '/v1/realtime/tickets', { body: { data } })).data.ticket as string;
  }

  it('lets its holder in once, in place of a login', async () => {
    const token = await ticket({ use: 'once' });
    const client = await SocketClient.connect(server, '/me', { token });
    expect((await client.command('root.get')).body.user).toMatchObject({
      id: expect.stringMatching(/^basicauth:/) as string,
    });
    expect(await SocketClient.start(server, '/me', { token }).opened()).toMatchObject({ code: 401 });
  });

  it('is good for its scope and nothing else', async () => {
    const scope = [COLLECTION, `${COLLECTION}/*`];
    expect(await SocketClient.start(server, '/me', { token: await ticket({ scope }) }).opened()).toMatchObject({
      code: 403,
    });
    const client = await SocketClient.connect(server, COLLECTION, { token: await ticket({ scope }) });
    expect((await client.command('records.create', { params: { id: 'r' } })).error).toBeNull();
    expect((await client.ask('subscribe', { uri: LIST })).error).toBeNull();
    const beyond = [
      await client.command('buckets.get'),
      await client.ask('request', { path: '/buckets/b' }),
      await client.ask('request', { path: `${COLLECTION}/..%2F..%2F..%2Fbuckets` }),
      await client.command('batch.post', { body: { requests: [{ path: '/buckets' }] } }),
    ];
    for (const { error } of beyond.filter((_, index) => index !== 2))
      expect(error).toMatchObject({ code: 403, errno: 121 });
    expect(beyond[2]!.error).not.toBeNull();
  });
});

describe('A handshake', () => {
  it('may have its login in a header, but not from the page of another host', async () => {
    await start();
    const authorization = basicAuth('mat');
    const own = { Origin: server.url, authorization };
    for (const headers of [{ authorization }, own]) {
      const client = await SocketClient.connect(server, '/me', { user: null, headers });
      expect((await client.command('root.get')).body).toHaveProperty('user');
    }
    // A browser would have added it by itself.
    const headers = { Origin: 'https://other.example', authorization };
    expect(await SocketClient.start(server, '/me', { user: null, headers }).opened()).toMatchObject({ code: 401 });
    // So it would to JSONP, which says nothing of its page.
    const noTickets = { find: () => Promise.resolve(undefined) };
    const shown = await readCredential({ auth: {}, query: { j: '0' }, headers: { authorization } }, noTickets);
    expect(shown.headers).toEqual({});
  });

  it('is not looked at any more when it was refused too often', async () => {
    await start('kinto.socketio.failed_handshakes = 3');
    const codes = [];
    for (let count = 0; count < 5; count++) {
      codes.push((await SocketClient.start(server, '/me', { token: 'wrong' }).opened())?.code);
    }
    expect(codes).toEqual([401, 401, 401, 429, 429]);
    expect((await SocketClient.connect(server, '/me')).socket.connected).toBe(true);
  });

  it('is refused beyond the number of a user, and of all', async () => {
    await start('kinto.socketio.max_connections_per_user = 1\nkinto.socketio.max_connections = 3');
    await SocketClient.connect(server, '/me');
    const second = SocketClient.start(server, '/me');
    expect(await second.opened()).toMatchObject({ code: 429, errno: 117 });
    await SocketClient.connect(server, '/me', { user: 'bob' });
    await SocketClient.connect(server, '/me', { user: 'alice' }).catch(() => undefined);
    second.socket.close();
  });

  it('with an auth function goes on from where each connection was', async () => {
    await start();
    const known: { position?: string } = {};
    const auth = (answer: (data: object) => void) =>
      answer({ positions: known.position === undefined ? {} : { [LIST]: known.position } });
    const client = await SocketClient.connect(server, '/me', { auth, reconnection: true });
    const made = await server.request('PUT', `/v1${LIST}/a`, { body: { data: {} } });
    known.position = made.headers.get('change-position')!;
    client.cut();
    await server.request('PUT', `/v1${LIST}/b`, { body: { data: {} } });
    await until(() => client.all('recordsChanged').some(({ recovered }) => recovered === true), 'what was missed');
    const recovered = client.all('recordsChanged').find((message) => message.recovered === true)!;
    expect(recovered.changes).toMatchObject([{ ids: ['b'], previous: known.position }]);
  });
});

describe('The address', () => {
  it('is a setting, and hello says it', async () => {
    await start('kinto.socketio.path = /live\nkinto.socketio.transports = websocket');
    const { capabilities } = (await server.request('GET', '/v1/')).json;
    expect((capabilities as JsonObject).socketio).toMatchObject({ path: '/live', client: '/live/socket.io.js' });
    const client = await SocketClient.connect(server, '/me', { path: '/live' });
    expect((await client.command('root.get')).error).toBeNull();
    const polling = SocketClient.start(server, '/me', { path: '/live', transport: 'polling' });
    expect(await polling.opened()).toBeInstanceOf(Error);
    expect((await server.requestExactly('GET', '/socket.io/socket.io.js')).status).toBe(307);
  });

  it('is not there without its listener', async () => {
    server = await startTestServer();
    expect((await server.request('GET', '/v1/')).json.capabilities).not.toHaveProperty('socketio');
    expect((await server.requestExactly('GET', '/v1/socket.io/socket.io.js')).status).toBe(404);
  });

  it('leaves the sockets of Pusher clients and of nobody as they were', async () => {
    await start();
    const { capabilities } = (await server.request('GET', '/v1/')).json;
    const { key } = (capabilities as JsonObject).pusher as { key: string };
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/app/${key}?protocol=7`);
    const message = await new Promise<string>((resolve) =>
      socket.once('message', (text: Buffer) => resolve(String(text))),
    );
    expect(message).toContain('pusher:connection_established');
    socket.terminate();
    const nobody = new WebSocket(`${server.url.replace('http', 'ws')}/nobody`);
    const error = await new Promise<Error>((resolve) => nobody.once('error', resolve));
    expect(error.message).toContain('404');
  });

  it('can be that of one listener alone', async () => {
    await start();
    const two =
      'kinto.event_listeners = a b\nkinto.event_listeners.a.use = socketio\nkinto.event_listeners.b.use = kumocast.listeners.socketio';
    await expect(startTestServer({ ini: two })).rejects.toThrow('one listener of the kind socketio');
  });

  it('hears of what the filter of its listener lets through', async () => {
    await start('kinto.event_listeners.socketio.resources = record');
    const client = await SocketClient.connect(server, '/me');
    await server.request('PUT', '/v1/buckets/other');
    await server.request('PUT', `/v1${LIST}/r`, { body: { data: {} } });
    await client.next('recordsChanged');
    expect(client.heard).toEqual([]);
  });
});
