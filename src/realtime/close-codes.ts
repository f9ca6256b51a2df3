/**
 * Every way this server ends a connection. Clients decide by the code's range alone what to do next
 * (pusher-protocol.md, 1.6), so a code is chosen by `then`, never by its name:
 *
 * - `give up`: no retry until the application asks for one (4001 to 4099, 4300 and above)
 * - `retry in a second`: constant, without growth (4100 to 4199 and codes below 4000)
 * - `retry at once`: no delay, no cap (4200 to 4299): only where the very next attempt can succeed
 *
 * A reason is shown to the application by pusher-js; at most 123 bytes fit into a close frame (RFC 6455, 5.5).
 */
export const CLOSE = {
  NOT_TEXT: { code: 1003, then: 'retry in a second', reason: 'Only text messages are part of the protocol.' },
  TOO_MANY_MALFORMED: { code: 1008, then: 'retry in a second', reason: 'Too many malformed messages.' },
  INTERNAL_ERROR: { code: 1011, then: 'retry in a second', reason: 'The server failed at this message.' },
  // Not 4200: on a single node that is a hot loop against a port about to close.
  SERVER_RESTART: { code: 1012, then: 'retry in a second', reason: 'The server is stopping.' },
  // Only where others take over (`channels.shutdown_code`).
  SERVER_LEAVES: { code: 4200, then: 'retry at once', reason: 'The server is stopping; others are there.' },
  APP_NOT_FOUND: { code: 4001, then: 'give up', reason: 'No application has this key.' },
  // Not 4100: who is over a limit of its own would try once a second for ever.
  APP_IS_FULL: { code: 4004, then: 'give up', reason: 'The application has as many connections as it may have.' },
  BAD_VERSION: { code: 4006, then: 'give up', reason: 'The version of the client library is not readable.' },
  PROTOCOL_NOT_SUPPORTED: { code: 4007, then: 'give up', reason: 'This server speaks protocol versions 5, 6 and 7.' },
  ORIGIN_REFUSED: { code: 4009, then: 'give up', reason: 'Pages of this origin may not connect.' },
  TERMINATED: { code: 4009, then: 'give up', reason: 'The application has ended the connections of this user.' },
  NOT_AUTHORIZED: {
    code: 4009,
    then: 'give up',
    reason: 'The client did not sign in or join a private channel in time.',
  },
  CREDENTIAL_GONE: {
    code: 4009,
    then: 'give up',
    reason: 'What the client has shown of who it is does not count any more.',
  },
  OVER_CAPACITY: { code: 4100, then: 'retry in a second', reason: 'The server has no room for more connections.' },
  SLOW_READER: { code: 4100, then: 'retry in a second', reason: 'Messages were not read fast enough.' },
  NO_ANSWER: { code: 4201, then: 'retry at once', reason: 'No answer to a ping in time.' },
} as const satisfies Record<string, Close>;

/**
 * What an error message on an open connection says by its number. Most have none: clients act on the numbers of closed
 * connections only.
 */
export const ERROR_CODE = {
  CLIENT_EVENT_OVER_LIMIT: 4301,
  WATCHLIST_OVER_LIMIT: 4302,
} as const;

export interface Close {
  readonly code: number;
  readonly then: 'give up' | 'retry in a second' | 'retry at once';
  readonly reason: string;
}
