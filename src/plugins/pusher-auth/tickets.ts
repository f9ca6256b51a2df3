import { randomBytes } from 'node:crypto';
import type { RequestHeaders } from '../../auth/auth-policy.js';

/**
 * `once`: for one successful use within a minute, because URLs land in logs. `stream`: as often as one likes, for as long
 * as it is used every ten minutes (seed-systems.md, 1.4).
 */
export const TICKET_USES = ['once', 'stream'] as const;

export type TicketUse = (typeof TICKET_USES)[number];

/** In ms. */
const LIFE: Readonly<Record<TicketUse, number>> = { once: 60_000, stream: 600_000 };

export interface Ticket {
  readonly name: string;
  readonly use: TicketUse;
  /** Globs of the URIs that it is good for; empty: all. */
  readonly scope: readonly string[];
  /** What its holder has shown: with it, it stops counting. */
  readonly credential: RequestHeaders;
  /** In ms since the epoch. */
  expiresAt: number;
}

/** Stand for a credential where no header can be sent. Kept by this process alone, and not on disk. */
export class Tickets {
  private readonly known = new Map<string, Ticket>();

  constructor(private readonly most: number) {}

  issue(use: TicketUse, scope: readonly string[], credential: RequestHeaders): Ticket {
    for (const [name, { expiresAt }] of this.known) {
      if (expiresAt > Date.now() && this.known.size < this.most) break;
      this.known.delete(name);
    }
    const name = `tk_${randomBytes(24).toString('base64url')}`;
    const ticket = { name, use, scope, credential, expiresAt: Date.now() + LIFE[use] };
    this.known.set(name, ticket);
    return ticket;
  }

  find(name: string): Ticket | undefined {
    const ticket = this.known.get(name);
    return ticket !== undefined && ticket.expiresAt > Date.now() ? ticket : undefined;
  }

  /** It has led to what its holder wanted. Answers false when somebody else was faster. */
  spend(ticket: Ticket): boolean {
    if (ticket.use === 'once') return this.known.delete(ticket.name);
    // Put at the end: those that are used last live longest.
    if (!this.known.delete(ticket.name)) return false;
    ticket.expiresAt = Date.now() + LIFE.stream;
    this.known.set(ticket.name, ticket);
    return true;
  }
}
