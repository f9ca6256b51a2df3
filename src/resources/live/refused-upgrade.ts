import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ApiError } from '../../wire/api-error.js';

/**
 * The answer to somebody who wanted a WebSocket and gets none: what the API would answer, and the end.
 *
 * @param challenges how to log in, one value of `WWW-Authenticate` each
 */
export function refuseUpgrade(socket: Duplex, error: ApiError, challenges: readonly string[]): void {
  if (socket.destroyed) return;
  const body = error.toJson();
  const lines = [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? ''}`,
    ...(error.status === 401 ? challenges : []).map((challenge) => `WWW-Authenticate: ${challenge}`),
    ...['Connection: close', 'Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`],
  ];
  socket.once('finish', () => socket.destroy());
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}
