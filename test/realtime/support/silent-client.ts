import { connect, type Socket } from 'node:net';
import { APP, type ChannelsServer } from './channels-server.js';
import { eventually } from './eventually.js';

export interface SilentClient {
  readonly socket: Socket;
  readonly chunks: Buffer[];
}

/** A client by hand, which reads and never answers. */
export async function openSilent(server: ChannelsServer): Promise<SilentClient> {
  const socket = connect(server.port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('error', () => undefined);
  socket.write(
    `GET /app/${APP.key} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  await eventually(() => Buffer.concat(chunks).includes('connection_established'), 'the connection is there');
  return { socket, chunks };
}
