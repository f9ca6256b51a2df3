// The clients of `sockets.mjs`, in a process of their own: plain sockets that count the frames they get. They cost as
// little as clients can, so that the server is what is measured: one buffer to read into for all of them, no parsing
// beyond the lengths of frames.
import { connect } from 'node:net';

/** How many are on their way at once; the backlog of a listening socket is 511. */
const CONNECTING_AT_ONCE = 200;

/** A masked text frame whose mask is zero (RFC 6455, 5.3). */
function textFrame(text) {
  const payload = Buffer.from(text);
  if (payload.length > 125) throw new Error('too long for this client');
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}

let clients = [];
let awaited;
/** While times are taken: when the n-th frame came to the i-th client, in ms. */
let arrivals;

const readBuffer = Buffer.alloc(65_536);

class Client {
  frames = 0;
  /** Of the frame that is being read: bytes of the payload, and of its length, still to come. */
  payloadLeft = 0;
  lengthLeft = 0;
  isLength = false;
  isUpgraded = false;

  constructor(index, { port, path, channel }) {
    this.index = index;
    const callback = (bytes, buffer) => this.read(buffer, bytes);
    this.socket = connect({ port, host: '127.0.0.1', onread: { buffer: readBuffer, callback } });
    this.socket.on('error', (error) => {
      throw error;
    });
    const key = 'dGhlIHNhbXBsZSBub25jZQ==';
    this.socket.write(
      `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    );
    if (channel !== undefined) {
      this.socket.write(textFrame(JSON.stringify({ event: 'pusher:subscribe', data: { channel } })));
    }
  }

  read(buffer, bytes) {
    let at = 0;
    if (!this.isUpgraded) {
      // The head of the answer comes in one piece here: it is the first thing on a fresh connection.
      const end = buffer.indexOf('\r\n\r\n');
      if (end < 0 || end >= bytes) throw new Error('The answer to the upgrade came in pieces');
      this.isUpgraded = true;
      at = end + 4;
    }
    const before = this.frames;
    while (at < bytes) {
      if (this.payloadLeft > 0) {
        const taken = Math.min(this.payloadLeft, bytes - at);
        at += taken;
        this.payloadLeft -= taken;
        if (this.payloadLeft === 0) this.frames += 1;
      } else {
        this.readHeader(buffer[at]);
        at += 1;
      }
    }
    if (this.frames > before) this.note(before);
    return true;
  }

  readHeader(byte) {
    if (this.lengthLeft > 0) {
      this.pendingLength = this.pendingLength * 256 + byte;
      this.lengthLeft -= 1;
      if (this.lengthLeft === 0) this.payloadLeft = this.pendingLength;
    } else if (!this.isLength) {
      this.isLength = true;
    } else {
      this.isLength = false;
      if (byte < 126) {
        this.payloadLeft = byte;
        if (byte === 0) this.frames += 1;
      } else {
        this.pendingLength = 0;
        this.lengthLeft = byte === 126 ? 2 : 8;
      }
    }
  }

  note(before) {
    if (arrivals !== undefined) {
      const now = clock();
      const offset = this.index * arrivals.perClient - arrivals.from;
      for (let frame = before; frame < this.frames; frame += 1) arrivals.times[offset + frame] = now;
    }
    if (awaited !== undefined && before < awaited.frames && this.frames >= awaited.frames) {
      awaited.left -= 1;
      if (awaited.left === 0) awaited.resolve(clock());
    }
  }
}

/** The same clock in every process of the machine, in ms. */
function clock() {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Answers when the last client has got so many frames, counted from its first. */
function untilAllHave(frames) {
  const left = clients.filter((client) => client.frames < frames).length;
  if (left === 0) return Promise.resolve(clock());
  return new Promise((resolve) => {
    awaited = { frames, left, resolve };
  });
}

const commands = {
  /** Connects, and subscribes where `channels` has names; they are dealt round. */
  async connect({ count, port, path, channels = [], greetings }) {
    for (let made = 0; made < count; made += CONNECTING_AT_ONCE) {
      for (let index = made; index < Math.min(count, made + CONNECTING_AT_ONCE); index += 1) {
        clients.push(new Client(index, { port, path, channel: channels[index % channels.length] }));
      }
      await untilAllHave(greetings);
    }
  },

  async disconnect() {
    for (const { socket } of clients) socket.destroy();
    clients = [];
    awaited = undefined;
  },

  /** From the next frame on, notes when each comes, `frames` to each client. */
  async take({ frames, from }) {
    arrivals = { times: new Float64Array(frames * clients.length), perClient: frames, from };
  },

  async until({ frames }) {
    return untilAllHave(frames);
  },

  /** Milliseconds from each of `sent` to its frame, over all clients: quantiles. */
  async latencies({ sent }) {
    const { times, perClient } = arrivals;
    const taken = times.map((time, index) => time - sent[index % perClient]).sort();
    arrivals = undefined;
    const at = (share) => taken[Math.min(taken.length - 1, Math.floor(taken.length * share))];
    return { p50: at(0.5), p99: at(0.99), max: at(1) };
  },
};

process.on('message', async ({ id, command, ...options }) => {
  process.send({ id, answer: await commands[command](options) });
});
process.once('disconnect', () => process.exit(0));
