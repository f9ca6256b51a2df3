import type { Ticket } from '../../auth/tickets.js';
import type { Stayer } from '../../resources/live/credential-watch.js';
import type { StreamStart } from './stream-beginning.js';

/** Who has connected, and to which stream. */
export interface StreamVisitor extends Stayer {
  /** The user id. */
  readonly owner: string;
  readonly key: string;
  readonly ticket: Ticket | undefined;
  readonly start: StreamStart;
}
