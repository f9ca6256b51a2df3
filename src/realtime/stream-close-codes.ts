import type { Close } from './close-codes.js';

/** Why the connection of an app stream or of a user stream ends; the ranges are those of all sockets (seed-systems.md, 1.6). */
export const STREAM_CLOSE = {
  NOT_TEXT: { code: 1003, then: 'retry in a second', reason: 'Only text messages are understood.' },
  SERVER_RESTART: { code: 1012, then: 'retry in a second', reason: 'The server is stopping.' },
  TOO_MANY: { code: 4004, then: 'give up', reason: 'As many streams of this user are connected as may be.' },
  CREDENTIAL_GONE: { code: 4009, then: 'give up', reason: 'What the client has shown does not count any more.' },
  DELETED: { code: 4010, then: 'give up', reason: 'The stream was deleted.' },
  OVER_CAPACITY: { code: 4100, then: 'retry in a second', reason: 'The server has no room for more connections.' },
  SLOW_READER: { code: 4101, then: 'retry in a second', reason: 'Messages were not read fast enough.' },
  TOO_FAST: { code: 4102, then: 'retry in a second', reason: 'Too many messages from the client.' },
  SILENT: { code: 4201, then: 'retry at once', reason: 'Nothing came from the client in time.' },
  TAKEN_OVER: { code: 4202, then: 'retry at once', reason: 'A newer connection has taken this stream over.' },
  MAX_AGE: { code: 4203, then: 'retry at once', reason: 'The connection is old enough: connect again.' },
} as const satisfies Record<string, Close>;
