import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from '../wire/api-error.js';
import { Api } from './api.js';
import { send, toApiRequest } from './http.controller.js';
import { ProjectSettings } from './http.settings.js';

/** Requests that failed before the API saw them, such as bodies over the limit, are refused in Kinto's form too. */
@Catch()
export class HttpErrorFilter implements ExceptionFilter {
  private readonly log = new Logger('http');

  constructor(
    private readonly api: Api,
    private readonly project: ProjectSettings,
  ) {}

  async catch(error: unknown, host: ArgumentsHost): Promise<void> {
    const http = host.switchToHttp();
    const reply = http.getResponse<FastifyReply>();
    if (reply.sent) return;
    const request = toApiRequest(http.getRequest<FastifyRequest>(), this.project);
    if (isUnrouted(error) || !METHODS.includes(request.method)) return send(reply, await this.api.handle(request));
    const refusal = asApiError(error);
    if (refusal.status >= 500) this.log.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    send(reply, this.api.refuse(request, refusal));
  }
}

/** What the API understands. Of other methods that Node can read it knows what to say, whatever Fastify says of them. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** Every path has a route, but not for every method. */
function isUnrouted(error: unknown): boolean {
  return error instanceof HttpException && error.getStatus() === 404;
}

function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  // Nest makes its own of Fastify's errors.
  const status = error instanceof HttpException ? error.getStatus() : undefined;
  // Otherwise the rest of the body would be read to its end, however long it is.
  if (status === 413) return new ApiError('BODY_TOO_LARGE', { headers: { Connection: 'close' } });
  if (status !== undefined && status >= 400 && status < 500) {
    return new ApiError('INVALID_URL', { message: 'The request could not be read.' });
  }
  return new ApiError('UNDEFINED', { cause: error });
}
