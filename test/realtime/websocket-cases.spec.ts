import { APP, startServer, type ChannelsServer } from './support/channels-server.js';
import { eventually } from './support/eventually.js';
import {
  BINARY,
  CLOSE_FRAME,
  closeFrame,
  CONTINUATION,
  frame,
  PING,
  PONG,
  TcpClient,
  TEXT,
  upgrade,
} from './support/tcp-client.js';

// The cases are those that the Autobahn suite is known for, written down anew from RFC 6455. What an echo server would
// echo, a Pusher server answers: `pusher:pong` to a ping, `pusher:error` to what is no message.

const PUSHER_PING = '{"event":"pusher:ping"}';
/** Longer ones are not read. */
const MAX_FRAME = 131_072;

let server: ChannelsServer;
let client: TcpClient;
beforeAll(async () => (server = await startServer({ maxFrameBytes: MAX_FRAME })));
afterAll(() => server.close());
beforeEach(async () => (client = await TcpClient.connect(server)));
afterEach(async () => {
  client.destroy();
  await eventually(() => server.hub.counters.connections === 0 && server.connections.size === 0, 'nobody is left');
});

/** A ping of the protocol whose text has exactly so many bytes. */
function pingOf(bytes: number): string {
  const text = `{"event":"pusher:ping","data":"${'*'.repeat(Math.max(0, bytes - 33))}"}`;
  return bytes < 33 ? PUSHER_PING.padEnd(bytes) : text;
}

/** The connection still works, and nothing else has come. */
async function expectWell(): Promise<void> {
  client.write(frame(TEXT, PUSHER_PING));
  expect(await client.message()).toEqual({ event: 'pusher:pong', data: '{}' });
}

async function expectClose(code: number | undefined): Promise<void> {
  expect(await client.closeCode()).toBe(code);
}

describe('The upgrade', () => {
  it('is answered as RFC 6455 computes it, without a protocol and without compression', async () => {
    const extensions = { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' };
    client.destroy();
    client = await TcpClient.request(server, upgrade(extensions));
    const lines = client.head.toLowerCase().split('\r\n');
    expect(lines[0]).toBe('http/1.1 101 switching protocols');
    expect(lines).toContain('sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=');
    expect(client.head).not.toMatch(/sec-websocket-(extensions|protocol)/i);
  });

  it.each([
    ['no key', upgrade({ 'Sec-WebSocket-Key': undefined }), 400],
    ['a key that is none', upgrade({ 'Sec-WebSocket-Key': 'short' }), 400],
    ['no version', upgrade({ 'Sec-WebSocket-Version': undefined }), 400],
    ['a version to come', upgrade({ 'Sec-WebSocket-Version': '14' }), 400],
    ['another protocol to change to', upgrade({ Upgrade: 'h2c' }), 400],
    ['a POST', upgrade({ 'Content-Length': '0' }, 'POST'), 405],
  ])('is refused to a request with %s', async (what, head, status) => {
    client.destroy();
    client = await TcpClient.request(server, head);
    expect(client.head).toContain(`HTTP/1.1 ${status} `);
    // The versions that there are (RFC 6455, 4.4).
    if (what.includes('version')) expect(client.head).toMatch(/sec-websocket-version: 13/i);
  });

  it('may be followed by frames in the same packet', async () => {
    client.destroy();
    client = await TcpClient.request(server, Buffer.concat([Buffer.from(upgrade()), frame(TEXT, PUSHER_PING)]));
    expect(await client.message()).toMatchObject({ event: 'pusher:connection_established' });
    expect(await client.message()).toMatchObject({ event: 'pusher:pong' });
  });
});

describe('Frames of all lengths', () => {
  it.each([0, 1])('of %i bytes are no message, and the connection stays', async (bytes) => {
    client.write(frame(TEXT, '*'.repeat(bytes)));
    expect(await client.message()).toMatchObject({ event: 'pusher:error', data: { code: null } });
    await expectWell();
  });

  it.each([23, 124, 125, 126, 127, 128, 65_535, 65_536, MAX_FRAME])('of %i bytes are read', async (bytes) => {
    const text = pingOf(bytes);
    expect(text).toHaveLength(bytes);
    client.write(frame(TEXT, text));
    expect(await client.message()).toMatchObject({ event: 'pusher:pong' });
    await expectWell();
  });

  it.each([125, 126, 128, 65_536])('of %i bytes are read byte by byte as well', async (bytes) => {
    const whole = frame(TEXT, pingOf(bytes));
    const piece = Math.max(1, Math.floor(bytes / 997));
    for (let at = 0; at < whole.length; at += piece) {
      client.socket.write(whole.subarray(at, at + piece));
      if (at % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await client.message()).toMatchObject({ event: 'pusher:pong' });
  });

  it.each([125, 126, 127, 128, 65_535, 65_536])('of %i bytes are written', async (bytes) => {
    client.write(frame(TEXT, '{"event":"pusher:subscribe","data":{"channel":"c"}}'));
    await client.message();
    const around = JSON.stringify({ event: 'e', channel: 'c', data: '' }).length;
    const data = '*'.repeat(bytes - around);
    server.hub.publish(APP.id, { channel: 'c', event: 'e', data });
    expect(await client.message()).toEqual({ event: 'e', channel: 'c', data });
    expect(client.frames.at(-1)?.payload).toHaveLength(bytes);
  });

  it('beyond the limit are refused with 1009 as soon as the length is known', async () => {
    client.write(frame(TEXT, '', { length: BigInt(MAX_FRAME + 1) }));
    await expectClose(1009);
  });

  it.each([2n ** 53n, 2n ** 63n, 2n ** 64n - 1n])('of %s bytes, as they say, are refused with 1009', async (length) => {
    client.write(frame(TEXT, '', { length }));
    await expectClose(1009);
  });
});

describe('Pings and pongs', () => {
  it.each([
    ['nothing', ''],
    ['a text', 'Hello, world!'],
    ['bytes that are no text', Buffer.from([0x00, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0x00, 0xff])],
    ['125 bytes', Buffer.alloc(125, 0xfe)],
  ])('a ping with %s is answered with the same', async (_, payload) => {
    client.write(frame(PING, payload));
    const { opcode, isFinal, isMasked, payload: answer } = await client.next();
    expect({ opcode, isFinal, isMasked }).toEqual({ opcode: PONG, isFinal: true, isMasked: false });
    expect(answer).toEqual(Buffer.from(payload));
    await expectWell();
  });

  it('a ping of 126 bytes is refused: a control frame has 125 at most', async () => {
    client.write(frame(PING, Buffer.alloc(126)));
    await expectClose(1002);
  });

  it('ten pings in one packet are answered in their order', async () => {
    client.write(...Array.from({ length: 10 }, (_, n) => frame(PING, `payload-${n}`)));
    for (let n = 0; n < 10; n += 1) expect((await client.next()).payload.toString()).toBe(`payload-${n}`);
    await expectWell();
  });

  it('a ping that comes byte by byte is answered', async () => {
    for (const byte of frame(PING, 'slowly')) client.socket.write(Buffer.from([byte]));
    expect((await client.next()).payload.toString()).toBe('slowly');
  });

  it('a pong that nobody has asked for is passed over, with whatever it carries', async () => {
    client.write(frame(PONG), frame(PONG, 'unsolicited'), frame(PONG, Buffer.alloc(125, 0xff)));
    await expectWell();
  });
});

describe('Reserved bits and opcodes', () => {
  it.each([1, 2, 3, 4, 5, 6, 7])('the reserved bits %i are refused: no extension was agreed on', async (reserved) => {
    client.write(frame(TEXT, PUSHER_PING, { reserved }));
    await expectClose(1002);
  });

  it('reserved bits of a control frame are refused', async () => {
    client.write(frame(PING, 'x', { reserved: 4 }));
    await expectClose(1002);
  });

  it.each([3, 4, 5, 6, 7, 0xb, 0xc, 0xd, 0xe, 0xf])('the opcode %i is refused', async (opcode) => {
    client.write(frame(TEXT, PUSHER_PING), frame(opcode, 'x'));
    expect(await client.message()).toMatchObject({ event: 'pusher:pong' });
    await expectClose(1002);
  });

  it('a frame without a mask is refused', async () => {
    client.write(frame(TEXT, PUSHER_PING, { mask: undefined }));
    await expectClose(1002);
  });

  it('a ping without a mask is refused', async () => {
    client.write(frame(PING, '', { mask: undefined }));
    await expectClose(1002);
  });

  it('any mask will do, and none of zeros is special', async () => {
    for (const mask of [Buffer.alloc(4), Buffer.alloc(4, 0xff), Buffer.from([1, 2, 3, 4])]) {
      client.write(frame(TEXT, PUSHER_PING, { mask }));
      expect(await client.message()).toMatchObject({ event: 'pusher:pong' });
    }
  });

  it('a binary message is refused with 1003, whole or in fragments: the protocol has none', async () => {
    client.write(frame(BINARY, PUSHER_PING.slice(0, 5), { isFinal: false }), frame(CONTINUATION, PUSHER_PING.slice(5)));
    await expectClose(1003);
  });
});

describe('Fragments', () => {
  const [begin, end] = [PUSHER_PING.slice(0, 9), PUSHER_PING.slice(9)];

  it('make one message, in one packet or in several', async () => {
    client.write(frame(TEXT, begin, { isFinal: false }), frame(CONTINUATION, end));
    expect(await client.message()).toMatchObject({ event: 'pusher:pong' });
    client.write(frame(TEXT, begin, { isFinal: false }));
    client.write(frame(PING, 'there?'));
    await client.next();
    client.write(frame(CONTINUATION, end));
    expect(await client.message()).toMatchObject({ event: 'pusher:pong' });
  });

  it('may each be a byte, and may be empty, first, in the midst and last', async () => {
    client.write(
      frame(TEXT, '', { isFinal: false }),
      ...[...PUSHER_PING].flatMap((letter) => [
        frame(CONTINUATION, letter, { isFinal: false }),
        frame(CONTINUATION, '', { isFinal: false }),
      ]),
      frame(CONTINUATION, ''),
    );
    expect(await client.message()).toMatchObject({ event: 'pusher:pong' });
    client.write(frame(TEXT, '', { isFinal: false }), frame(CONTINUATION, ''));
    expect(await client.message()).toMatchObject({ event: 'pusher:error' });
    await expectWell();
  });

  it('may have control frames between them, which are answered at once', async () => {
    client.write(
      frame(TEXT, begin, { isFinal: false }),
      frame(PING, 'first'),
      frame(PONG, 'nobody asked'),
      frame(CONTINUATION, '', { isFinal: false }),
      frame(PING, 'second'),
      frame(CONTINUATION, end),
    );
    expect(await client.next()).toMatchObject({ opcode: PONG, payload: Buffer.from('first') });
    expect(await client.next()).toMatchObject({ opcode: PONG, payload: Buffer.from('second') });
    expect(await client.message()).toMatchObject({ event: 'pusher:pong' });
  });

  it.each([
    ['ping', PING],
    ['pong', PONG],
    ['close', CLOSE_FRAME],
  ])('of a %s are refused: control frames are whole', async (_, opcode) => {
    client.write(frame(opcode, '', { isFinal: false }));
    await expectClose(1002);
  });

  it.each([true, false])('that continue nothing are refused (last one: %s)', async (isFinal) => {
    client.write(frame(CONTINUATION, PUSHER_PING, { isFinal }));
    await expectClose(1002);
  });

  it('that go on after the last one are refused', async () => {
    client.write(frame(TEXT, begin, { isFinal: false }), frame(CONTINUATION, end), frame(CONTINUATION, 'more'));
    expect(await client.message()).toMatchObject({ event: 'pusher:pong' });
    await expectClose(1002);
  });

  it.each([TEXT, BINARY])('are not interrupted by another message (opcode %i)', async (opcode) => {
    client.write(frame(TEXT, begin, { isFinal: false }), frame(opcode, PUSHER_PING));
    await expectClose(1002);
  });

  it('are too large together with 1009', async () => {
    const half = Buffer.alloc(MAX_FRAME / 2 + 1, 0x2a);
    client.write(frame(TEXT, half, { isFinal: false }), frame(CONTINUATION, half));
    await expectClose(1009);
  });
});

describe('UTF-8', () => {
  const WORDS = [
    'κόσμε',
    'Hello-µ@ßöäüàá-UTF-8!!',
    '\u0000\u007f\u0080\u07ff\u0800\uffff',
    '\u{10000}\u{10ffff}',
    '😀',
  ];

  it.each(WORDS)('%j is understood', async (word) => {
    client.write(frame(TEXT, JSON.stringify({ event: word })));
    const { data } = await client.message();
    expect((data as { message: string }).message).toContain(JSON.stringify(word));
  });

  it('may be divided in the midst of a character, by fragments and by packets', async () => {
    const bytes = Buffer.from(JSON.stringify({ event: 'κόσμε😀' }));
    for (let at = 1; at < bytes.length; at += 1) {
      client.write(frame(TEXT, bytes.subarray(0, at), { isFinal: false }));
      client.write(frame(CONTINUATION, bytes.subarray(at)));
      const { data } = await client.message();
      expect((data as { message: string }).message).toContain('κόσμε😀');
    }
  });

  it.each([
    ['a byte that is none', [0xff]],
    ['a continuation without a beginning', [0x80]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['an overlong zero', [0xe0, 0x80, 0x80]],
    ['half of a surrogate pair', [0xed, 0xa0, 0x80]],
    ['a whole surrogate pair', [0xed, 0xa0, 0x80, 0xed, 0xb0, 0x80]],
    ['what is beyond Unicode', [0xf4, 0x90, 0x80, 0x80]],
    ['five bytes', [0xf8, 0x88, 0x80, 0x80, 0x80]],
    ['a character without its end', [0xce, 0xba, 0xe1, 0xbd]],
  ])('with %s is refused with 1007, whole and in fragments', async (_, bad) => {
    const bytes = Buffer.concat([Buffer.from('{"event":"'), Buffer.from(bad), Buffer.from('"}')]);
    client.write(frame(TEXT, bytes));
    await expectClose(1007);
    client = await TcpClient.connect(server);
    client.write(frame(TEXT, bytes.subarray(0, 11), { isFinal: false }), frame(CONTINUATION, bytes.subarray(11)));
    await expectClose(1007);
  });

  it('is not asked of pings', async () => {
    client.write(frame(PING, Buffer.from([0xff, 0xfe])));
    expect((await client.next()).payload).toEqual(Buffer.from([0xff, 0xfe]));
  });
});

describe('Closing', () => {
  it.each([1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999])(
    'with %i is answered with the same',
    async (code) => {
      client.write(closeFrame(code, 'good bye'));
      await expectClose(code);
    },
  );

  it.each([0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535])(
    'with %i, which nobody may send, is answered with 1002',
    async (code) => {
      client.write(closeFrame(code));
      await expectClose(1002);
    },
  );

  it('without a code is answered without one', async () => {
    client.write(frame(CLOSE_FRAME));
    await expectClose(undefined);
  });

  it('with one byte, half of a code, is refused', async () => {
    client.write(frame(CLOSE_FRAME, Buffer.from([3])));
    await expectClose(1002);
  });

  it('may give a reason of 123 bytes, and not of 124', async () => {
    client.write(closeFrame(1000, '*'.repeat(123)));
    await expectClose(1000);
    client = await TcpClient.connect(server);
    client.write(closeFrame(1000, '*'.repeat(124)));
    await expectClose(1002);
  });

  it('with a reason that is not UTF-8 is refused with 1007', async () => {
    client.write(closeFrame(1000, Buffer.from([0xce, 0xba, 0xe1, 0xbd])));
    await expectClose(1007);
  });

  it('is the end: what follows is neither read nor answered, not even another close', async () => {
    const told = server.hub.counters.messagesIn;
    client.write(closeFrame(1000), frame(TEXT, PUSHER_PING), frame(PING, 'x'), closeFrame(1001));
    await expectClose(1000);
    expect(server.hub.counters.messagesIn).toBe(told);
  });

  it('in the midst of a message is answered, and the message is none', async () => {
    client.write(frame(TEXT, PUSHER_PING, { isFinal: false }), closeFrame(1000));
    await expectClose(1000);
  });

  it('comes after the answers to what was sent before', async () => {
    client.write(frame(TEXT, PUSHER_PING), frame(TEXT, 'nonsense'), closeFrame(1000));
    expect(await client.message()).toMatchObject({ event: 'pusher:pong' });
    expect(await client.message()).toMatchObject({ event: 'pusher:error' });
    await expectClose(1000);
  });

  it('by an error comes after the answers to what was right, and only the connection itself ends', async () => {
    const other = client;
    client = await TcpClient.connect(server);
    client.write(frame(TEXT, PUSHER_PING), frame(TEXT, PUSHER_PING, { reserved: 4 }), frame(TEXT, PUSHER_PING));
    expect(await client.message()).toMatchObject({ event: 'pusher:pong' });
    await expectClose(1002);
    client = other;
    await expectWell();
  });

  it('without a word, by cutting the line in the midst of a frame, leaves nothing behind', async () => {
    client.write(frame(TEXT, PUSHER_PING).subarray(0, 10));
    client.destroy();
    await eventually(() => server.connections.size === 0, 'the connection is forgotten');
  });
});
