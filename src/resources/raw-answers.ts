import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { STATUS_CODES } from 'node:http';
import { ApiError } from '../wire/api-error.js';
import type { Api } from './api.js';
import type { ApiRequest, ApiResponse } from './api-message.js';
import type { ProjectSettings } from './http.settings.js';

/** What Node says of bytes that are no request to it. */
export interface UnreadableRequest {
  readonly code?: string;
  /** The bytes it was reading. */
  readonly rawPacket?: unknown;
  /** How many of them it had understood. */
  readonly bytesParsed?: number;
}

/** A method is any token (RFC 9110, 9.1), while Node's parser knows a list. */
const REQUEST_LINE = /^([A-Z][!#$%&'*+.^_`|~0-9A-Za-z-]*) (\/\S*) HTTP\/1\.[01]\r?\n/;

const ANSWERED = new WeakSet<Socket>();

/** Answers, in Kinto's form, what never becomes a request of the HTTP framework. */
export class RawAnswers {
  constructor(
    private readonly api: Api,
    private readonly project: ProjectSettings,
  ) {}

  /** For bytes that Node cannot read. The connection ends: nobody knows where its next request would begin. */
  async refuseUnreadable(error: UnreadableRequest, socket: Socket): Promise<void> {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    // What else arrives is unreadable too, and is told of again.
    if (ANSWERED.has(socket)) return;
    ANSWERED.add(socket);
    const request = this.findRequest(error);
    const response =
      request === undefined ? this.api.refuse(this.unknownRequest(), refusalOf(error)) : await this.api.handle(request);
    socket.end(textOf(response), 'latin1', () => socket.destroy());
  }

  /** For requests on connections that are still open while the server ends. */
  refuseWhileClosing(message: IncomingMessage, response: ServerResponse): void {
    const request = { ...this.unknownRequest(), method: message.method ?? 'GET' };
    const { status, headers, body } = this.api.refuse(request, new ApiError('BACKEND'));
    response.writeHead(status, { ...headers, Connection: 'close', 'Content-Length': body.length });
    response.end(body);
  }

  /** A request with a method that only Node does not know: the API can tell which ones there are. */
  private findRequest({ code, rawPacket, bytesParsed = 0 }: UnreadableRequest): ApiRequest | undefined {
    if (code !== 'HPE_INVALID_METHOD' || !Buffer.isBuffer(rawPacket)) return undefined;
    // Requests before it, on the same connection, may be in the same bytes.
    const text = rawPacket.toString('latin1');
    const head = text.slice(text.lastIndexOf('\n', bytesParsed) + 1);
    const [line = '', method, target = '/'] = REQUEST_LINE.exec(head) ?? [];
    if (method === undefined) return undefined;
    const [headText = ''] = head.slice(line.length).split(/\r?\n\r?\n/, 1);
    const pairs = headText.split(/\r?\n/).flatMap((header): [string, string][] => {
      const colon = header.indexOf(':');
      return colon < 1 ? [] : [[header.slice(0, colon).toLowerCase(), header.slice(colon + 1).trim()]];
    });
    const headers: Record<string, string> = Object.fromEntries(pairs);
    const question = target.indexOf('?');
    return {
      method,
      path: question === -1 ? target : target.slice(0, question),
      queryString: question === -1 ? '' : target.slice(question + 1),
      headers,
      body: undefined,
      origin: this.originOf(headers.host),
    };
  }

  private unknownRequest(): ApiRequest {
    const origin = this.originOf(undefined);
    return { method: 'GET', path: '/', queryString: '', headers: {}, body: undefined, origin };
  }

  private originOf(host = 'localhost'): string {
    return `${this.project.httpScheme || 'http'}://${this.project.httpHost || host}`;
  }
}

function refusalOf({ code }: UnreadableRequest): ApiError {
  if (code === 'HPE_HEADER_OVERFLOW') return new ApiError('HEADERS_TOO_LARGE');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new ApiError('REQUEST_TIMEOUT');
  return new ApiError('INVALID_URL', { message: 'The request could not be read.' });
}

function textOf({ status, headers, body }: ApiResponse): string {
  const all = {
    ...headers,
    Date: new Date().toUTCString(),
    Connection: 'close',
    'Content-Length': String(body.length),
  };
  const lines = Object.entries(all).flatMap(([name, values]) => [values].flat().map((value) => `${name}: ${value}`));
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('\r\n')}\r\n\r\n${body.toString()}`;
}
