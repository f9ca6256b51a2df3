import type { Tickets } from '../../auth/tickets.js';
import type { ApiRequest } from '../api-message.js';
import { parseQueryString } from '../query-string.js';

/** With an underscore, because other names are filters of a list (seed-systems.md, 1.4). */
const ACCESS_TOKEN = '_access_token';
const TICKET = '_ticket';

/**
 * Credentials in URLs, for browsers' EventSource, which cannot send headers: a bearer token, or a ticket that stands for
 * what its holder has shown. Only where an answer goes on; whatever else is asked, the URL is as Kinto reads it.
 */
export class UrlCredentials {
  /** @param isMeant whether the answer to this request goes on */
  constructor(
    private readonly tickets: Tickets,
    private readonly isMeant: (request: ApiRequest) => boolean,
  ) {}

  /** The request as if it had come with headers; the URL has no secret any more that a log could tell. */
  resolve(request: ApiRequest): ApiRequest | Promise<ApiRequest> {
    const { queryString, headers } = request;
    if (!queryString.includes(ACCESS_TOKEN) && !queryString.includes(TICKET)) return request;
    if (!this.isMeant(request)) return request;
    const pairs = queryString.split('&');
    const isSecret = (pair: string) => /^(_access_token|_ticket)(=|$)/.test(pair);
    const given = new Map(parseQueryString(pairs.filter(isSecret).join('&')));
    const rest = { ...request, queryString: pairs.filter((pair) => !isSecret(pair)).join('&') };
    // The header counts first: it is what a client sets on purpose.
    if (headers.authorization !== undefined) return rest;
    const token = given.get(ACCESS_TOKEN);
    if (token !== undefined) return { ...rest, headers: { ...headers, authorization: `Bearer ${token}` } };
    const name = given.get(TICKET);
    return name === undefined ? rest : this.withTicket(rest, name);
  }

  private async withTicket(request: ApiRequest, name: string): Promise<ApiRequest> {
    const ticket = await this.tickets.find(name);
    // Like a wrong password: the answer is that to nobody in particular.
    if (ticket === undefined) return request;
    return { ...request, ticket, headers: { ...request.headers, ...ticket.credential } };
  }
}
