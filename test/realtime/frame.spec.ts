import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { textFrame } from '../../src/realtime/frame.js';

describe('A text frame', () => {
  it('is read by a client as it was written, whatever its length', async () => {
    const payloads = [0, 1, 125, 126, 127, 65_535, 65_536, 200_000].map(
      (length) => 'é'.repeat(length / 2) + 'x'.repeat(length % 2),
    );
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    server.on('connection', (webSocket, { socket }) => {
      for (const payload of payloads) socket.write(textFrame(payload));
      webSocket.close();
    });
    await once(server, 'listening');
    const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const read: string[] = [];
    client.on('message', (message: Buffer) => read.push(message.toString()));
    await once(client, 'close');
    expect(read).toEqual(payloads);
    await new Promise((resolve) => server.close(resolve));
  });

  it('has the header RFC 6455 shows for "Hello"', () => {
    expect(textFrame('Hello').toString('hex')).toBe('810548656c6c6f');
  });
});
