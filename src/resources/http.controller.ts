import { All, Controller, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RequestHeaders } from '../auth/auth-policy.js';
import { Api } from './api.js';
import type { ApiRequest, ApiResponse } from './api-message.js';
import { ProjectSettings } from './http.settings.js';

/**
 * The API over HTTP: every path that no other controller has. Bodies must arrive as raw buffers, since it is only
 * after the permissions that anybody may learn what is wrong with them.
 */
@Controller()
export class HttpController {
  constructor(
    private readonly api: Api,
    private readonly project: ProjectSettings,
  ) {}

  @All('*')
  async handle(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    send(reply, await this.api.handle(toApiRequest(request, this.project)));
  }
}

/**
 * Writes the answer as it is, past Fastify's serialisers: they would add a charset that Kinto's answers do not have.
 * A text is ASCII throughout, so its length in characters is its length in bytes.
 */
export function send(reply: FastifyReply, { status, headers, body, stream }: ApiResponse): void {
  reply.hijack();
  const isBodiless = status === 304 || reply.request.method === 'HEAD';
  const sent: Record<string, string | string[] | number> = headers;
  // Once the server is closing, a connection that stayed open would keep it from ending.
  if (!reply.server.server.listening) sent.Connection = 'close';
  if (stream !== undefined && !isBodiless) {
    reply.raw.writeHead(status, sent);
    stream(reply.raw);
    return;
  }
  if (!isBodiless) sent['Content-Length'] = body.length;
  reply.raw.writeHead(status, sent);
  if (typeof body === 'string') reply.raw.end(body, 'latin1');
  else reply.raw.end(body);
}

/** @param request as Fastify has it, its body a buffer */
export function toApiRequest(request: FastifyRequest, { httpScheme, httpHost }: ProjectSettings): ApiRequest {
  const { path, queryString, host = request.host } = readTarget(request.raw.url ?? '/');
  const body: unknown = request.body;
  return {
    method: request.method,
    path,
    queryString,
    headers: request.headers as RequestHeaders,
    body: Buffer.isBuffer(body) && body.length > 0 ? body : undefined,
    origin: `${httpScheme || request.protocol}://${httpHost || host}`,
    mayStream: true,
  };
}

/** What the request line asks for. */
interface RequestTarget {
  readonly path: string;
  readonly queryString: string;
  /** Counts instead of the header of that name (RFC 9112, 3.2.2). */
  readonly host?: string;
}

/** `http://<user>@<host>/<path>`, as clients write it to proxies. */
const ABSOLUTE_FORM = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?@]*@)?([^/?]*)/i;

function readTarget(target: string): RequestTarget {
  const [prefix = '', host = ''] = target.startsWith('/') ? [] : (ABSOLUTE_FORM.exec(target) ?? []);
  const rest = target.slice(prefix.length);
  const question = rest.indexOf('?');
  const path = question === -1 ? rest : rest.slice(0, question);
  const queryString = question === -1 ? '' : rest.slice(question + 1);
  return { path: path === '' ? '/' : path, queryString, ...(host === '' ? {} : { host }) };
}
