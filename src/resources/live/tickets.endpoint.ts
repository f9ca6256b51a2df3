import type { Authenticator } from '../../auth/authenticator.js';
import { credentialIn, TICKET_USES, type Tickets, type TicketUse } from '../../auth/tickets.js';
import { ApiError, invalidParameters } from '../../wire/api-error.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../wire/json.js';
import type { ApiRequest, ApiResponse } from '../api-message.js';
import { jsonAnswer } from '../endpoints/json-answer.js';
import type { PlainEndpoint } from '../exchange.js';
import { bodyProblem, parseBody } from '../write-body.js';

const MAX_SCOPE = 20;

/** Of one URI: each further one multiplies what a comparison may cost. */
const MAX_WILDCARDS = 3;

const TICKET = {
  type: 'object',
  required: ['data'],
  properties: {
    data: {
      type: 'object',
      required: ['ticket', 'use', 'expires_at'],
      properties: {
        ticket: { type: 'string' },
        use: { enum: [...TICKET_USES] },
        expires_at: { type: 'integer', description: 'In ms since the epoch.' },
      },
      additionalProperties: false,
    },
  },
  additionalProperties: false,
};

/** Gives out what stands for a credential in a URL. */
export class TicketsEndpoint implements PlainEndpoint {
  readonly name = 'tickets';
  readonly pattern = '/realtime/tickets';
  readonly methods = ['POST', 'OPTIONS'];
  readonly usesStorage = false as const;
  readonly operations = {
    POST: {
      id: 'create_ticket',
      tag: 'Realtime',
      summary: 'A ticket that stands for the credential of the request where no header can be sent.',
      isProtected: true,
      errors: [400],
      responses: { 201: { description: 'The ticket.', schema: TICKET } },
    },
  };

  constructor(
    private readonly tickets: Tickets,
    private readonly authenticator: Authenticator,
  ) {}

  exposedHeaders(): readonly string[] {
    return [];
  }

  async handle(request: ApiRequest): Promise<ApiResponse> {
    const { userId } = await this.authenticator.identify(request.headers);
    if (userId === undefined) throw new ApiError('MISSING_AUTH_TOKEN');
    const { use, scope } = read(request.body);
    const { name: ticket, expiresAt } = await this.tickets.issue(use, scope, credentialIn(request.headers));
    return jsonAnswer(201, { data: { ticket, use, expires_at: expiresAt } });
  }
}

/** @throws ApiError 400 */
function read(body: Buffer | undefined): { use: TicketUse; scope: string[] } {
  const parsed = parseBody(body);
  const value = 'value' in parsed ? parsed.value : undefined;
  if (!isJsonObject(value)) throw invalidParameters([bodyProblem('', 'Should be a JSON object')]);
  const data: JsonObject | undefined =
    value.data === undefined ? {} : isJsonObject(value.data) ? value.data : undefined;
  if (data === undefined) throw invalidParameters([bodyProblem('data', 'Should be a JSON object')]);
  const { use = 'once', scope = [] } = data;
  const found = TICKET_USES.find((one) => one === use);
  if (found === undefined) throw invalidParameters([bodyProblem('data.use', `one of ${TICKET_USES.join(', ')}`)]);
  const isList = Array.isArray(scope) && scope.length <= MAX_SCOPE;
  if (!isList || !scope.every(isScope)) {
    const expected = `at most ${MAX_SCOPE} URIs that begin with /, with up to ${MAX_WILDCARDS} * for any text`;
    throw invalidParameters([bodyProblem('data.scope', expected)]);
  }
  return { use: found, scope: scope as string[] };
}

function isScope(one: JsonValue): boolean {
  if (typeof one !== 'string' || !one.startsWith('/') || one.length > 512) return false;
  return one.split('*').length - 1 <= MAX_WILDCARDS;
}
