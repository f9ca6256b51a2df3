import type { Api } from '../../resources/api.js';
import { JSON_TYPE, type ApiRequest, type ApiResponse, type ResponseHeaders } from '../../resources/api-message.js';
import { VERSION_PREFIX } from '../../resources/api-path.js';
import { findDecodedPath } from '../../resources/query-string.js';
import { ApiError } from '../../wire/api-error.js';
import type { JsonObject, JsonValue } from '../../wire/json.js';
import { isInScope, type Ticket } from '../../auth/tickets.js';
import { commandRequest, plainRequest, type Asker } from './command-request.js';
import { Operations } from './operations.js';
import { Refused } from './refused.js';

/** What comes back: the body as JSON, as text or as bytes, and what HTTP would say beside it. */
export interface DeskAnswer {
  readonly body: JsonValue | Buffer;
  readonly meta: { readonly status: number; readonly headers: ResponseHeaders };
}

/** Who asks, and what their ticket lets them ask for. */
export interface DeskAsker extends Asker {
  readonly ticket: Ticket | undefined;
}

/** Carries out commands: each is a request of its own, as if it had come over HTTP. */
export class ApiDesk {
  private readonly operations = new Operations(() => this.readDocument());

  constructor(private readonly api: Pick<Api, 'handle'>) {}

  /** @throws ApiError, or Refused with the body of the answer */
  async command(given: unknown, asker: DeskAsker): Promise<DeskAnswer> {
    return this.ask(await commandRequest(given, asker, this.operations), asker.ticket);
  }

  /** @throws ApiError, or Refused with the body of the answer */
  async request(given: unknown, asker: DeskAsker): Promise<DeskAnswer> {
    return this.ask(plainRequest(given, asker), asker.ticket);
  }

  /** @throws ApiError, or Refused with the body of the answer */
  async ask(request: ApiRequest, ticket: Ticket | undefined): Promise<DeskAnswer> {
    const uri = findDecodedPath(request.path).slice(VERSION_PREFIX.length);
    if (ticket !== undefined && !isInScope(ticket, [uri])) throw new ApiError('FORBIDDEN');
    const response = await this.api.handle(request);
    const { status, headers } = response;
    const body = bodyOf(request, response);
    if (status >= 400) throw Refused.answer(status, Buffer.isBuffer(body) ? null : body);
    return { body, meta: { status, headers } };
  }

  private async readDocument(): Promise<JsonObject> {
    const path = `${VERSION_PREFIX}/__api__`;
    const request = { method: 'GET', path, queryString: '', headers: {}, body: undefined, origin: '' };
    return (await this.ask(request, undefined)).body as JsonObject;
  }
}

function bodyOf({ method }: ApiRequest, { status, headers, body }: ApiResponse): JsonValue | Buffer {
  const isBodiless = method === 'HEAD' && status < 400;
  if (isBodiless || status === 304 || body.length === 0) return null;
  const type = typeof headers['Content-Type'] === 'string' ? headers['Content-Type'].split(';', 1)[0]! : '';
  // Not with big integers: what they are put into for the socket is the same double that a client would make of them.
  if (type === JSON_TYPE) return JSON.parse(String(body)) as JsonValue;
  return type.startsWith('text/') ? String(body) : body;
}
