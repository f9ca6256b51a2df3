import type { IncomingMessage } from 'node:http';
import type { Authenticator } from '../../auth/authenticator.js';
import type { Tickets } from '../../auth/tickets.js';
import { deliberateHeader, shownCredential } from '../../resources/live/socket-credential.js';
import { parseQueryString } from '../../resources/query-string.js';
import type { Storage } from '../../storage/storage.js';
import { ApiError, invalidParameters, type ErrorDetail } from '../../wire/api-error.js';
import type { StreamLog } from './stream-log.js';
import { KEY_PATTERN, streamList } from './stream.definition.js';
import type { StreamVisitor } from './stream-visitor.js';

export interface AdmissionParts {
  readonly storage: Storage;
  readonly authenticator: Pick<Authenticator, 'identify'>;
  readonly tickets: Pick<Tickets, 'find' | 'spendOn'>;
}

/**
 * Who may connect to which stream.
 *
 * @throws ApiError as an HTTP request would be refused: 400, 401, 403, 404
 */
export async function admit(
  request: Pick<IncomingMessage, 'url' | 'headers'>,
  log: StreamLog,
  { storage, authenticator, tickets }: AdmissionParts,
): Promise<StreamVisitor> {
  const url = request.url ?? '';
  const given = new Map(parseQueryString(url.includes('?') ? url.slice(url.indexOf('?') + 1) : ''));
  const { headers, ticket } = await shownCredential(deliberateHeader(request), given, tickets);
  const identity = await authenticator.identify(headers);
  const { userId: owner } = identity;
  if (owner === undefined) throw new ApiError('MISSING_AUTH_TOKEN');
  const { key, start } = readParameters(given, log);
  const exists = await storage.read((view) => view.hasObject(streamList(owner), key));
  if (!exists) throw new ApiError('OBJECT_NOT_FOUND', { details: { id: key, resource_name: 'stream' } });
  // Last: a ticket that leads nowhere is not spent.
  if (ticket !== undefined && !(await tickets.spendOn(ticket, `/streams/${key}`))) throw new ApiError('FORBIDDEN');
  return { owner, key, identity, headers, ticket, start };
}

/** @throws ApiError 400 with everything that is wrong */
function readParameters(given: ReadonlyMap<string, string>, log: StreamLog): Pick<StreamVisitor, 'key' | 'start'> {
  const problems: ErrorDetail[] = [];
  const problem = (name: string, description: string) => problems.push({ location: 'querystring', name, description });
  const key = given.get('key') ?? '';
  const position = given.get('position');
  const purge = given.get('purge') ?? '0';
  if (!KEY_PATTERN.test(key)) problem('key', 'It is the key of a stream');
  if (position !== undefined && !['now', 'earliest'].includes(position) && !log.isPosition(position)) {
    problem('position', 'It is now, earliest, or a position that was told');
  }
  if (!['0', '1'].includes(purge)) problem('purge', 'It is 0 or 1');
  if (problems.length > 0) throw invalidParameters(problems);
  return { key, start: { position, purge: purge === '1' } };
}
