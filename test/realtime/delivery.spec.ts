import { connect, type Socket } from 'node:net';
import { APP, startServer, type ChannelsServer } from './support/channels-server.js';
import { eventually } from './support/eventually.js';
import { RawClient } from './support/raw-client.js';

describe('Delivery', () => {
  let server: ChannelsServer;
  beforeEach(async () => (server = await startServer({ bufferBytes: 65_536 })));
  afterEach(() => server.close());

  it('keeps the order of publishing across channels', async () => {
    const client = await RawClient.connect(server, 'a', 'b', 'c');
    for (let n = 0; n < 3000; n += 1) {
      server.hub.publish(APP.id, { channel: ['a', 'b', 'c'][n % 3] ?? '', event: 'n', data: String(n) });
      if (n % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    const numbers = (await client.settle()).map((message) => Number((JSON.parse(message) as { data: string }).data));
    expect(numbers).toEqual(Array.from({ length: 3000 }, (_, n) => n));
    await client.close();
  });

  it('keeps answers and messages in the order they were made', async () => {
    const client = await RawClient.connect(server);
    client.say({ event: 'pusher:subscribe', data: { channel: 'a' } });
    await eventually(
      () => server.hub.publish(APP.id, { channel: 'a', event: 'e', data: '' }) === 1,
      'somebody listens',
    );
    const [first, second] = await client.settle();
    expect(first).toContain('subscription_succeeded');
    expect(second).toContain('"event":"e"');
    await client.close();
  });

  it('lets one reader that got stuck among a hundred go, and everybody else gets everything', async () => {
    const readers = await Promise.all(Array.from({ length: 99 }, () => RawClient.connect(server, 'news')));
    const stuck = await openStuck(server);
    await eventually(() => server.hub.countSubscribers(APP.id, 'news') === 100, 'all are subscribed');

    let published = 0;
    const data = 'x'.repeat(10_000);
    const isStuckGone = () => server.hub.counters.slowReadersDropped > 0;
    while (!isStuckGone() && published < 3000) {
      for (let n = 0; n < 4; n += 1)
        server.hub.publish(APP.id, { channel: 'news', event: String((published += 1)), data });
      await eventually(() => readers.every(({ received }) => received.length === published + 2), 'all have it');
    }
    expect(isStuckGone()).toBe(true);
    expect(server.hub.publish(APP.id, { channel: 'news', event: 'after', data: '' })).toBe(99);
    await Promise.all(
      readers.map(async (reader) => {
        const events = (await reader.settle()).map((message) => /"event":"([^"]*)"/.exec(message)?.[1]);
        expect(events).toEqual([...Array.from({ length: published }, (_, n) => String(n + 1)), 'after']);
      }),
    );
    expect(server.hub.counters.slowReadersDropped).toBe(1);

    // Should it ever read on, the last it finds is why it was let go: a close frame with 4100.
    let tail = Buffer.alloc(0);
    stuck.on('data', (chunk) => (tail = Buffer.concat([tail, chunk]).subarray(-200)));
    stuck.resume();
    await eventually(
      () => tail.includes(Buffer.from([0x10, 0x04, ...Buffer.from('Messages were not read')])),
      'it is told',
    );
    stuck.destroy();
    await Promise.all(readers.map((reader) => reader.close()));
  });
});

/** A client by hand that subscribes and then reads no more. */
async function openStuck(server: ChannelsServer): Promise<Socket> {
  const socket = connect(server.port, '127.0.0.1');
  let seen = '';
  const look = (chunk: Buffer) => (seen += chunk.toString('latin1'));
  socket.on('data', look);
  socket.on('error', () => undefined);
  socket.write(
    `GET /app/${APP.key} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  await eventually(() => seen.includes('connection_established'), 'the connection is there');
  const text = Buffer.from('{"event":"pusher:subscribe","data":{"channel":"news"}}');
  // A masked text frame (RFC 6455, 5.3) whose mask is zero.
  socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), text]));
  await eventually(() => seen.includes('subscription_succeeded'), 'it is subscribed');
  socket.off('data', look);
  socket.pause();
  return socket;
}
