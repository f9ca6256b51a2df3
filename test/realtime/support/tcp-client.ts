import { connect, type Socket } from 'node:net';
import { APP, type ChannelsServer } from './channels-server.js';
import { eventually } from './eventually.js';

export const TEXT = 0x1;
export const CONTINUATION = 0x0;
export const BINARY = 0x2;
export const CLOSE_FRAME = 0x8;
export const PING = 0x9;
export const PONG = 0xa;

export interface Frame {
  readonly isFinal: boolean;
  readonly reserved: number;
  readonly opcode: number;
  readonly isMasked: boolean;
  readonly payload: Buffer;
}

export interface FrameOptions {
  /** Whether it is the last of its message; it is by default. */
  readonly isFinal?: boolean;
  /** The three reserved bits as a number. */
  readonly reserved?: number;
  /** Without one the frame is not masked, which clients must not do. */
  readonly mask?: Buffer | undefined;
  /** What is said of the length, if it is not the payload's. */
  readonly length?: bigint;
}

const MASK = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);

/** A frame of a client (RFC 6455, 5.2), right or wrong. */
export function frame(opcode: number, payload: string | Buffer = '', options: FrameOptions = {}): Buffer {
  const { isFinal = true, reserved = 0, mask } = { mask: MASK, ...options };
  const bytes = Buffer.from(payload);
  const length = options.length ?? BigInt(bytes.length);
  const head = Buffer.alloc(length < 126n ? 2 : length < 0x10000n ? 4 : 10);
  head[0] = (isFinal ? 0x80 : 0) | (reserved << 4) | opcode;
  const masked = mask === undefined ? 0 : 0x80;
  if (head.length === 2) {
    head[1] = masked | Number(length);
  } else if (head.length === 4) {
    head[1] = masked | 126;
    head.writeUInt16BE(Number(length), 2);
  } else {
    head[1] = masked | 127;
    head.writeBigUInt64BE(length, 2);
  }
  if (mask === undefined) return Buffer.concat([head, bytes]);
  return Buffer.concat([head, mask, bytes.map((byte, index) => byte ^ mask[index % 4]!)]);
}

/** A close frame with a code, and with a reason of any bytes. */
export function closeFrame(code: number, reason: string | Buffer = ''): Buffer {
  const bytes = Buffer.from([code >> 8, code & 0xff]);
  return frame(CLOSE_FRAME, Buffer.concat([bytes, Buffer.from(reason)]));
}

/** A plain TCP connection that was upgraded: what goes out is exactly what is written, and each frame is kept. */
export class TcpClient {
  readonly frames: Frame[] = [];
  /** The answer to the upgrade, as it came. */
  head = '';
  hasEnded = false;
  private unread: Buffer = Buffer.alloc(0);
  private taken = 0;

  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk) => this.read(chunk));
    // The server may end the connection while something is on its way to it.
    socket.on('error', () => undefined);
    socket.once('close', () => (this.hasEnded = true));
  }

  /** Sends the head of a request, with whatever follows, and waits for the head of its answer. */
  static async request(server: ChannelsServer, head: string | Buffer): Promise<TcpClient> {
    const client = new TcpClient(connect(server.port, '127.0.0.1').setNoDelay(true));
    client.socket.write(head);
    await eventually(() => client.head !== '', 'the upgrade is answered');
    return client;
  }

  /** Connects and takes the first message. */
  static async connect(server: ChannelsServer): Promise<TcpClient> {
    const client = await TcpClient.request(server, upgrade());
    await client.next();
    return client;
  }

  write(...bytes: Buffer[]): void {
    this.socket.write(Buffer.concat(bytes));
  }

  /** The next frame that was not taken yet. */
  async next(): Promise<Frame> {
    await eventually(() => this.frames.length > this.taken, 'there is another frame');
    return this.frames[this.taken++]!;
  }

  /** The next frame, which must be a whole text message, as JSON. */
  async message(): Promise<{ event: string; data: unknown }> {
    const { opcode, isFinal, isMasked, reserved, payload } = await this.next();
    expect({ opcode, isFinal, isMasked, reserved }).toEqual({
      opcode: TEXT,
      isFinal: true,
      isMasked: false,
      reserved: 0,
    });
    return JSON.parse(payload.toString()) as { event: string; data: unknown };
  }

  /** Waits for the end: the code in the close frame, which must be the next frame and the last. */
  async closeCode(): Promise<number | undefined> {
    const { opcode, payload } = await this.next();
    expect(opcode).toBe(CLOSE_FRAME);
    await eventually(() => this.hasEnded, 'the server has closed the connection');
    expect(this.frames).toHaveLength(this.taken);
    return payload.length === 0 ? undefined : payload.readUInt16BE(0);
  }

  destroy(): void {
    this.socket.destroy();
  }

  private read(chunk: Buffer): void {
    this.unread = Buffer.concat([this.unread, chunk]);
    if (this.head === '') {
      const end = this.unread.indexOf('\r\n\r\n');
      if (end < 0) return;
      this.head = this.unread.toString('latin1', 0, end);
      this.unread = this.unread.subarray(end + 4);
    }
    while (this.readFrame());
  }

  private readFrame(): boolean {
    const bytes = this.unread;
    if (bytes.length < 2) return false;
    const short = bytes[1]! & 0x7f;
    const start = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (bytes.length < start) return false;
    const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
    if (bytes.length < start + length) return false;
    this.frames.push({
      isFinal: (bytes[0]! & 0x80) !== 0,
      reserved: (bytes[0]! >> 4) & 0x7,
      opcode: bytes[0]! & 0xf,
      isMasked: (bytes[1]! & 0x80) !== 0,
      payload: Buffer.from(bytes.subarray(start, start + length)),
    });
    this.unread = bytes.subarray(start + length);
    return true;
  }
}

/** The head of an upgrade; a header that is changed to `undefined` is left out. */
export function upgrade(changes: Readonly<Record<string, string | undefined>> = {}, method = 'GET'): string {
  const headers = {
    Host: 'x',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    ...changes,
  };
  const lines = Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  return [`${method} /app/${APP.key}?protocol=7 HTTP/1.1`, ...lines, '', ''].join('\r\n');
}
