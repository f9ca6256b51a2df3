import { connect, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { APP, startServer, type ChannelsServer } from './support/channels-server.js';
import { eventually } from './support/eventually.js';
import { CLOSE_FRAME, frame, TcpClient, TEXT, upgrade } from './support/tcp-client.js';

const READERS = 999;
/** On a busy machine a thousand connections take their time. */
const PATIENCE = 60_000;
const MEBIBYTE = 2 ** 20;

/** A client that only counts what it gets, so that what the process holds is the server's. */
class Counting {
  bytes = 0;
  readonly socket: Socket;

  constructor({ port }: ChannelsServer, buffer: Uint8Array) {
    const callback = (read: number): boolean => {
      this.bytes += read;
      return true;
    };
    this.socket = connect({ port, host: '127.0.0.1', onread: { buffer, callback } });
    this.socket.on('error', () => undefined);
    this.socket.write(upgrade());
    this.socket.write(subscribe('news'));
  }
}

function subscribe(channel: string): Buffer {
  return frame(TEXT, JSON.stringify({ event: 'pusher:subscribe', data: { channel } }));
}

/** What is held at most by what is still in use, in bytes. */
function memoryInUse(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

describe('One reader among a thousand that reads no more', () => {
  let server: ChannelsServer;
  beforeAll(async () => (server = await startServer()));
  afterAll(() => server.close());

  it(
    'is let go with 4100 and counted; memory stays flat, and the others get everything',
    async () => {
      const buffer = Buffer.alloc(65_536);
      const readers: Counting[] = [];
      while (readers.length < READERS) {
        for (let n = 0; n < 111; n += 1) readers.push(new Counting(server, buffer));
        const isThere = () => server.hub.countSubscribers(APP.id, 'news') === readers.length;
        await eventually(isThere, 'they are subscribed', PATIENCE);
      }
      const stuck = await TcpClient.connect(server);
      stuck.write(subscribe('flood'), subscribe('news'));
      await stuck.message();
      await stuck.message();
      stuck.socket.pause();

      // The confirmation has to be read by all before anything is counted: its size is the same for all, theirs is not.
      let seen = -1;
      const total = () => readers.reduce((sum, { bytes }) => sum + bytes, 0);
      const isQuiet = () => seen === (seen = total());
      await eventually(() => readers.every(({ bytes }) => bytes > 300) && isQuiet(), 'all is read', PATIENCE);
      const before = readers.map(({ bytes }) => bytes);
      const atFirst = memoryInUse();
      let peak = 0;
      let news = 0;
      for (let n = 0; n < 3000; n += 1) {
        server.hub.publish(APP.id, { channel: 'flood', event: 'e', data: 'x'.repeat(10_000) });
        if (n % 10 === 0) {
          server.hub.publish(APP.id, { channel: 'news', event: 'e', data: String((news += 1)).padStart(6, '0') });
        }
        await new Promise((resolve) => setImmediate(resolve));
        if (n % 500 === 499) peak = Math.max(peak, memoryInUse() - atFirst);
      }
      expect(server.hub.counters.slowReadersDropped).toBe(1);
      expect(server.hub.countSubscribers(APP.id, 'flood')).toBe(0);
      expect(server.hub.countSubscribers(APP.id, 'news')).toBe(READERS);
      // Of thirty megabytes that were published for it, at most `channels.buffer_bytes` waited here.
      expect(peak).toBeLessThan(12 * MEBIBYTE);

      const each = 2 + JSON.stringify({ event: 'e', channel: 'news', data: '000001' }).length;
      const hasAll = () => readers.every(({ bytes }, index) => bytes === news * each + (before[index] ?? 0));
      await eventually(hasAll, 'all others have every message, and nothing else', PATIENCE);

      // It never answers the close; its socket is cut all the same.
      await eventually(() => server.connections.size === READERS, 'nothing is left of it', PATIENCE);
      stuck.socket.resume();
      await eventually(() => stuck.hasEnded, 'it finds out', PATIENCE);
      const last = stuck.frames.at(-1);
      // The system may have thrown the close frame away with what was not read.
      if (last?.opcode === CLOSE_FRAME) expect(last.payload.readUInt16BE(0)).toBe(4100);
      for (const { socket } of readers) socket.destroy();
      await eventually(() => server.connections.size === 0, 'everybody has left', PATIENCE);
    },
    3 * PATIENCE,
  );
});
