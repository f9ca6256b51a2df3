import { createHash } from 'node:crypto';
import type { Socket } from 'socket.io';
import type { RequestHeaders } from '../../auth/auth-policy.js';
import type { Authenticator } from '../../auth/authenticator.js';
import type { Ticket, Tickets } from '../../auth/tickets.js';
import type { ApiRequest } from '../../resources/api-message.js';
import { VERSION_PREFIX } from '../../resources/api-path.js';
import type { OpenedList } from '../../resources/live/live-opening.js';
import { ApiError, invalidParameters } from '../../wire/api-error.js';
import type { DeskAsker } from './api-desk.js';
import { readCredential, type Shown } from './credential.js';
import type { FailedTries } from './failed-tries.js';
import { isNameOf, isSameNamespace, readNamespace } from './namespace.js';
import { Refused } from './refused.js';

/** Somebody who has been let into a namespace. */
export interface Visitor extends DeskAsker {
  readonly userId: string | undefined;
  /** What shows who they are: it may stop counting. */
  readonly credential: RequestHeaders;
  /** Whether messages have their other names as well. */
  readonly wantsAliases: boolean;
  /** The lists they know, and up to where. */
  readonly positions: unknown;
}

export interface AdmissionParts {
  readonly authenticator: Authenticator;
  readonly tickets: Pick<Tickets, 'find' | 'spendOn'>;
  readonly failed: FailedTries;
  /** The scheme and the host that requests are said to have come to. */
  readonly originOf: (handshake: Socket['handshake']) => string;
  /** @throws Refused as a GET of the list would be */
  readonly follow: (asker: DeskAsker, listUri: string, query: string) => Promise<OpenedList>;
}

/** Who may come into which namespace. */
export class Admission {
  constructor(private readonly parts: AdmissionParts) {}

  /** @throws ApiError, or Refused, as the same wish would be refused over HTTP */
  async admit(socket: Socket): Promise<Visitor> {
    const { handshake, nsp } = socket;
    const wish = readNamespace(nsp.name);
    if (wish === undefined) throw new ApiError('MISSING_RESOURCE');
    const resource: unknown = handshake.query.resource ?? handshake.auth.resource;
    if (typeof resource === 'string' && !isSameNamespace(resource, nsp.name)) {
      const description = 'It is the namespace once more';
      throw invalidParameters([{ location: 'querystring', name: 'resource', description }]);
    }
    const shown = await readCredential(handshake, this.parts.tickets);
    const key = keyOf(handshake.address, shown);
    // Somebody who has shown nothing is told so at once, and costs nothing.
    if (shown.text !== undefined) await this.parts.failed.ensureFew(key);
    try {
      const asker = { ...this.askerOf(socket, shown), userId: await this.identify(shown) };
      const view = wish.of === 'visitor' ? this.ensureOwn(asker.userId, wish.name) : await this.viewOf(asker, wish.uri);
      await this.ensureTicket(shown.ticket, view);
      return {
        ...asker,
        view,
        credential: shown.headers,
        wantsAliases: typeof resource === 'string' || given(handshake, 'names') === 'pryv',
        positions: given(handshake, 'positions'),
      };
    } catch (error) {
      if (shown.text !== undefined && isFinal(error)) await this.parts.failed.note(key);
      throw error;
    }
  }

  private askerOf({ handshake }: Socket, { headers, ticket }: Shown): DeskAsker {
    const { origin, 'user-agent': agent } = handshake.headers;
    const base = {
      origin: this.parts.originOf(handshake),
      headers: {
        // As any HTTP client says.
        accept: '*/*',
        ...headers,
        ...(origin === undefined ? {} : { origin }),
        ...(agent === undefined ? {} : { 'user-agent': agent }),
      },
    };
    return { view: '', base, ticket };
  }

  private async identify({ headers, text }: Shown): Promise<string | undefined> {
    const { userId } = await this.parts.authenticator.identify(headers);
    if (userId === undefined && text !== undefined) throw new ApiError('MISSING_AUTH_TOKEN');
    return userId;
  }

  private ensureOwn(userId: string | undefined, name: string | undefined): string {
    if (userId === undefined) throw new ApiError('MISSING_AUTH_TOKEN');
    if (name !== undefined && !isNameOf(userId, name)) throw new ApiError('FORBIDDEN');
    return '';
  }

  /** The place as it is really called: the default bucket has another name. */
  private async viewOf(asker: DeskAsker, uri: string): Promise<string> {
    const isCollection = uri.includes('/collections/');
    const lists = isCollection ? [`${uri}/records`] : [`${uri}/collections`, `${uri}/groups`];
    let refusal: unknown;
    for (const list of lists) {
      try {
        // Whether the ticket covers it is asked of the namespace, not of this look.
        return (await this.parts.follow({ ...asker, ticket: undefined }, list, '')).start.place.list.parentId;
      } catch (error) {
        refusal ??= error;
      }
    }
    throw refusal;
  }

  private async ensureTicket(ticket: Ticket | undefined, view: string): Promise<void> {
    if (ticket === undefined || (await this.parts.tickets.spendOn(ticket, view === '' ? '/' : view))) return;
    throw new ApiError('FORBIDDEN');
  }
}

/** The request for a list, as the road to follow it wants it. */
export function listRequest({ base }: DeskAsker, listUri: string, queryString: string): ApiRequest {
  const path = VERSION_PREFIX + listUri.split('/').map(encodeURIComponent).join('/');
  return { ...base, method: 'GET', path, queryString, body: undefined };
}

/** Older clients have only the query, where everything is a text. */
function given({ auth, query }: Socket['handshake'], name: string): unknown {
  const text: unknown = (auth as Record<string, unknown>)[name] ?? query[name];
  if (typeof text !== 'string' || !text.startsWith('{')) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function keyOf(address: string, { text = '' }: Shown): string {
  return createHash('sha256').update(`${address} ${text}`).digest('base64');
}

function isFinal(error: unknown): boolean {
  if (error instanceof ApiError) return error.status < 500;
  return error instanceof Refused && Number(error.body.code) < 500;
}
