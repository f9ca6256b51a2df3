import { once } from 'node:events';
import { WebSocket } from 'ws';
import { CLOSE } from '../../src/realtime/close-codes.js';
import { APP, startServer, type ChannelsServer } from './support/channels-server.js';
import { eventually } from './support/eventually.js';
import { RawClient } from './support/raw-client.js';
import { openSilent } from './support/silent-client.js';

describe('Connections that end', () => {
  let server: ChannelsServer;
  beforeAll(async () => {
    server = await startServer({ allowedOrigins: ['https://app.example.com', 'https://*.trusted.example'] });
  });
  afterAll(() => server.close());

  it.each(Object.entries(CLOSE))('%s has a reason that fits into a close frame and a code of its range', (_, close) => {
    expect(Buffer.byteLength(close.reason)).toBeLessThanOrEqual(123);
    const { code } = close;
    const then =
      code < 4000 || (code >= 4100 && code < 4200)
        ? 'retry in a second'
        : code >= 4200 && code < 4300
          ? 'retry at once'
          : 'give up';
    expect(close.then).toBe(then);
  });

  it.each(['/app/unknown', '/app/unknown?protocol=3', '/app/unknown?protocol=7'])(
    'accepts the upgrade of %s and closes with 4001 before anything else',
    async (path) => {
      const client = await RawClient.open(server, path);
      expect(await client.closed).toEqual({ code: 4001, reason: CLOSE.APP_NOT_FOUND.reason });
      expect(client.received).toEqual([]);
    },
  );

  it.each(['3', '4', '8', 'seven', ''])('closes protocol version "%s" with 4007', async (version) => {
    const client = await RawClient.open(server, `/app/${APP.key}?protocol=${version}`);
    expect(await client.closed).toEqual({ code: 4007, reason: CLOSE.PROTOCOL_NOT_SUPPORTED.reason });
    expect(client.received).toEqual([]);
  });

  it.each(['%7B%7D', 'x'.repeat(65), '8.6.0;drop'])('closes the library version "%s" with 4006', async (version) => {
    const client = await RawClient.open(server, `/app/${APP.key}?protocol=7&version=${version}`);
    expect(await client.closed).toEqual({ code: 4006, reason: CLOSE.BAD_VERSION.reason });
    expect(client.received).toEqual([]);
  });

  it.each([
    '?version=',
    '?version=0.2-SNAPSHOT',
    '?version=8.6.0%2Bbuild',
    '?protocol=5',
    '?protocol=6',
    '?protocol=7&colour=red',
    '',
  ])('speaks with "%s"', async (query) => {
    const client = await RawClient.open(server, `/app/${APP.key}${query}`);
    expect(await client.next()).toContain('connection_established');
    await client.close();
  });

  it.each([
    ['https://app.example.com', true],
    ['https://a.b.trusted.example', true],
    ['https://evil.example', false],
    ['https://app.example.com.evil.example', false],
    ['https://appXexample.com', false],
    ['null', false],
  ])('lets the origin %s in: %s', async (origin, isAllowed) => {
    const client = await RawClient.open(server, `/app/${APP.key}?protocol=7`, { origin });
    if (isAllowed) {
      expect(await client.next()).toContain('connection_established');
      await client.close();
    } else {
      expect((await client.closed).code).toBe(4009);
      expect(client.received).toEqual([]);
    }
  });

  it.each(['/', '/app', '/app/', '/app/key/more', '/other/key'])('answers an upgrade of %s with 404', async (path) => {
    const webSocket = new WebSocket(server.ws + path);
    const [, response] = (await once(webSocket, 'unexpected-response')) as [unknown, { statusCode: number }];
    expect(response.statusCode).toBe(404);
    webSocket.on('error', () => undefined);
    webSocket.terminate();
  });

  it('leaves paths that others claim to them', async () => {
    server.adapter.upgrades.claim(
      (path) => path === '/theirs',
      (_, socket) => socket.end('HTTP/1.1 418 \r\nConnection: close\r\n\r\n'),
    );
    const webSocket = new WebSocket(`${server.ws}/theirs`);
    const [, response] = (await once(webSocket, 'unexpected-response')) as [unknown, { statusCode: number }];
    expect(response.statusCode).toBe(418);
    webSocket.on('error', () => undefined);
    webSocket.terminate();
  });

  it('turns away with 4100 whom it has no room for', async () => {
    const small = await startServer({ maxConnections: 2 });
    const clients = await Promise.all([RawClient.connect(small), RawClient.connect(small)]);
    const third = await RawClient.open(small);
    expect(await third.closed).toEqual({ code: 4100, reason: CLOSE.OVER_CAPACITY.reason });
    await clients[0].close();
    await eventually(() => small.hub.counters.connections === 1, 'there is room again');
    await (await RawClient.connect(small)).close();
    await small.close();
  });

  it('pings the silent, and closes with 4201 who does not answer', async () => {
    const silent = await openSilent(server);
    const answering = await RawClient.connect(server);
    const start = performance.now();
    server.connections.sweep(start + 60_000);
    expect(await answering.settle()).toEqual([]);

    const pinged = once(answering.webSocket, 'ping');
    server.connections.sweep(start + 121_000);
    await pinged;
    await answering.settle();
    server.connections.sweep(start + 150_000);
    expect(server.hub.counters.connections).toBe(2);
    server.connections.sweep(start + 151_000 + 1);
    await eventually(() => server.hub.counters.connections === 1, 'the silent one is gone');
    await eventually(() => closeCodeIn(Buffer.concat(silent.chunks)) === 4201, 'it was told why');
    // The answering one was heard of at the time of the ping: for it this is a new silence.
    expect(await answering.settle()).toEqual([]);
    silent.socket.destroy();
    await answering.close();
  });

  it('tells everybody that it stops, cuts who does not answer, and is gone in time', async () => {
    const stopping = await startServer({ shutdownGrace: 1 });
    const clients = await Promise.all(Array.from({ length: 10 }, () => RawClient.connect(stopping, 'last')));
    const silent = await openSilent(stopping);
    stopping.hub.publish(APP.id, { channel: 'last', event: 'words', data: '' });
    const start = performance.now();
    await stopping.close();
    expect(performance.now() - start).toBeLessThan(30_000);
    for (const client of clients) {
      expect(await client.closed).toEqual({ code: 1012, reason: CLOSE.SERVER_RESTART.reason });
      expect(client.received.at(-1)).toContain('"event":"words"');
    }
    silent.socket.destroy();
  });
});

/** The code in the close frame at the end of the bytes, if one is there. */
function closeCodeIn(bytes: Buffer): number | undefined {
  const start = bytes.lastIndexOf(0x88);
  return start < 0 || start + 4 > bytes.length ? undefined : bytes.readUInt16BE(start + 2);
}
