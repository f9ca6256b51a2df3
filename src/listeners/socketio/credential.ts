import type { Socket } from 'socket.io';
import type { RequestHeaders } from '../../auth/auth-policy.js';
import type { Ticket, Tickets } from '../../auth/tickets.js';
import { ApiError } from '../../wire/api-error.js';

/** What a visitor has shown of who they are. */
export interface Shown {
  /** The header that stands for it, if they have shown anything. */
  readonly headers: RequestHeaders;
  readonly ticket: Ticket | undefined;
  /** As it came; for telling one from another, and for nothing else. */
  readonly text: string | undefined;
}

type Handshake = Pick<Socket['handshake'], 'auth' | 'query' | 'headers'>;

/** Visible ASCII and spaces, as in a header. */
const HEADER_TEXT = /^[\x20-\x7e]{1,8192}$/;

/** In the `auth` of newer clients, and in the query, which is all that older ones have. */
const NAMES = ['token', 'auth', 'access_token', 'ticket'];

/**
 * `auth` comes before the header, since it was meant for this very namespace. It is `Basic …`, `Bearer …`, a ticket, or
 * a bare token as in the seed.
 *
 * @throws ApiError 401 for a ticket that is none any more, or a text that no header could have
 */
export async function readCredential(handshake: Handshake, tickets: Pick<Tickets, 'find'>): Promise<Shown> {
  // What `URLSearchParams` writes for a space is a plus to the clients that pass it on.
  const text = (givenText(handshake) ?? deliberateHeader(handshake))?.replace(/^(Basic|Bearer)\+/i, '$1 ');
  if (text === undefined) return { headers: {}, ticket: undefined, text };
  if (!HEADER_TEXT.test(text)) throw new ApiError('MISSING_AUTH_TOKEN');
  if (text.startsWith('tk_')) {
    const ticket = await tickets.find(text);
    if (ticket === undefined) throw new ApiError('MISSING_AUTH_TOKEN');
    return { headers: ticket.credential, ticket, text };
  }
  const authorization = text.includes(' ') ? text : `Bearer ${text}`;
  return { headers: { authorization }, ticket: undefined, text };
}

function givenText({ auth, query }: Handshake): string | undefined {
  const given: Readonly<Record<string, unknown>>[] = [auth, query];
  for (const source of given) {
    for (const name of NAMES) {
      const text = source[name];
      if (typeof text === 'string' && text !== '') return text;
    }
  }
  return undefined;
}

/**
 * A browser adds the password it remembers to whatever any page asks of a server, JSONP included: such a header says
 * nothing about the page's own wish (seed-systems.md, 0.9). Programs and pages of this very host mean it.
 */
function deliberateHeader({ headers, query }: Handshake): string | undefined {
  const { authorization, origin, host } = headers;
  if (query.j !== undefined) return undefined;
  if (origin !== undefined && origin.replace(/^https?:\/\//, '') !== host) return undefined;
  return authorization;
}
