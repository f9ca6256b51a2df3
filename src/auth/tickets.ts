import { randomBytes } from 'node:crypto';
import { globPattern } from '../wire/glob.js';
import type { RequestHeaders } from './auth-policy.js';

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
  /** Of one for streams: the URI that it was first used for, and is good for since. */
  boundTo?: string;
}

/** What of the headers shows who is calling: all of it, and nothing else is kept. */
export function credentialIn({ authorization }: RequestHeaders): RequestHeaders {
  return authorization === undefined ? {} : { authorization };
}

/** Whether the ticket is good for all of these. */
export function isInScope({ scope }: Ticket, uris: readonly string[]): boolean {
  if (scope.length === 0) return true;
  const patterns = scope.map(globPattern);
  return uris.every((uri) => patterns.some((pattern) => pattern.test(uri)));
}

/** Whether it may lead to a stream of that URI. */
export function isGoodFor(ticket: Ticket, uri: string): boolean {
  return isInScope(ticket, [uri]) && (ticket.boundTo ?? uri) === uri;
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
    const ticket: Ticket = { name, use, scope, credential, expiresAt: Date.now() + LIFE[use] };
    this.known.set(name, ticket);
    return ticket;
  }

  find(name: string): Ticket | undefined {
    const ticket = this.known.get(name);
    return ticket !== undefined && ticket.expiresAt > Date.now() ? ticket : undefined;
  }

  /**
   * It has let its holder in to a stream of that URI. One for streams is good for no other from then on: an address
   * that leaked opens one list and not all. Answers false when somebody else was faster.
   */
  spendOn(ticket: Ticket, uri: string): boolean {
    if (!isGoodFor(ticket, uri) || !this.spend(ticket)) return false;
    if (ticket.use === 'stream') ticket.boundTo = uri;
    return true;
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
