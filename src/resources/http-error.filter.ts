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

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const reply = http.getResponse<FastifyReply>();
    if (reply.sent) return;
    const refusal = asApiError(error);
    if (refusal.status >= 500) this.log.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    send(reply, this.api.refuse(toApiRequest(http.getRequest<FastifyRequest>(), this.project), refusal));
  }
}

function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  // Nest makes its own of Fastify's errors.
  const status = error instanceof HttpException ? error.getStatus() : undefined;
  // Otherwise the rest of the body would be read to its end, however long it is.
  if (status === 413) return new ApiError('BODY_TOO_LARGE', { headers: { Connection: 'close' } });
  if (status === 404) return new ApiError('MISSING_RESOURCE');
  if (status !== undefined && status >= 400 && status < 500) {
    return new ApiError('INVALID_URL', { message: 'The request could not be read.' });
  }
  return new ApiError('UNDEFINED', { cause: error });
}
