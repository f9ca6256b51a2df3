import type { IncomingMessage } from 'node:http';
import type { RequestHeaders } from '../../auth/auth-policy.js';
import { credentialIn, type Ticket, type Tickets } from '../../auth/tickets.js';
import { ApiError } from '../../wire/api-error.js';

/** What somebody has shown of who they are. */
export interface ShownCredential {
  readonly headers: RequestHeaders;
  readonly ticket: Ticket | undefined;
}

/** Visible ASCII and spaces, as in a header. */
const HEADER_TEXT = /^[\x20-\x7e]{1,8192}$/;

/**
 * Who asks for a stream that is no list: the header, then `access_token`, then `ticket` (seed-systems.md, 1.4).
 *
 * @param authorization the header, where it counts
 * @param given the parameters of the URL
 * @throws ApiError 401 for a ticket that is none any more
 */
export async function shownCredential(
  authorization: string | undefined,
  given: ReadonlyMap<string, string>,
  tickets: Pick<Tickets, 'find'>,
): Promise<ShownCredential> {
  if (authorization !== undefined) return { headers: { authorization }, ticket: undefined };
  const token = given.get('access_token');
  if (token !== undefined && HEADER_TEXT.test(token)) {
    return { headers: { authorization: `Bearer ${token}` }, ticket: undefined };
  }
  const name = given.get('ticket');
  if (name === undefined) return { headers: {}, ticket: undefined };
  const ticket = await tickets.find(name);
  if (ticket === undefined) throw new ApiError('MISSING_AUTH_TOKEN');
  return { headers: ticket.credential, ticket };
}

/**
 * The login of somebody who opens a socket. A browser adds the password it remembers to whatever any page asks of a
 * server: such a header says nothing about the page's own wish (seed-systems.md, 0.9). Programs, and pages of this very
 * host, mean it.
 */
export function deliberateHeader({ headers }: Pick<IncomingMessage, 'headers'>): string | undefined {
  const { origin, host } = headers;
  if (origin !== undefined && origin.replace(/^https?:\/\//, '') !== host) return undefined;
  return credentialIn({ authorization: headers.authorization }).authorization;
}
