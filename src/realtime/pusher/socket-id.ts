import { randomInt } from 'node:crypto';

/** The form server libraries insist on before they sign anything for a socket (pusher-protocol.md, 1.4). */
export const SOCKET_ID = /^\d+\.\d+$/;

const HALF = 2 ** 40;

/**
 * A new socket id: 80 random bits. Signatures are bound to it and nothing else, so it must neither repeat nor be
 * guessable.
 */
export function newSocketId(): string {
  return `${randomInt(HALF)}.${randomInt(HALF)}`;
}
