import type { RequestHeaders } from '../../auth/auth-policy.js';
import type { Identity } from '../../auth/authenticator.js';
import type { Ticket } from '../../auth/tickets.js';

/** Which stream somebody comes back to. */
export interface FormerStream {
  readonly id: string;
  /** The number of the last frame that has arrived; `undefined`: nobody has said. */
  readonly arrived: number | undefined;
}

/** Who has connected. */
export interface StreamVisitor {
  /** The user id. */
  readonly owner: string;
  readonly identity: Identity;
  /** What shows who they are: it may stop counting. */
  readonly credential: RequestHeaders;
  readonly ticket: Ticket | undefined;
  readonly former: FormerStream | undefined;
  /** Whether the stream goes with its connection. */
  readonly autoDelete: boolean;
}
