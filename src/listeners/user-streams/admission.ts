import type { RequestHeaders } from '../../auth/auth-policy.js';
import type { Authenticator } from '../../auth/authenticator.js';
import type { Tickets } from '../../auth/tickets.js';
import { shownCredential } from '../../resources/live/socket-credential.js';
import { parseQueryString } from '../../resources/query-string.js';
import { ApiError, invalidParameters, type ErrorDetail } from '../../wire/api-error.js';
import type { FormerStream, StreamVisitor } from './stream-visitor.js';

export interface AdmissionParts {
  readonly authenticator: Pick<Authenticator, 'identify'>;
  readonly tickets: Pick<Tickets, 'find' | 'spendOn'>;
}

export interface Knock {
  readonly queryString: string;
  readonly headers: RequestHeaders;
  /** The login in the headers, where it counts. */
  readonly authorization: string | undefined;
}

/** Without the version prefix: what a ticket has to be good for. */
export const USER_STREAM_PATH = '/user_stream';

const ID = /^u_[\w-]{16}$/;

/** Of an event: its stream, and its number there. */
const EVENT_ID = /^(u_[\w-]{16})\.(\d{1,15})$/;

/**
 * Who may have a stream.
 *
 * @throws ApiError as an HTTP request would be refused: 400, 401, 403
 */
export async function admit(
  { queryString, headers, authorization }: Knock,
  { authenticator, tickets }: AdmissionParts,
): Promise<StreamVisitor> {
  const given = new Map(parseQueryString(queryString));
  const { headers: credential, ticket } = await shownCredential(authorization, given, tickets);
  const identity = await authenticator.identify(credential);
  const { userId: owner } = identity;
  if (owner === undefined) throw new ApiError('MISSING_AUTH_TOKEN');
  const { id, autoDelete } = readParameters(given);
  // Last: a ticket that leads nowhere is not spent.
  if (ticket !== undefined && !(await tickets.spendOn(ticket, USER_STREAM_PATH))) throw new ApiError('FORBIDDEN');
  const former = lastHeard(headers) ?? (id === undefined ? undefined : { id, arrived: undefined });
  return { owner, identity, credential, ticket, former, autoDelete };
}

/** @throws ApiError 400 with everything that is wrong */
function readParameters(given: ReadonlyMap<string, string>): { id: string | undefined; autoDelete: boolean } {
  const problems: ErrorDetail[] = [];
  const problem = (name: string, description: string) => problems.push({ location: 'querystring', name, description });
  const id = given.get('connection_id');
  const autoDelete = given.get('auto_delete') ?? '0';
  if (id !== undefined && !ID.test(id)) problem('connection_id', 'It is the connection_id of a hello');
  if (!['0', '1'].includes(autoDelete)) problem('auto_delete', 'It is 0 or 1');
  if (problems.length > 0) throw invalidParameters(problems);
  return { id, autoDelete: autoDelete === '1' };
}

/** A browser that connects again repeats its URL and adds what it heard last (HTML standard, 9.2.3). */
function lastHeard({ 'last-event-id': text }: RequestHeaders): FormerStream | undefined {
  const [, id, number] = EVENT_ID.exec(text ?? '') ?? [];
  return id === undefined ? undefined : { id, arrived: Number(number) };
}
