import { EventEmitter } from 'node:events';
import { Writable } from 'node:stream';
import type { Duplex } from 'node:stream';
import { Logger } from '@nestjs/common';
import type { WebSocket } from 'ws';
import { CLOSE } from '../../src/realtime/close-codes.js';
import { Connection, type Conversation } from '../../src/realtime/connection.js';
import { RealtimeCounters } from '../../src/realtime/counters.js';
import { Outbox } from '../../src/realtime/outbox.js';

/** A socket that keeps its writes; a stuck one never says that a write is done. */
class FakeSocket extends Writable {
  readonly writes: Buffer[] = [];

  constructor(private readonly isStuck = false) {
    super();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.writes.push(chunk);
    if (!this.isStuck) done();
  }
}

class FakeWebSocket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  closedWith: [number, string] | undefined;

  close(code: number, reason: string): void {
    this.readyState = 2;
    this.closedWith = [code, reason];
  }
}

class FakeConversation implements Conversation {
  readonly heard: string[] = [];
  ends = 0;

  hear(text: string): void {
    if (text === 'throw') throw new Error('on purpose');
    this.heard.push(text);
  }

  end(): void {
    this.ends += 1;
  }
}

const outbox = new Outbox();

function open(isStuck = false) {
  const socket = new FakeSocket(isStuck);
  const webSocket = new FakeWebSocket();
  const counters = new RealtimeCounters();
  const connection = new Connection('1.1', webSocket as unknown as WebSocket, socket as unknown as Duplex, {
    bufferBytes: 100_000,
    outbox,
    counters,
  });
  const conversation = new FakeConversation();
  connection.open(conversation);
  return { connection, conversation, counters, socket, webSocket };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('A connection', () => {
  // One test fails on purpose, and says so.
  beforeAll(() => {
    Logger.overrideLogger(false);
  });

  it('writes everything of one turn at once, and nothing before its end', async () => {
    const { connection, counters, socket } = open();
    for (const text of ['a', 'b', 'c']) expect(connection.send(Buffer.from(text))).toBe(true);
    expect(socket.writes).toEqual([]);
    await turn();
    expect(socket.writes.map(String)).toEqual(['abc']);
    connection.send(Buffer.from('d'));
    await turn();
    expect(socket.writes.map(String)).toEqual(['abc', 'd']);
    expect(counters).toMatchObject({ messagesOut: 4, bytesOut: 4 });
  });

  it('gets the same bytes, not a copy, when others get the same frames', async () => {
    const [one, two, three] = [open(), open(), open()];
    const frames = [Buffer.from('a'), Buffer.from('b')];
    for (const { connection } of [one, two]) for (const frame of frames) connection.send(frame);
    three.connection.send(Buffer.from('x'));
    three.connection.send(Buffer.from('b'));
    await turn();
    expect(two.socket.writes[0]).toBe(one.socket.writes[0]);
    expect(three.socket.writes.map(String)).toEqual(['xb']);
  });

  it('writes a burst on the way, so that a turn does not pile it up', async () => {
    const { connection, socket } = open();
    for (let n = 0; n < 50; n += 1) expect(connection.send(Buffer.alloc(10_000, n))).toBe(true);
    await turn();
    expect(socket.writes.length).toBeGreaterThan(5);
    expect(Buffer.concat(socket.writes)).toHaveLength(500_000);
    expect(Math.max(...socket.writes.map((write) => write.length))).toBeLessThanOrEqual(65_536);
  });

  it('is let go with 4100 when too much waits for its reader, and takes nothing from then on', async () => {
    const { connection, conversation, counters, socket, webSocket } = open(true);
    const answers: boolean[] = [];
    for (let n = 0; n < 12; n += 1) {
      answers.push(connection.send(Buffer.alloc(10_000)));
      await turn();
    }
    expect(answers.indexOf(false)).toBe(10);
    expect(answers.slice(10)).toEqual([false, false]);
    expect(webSocket.closedWith).toEqual([4100, CLOSE.SLOW_READER.reason]);
    expect(conversation.ends).toBe(1);
    expect(counters.slowReadersDropped).toBe(1);
    expect(socket.writableLength).toBeLessThanOrEqual(110_000);
  });

  it('sends what is queued before it closes, and closes once', async () => {
    const { connection, conversation, socket, webSocket } = open();
    connection.send(Buffer.from('last'));
    connection.close(CLOSE.NOT_TEXT);
    connection.close(CLOSE.SLOW_READER);
    webSocket.emit('close', 1003);
    expect(socket.writes.map(String)).toEqual(['last']);
    expect(webSocket.closedWith?.[0]).toBe(1003);
    expect(conversation.ends).toBe(1);
    expect(connection.send(Buffer.from('more'))).toBe(false);
  });

  it('hears nothing after its end', () => {
    const { connection, conversation, webSocket } = open();
    webSocket.emit('message', Buffer.from('one'), false);
    connection.close(CLOSE.SERVER_RESTART);
    webSocket.emit('message', Buffer.from('two'), false);
    expect(conversation.heard).toEqual(['one']);
  });

  it('ends alone, with 1011, when its message cannot be handled', () => {
    const { webSocket, conversation } = open();
    webSocket.emit('message', Buffer.from('throw'), false);
    expect(webSocket.closedWith?.[0]).toBe(1011);
    expect(conversation.ends).toBe(1);
  });
});
