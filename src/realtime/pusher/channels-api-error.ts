import { STATUS_CODES } from 'node:http';
import { ArgumentsHost, Catch, ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import type { FastifyReply } from 'fastify';

/** A refusal of the channels HTTP API: a status and a line of plain text, as Pusher's own (pusher-protocol.md, 5.8). */
export class ChannelsApiError extends Error {
  constructor(
    readonly status: 400 | 401 | 404 | 413 | 503,
    message: string,
  ) {
    super(message);
    this.name = 'ChannelsApiError';
  }
}

/**
 * Bound to the controllers of this API, so that its errors keep Pusher's form whatever form the rest of the
 * application gives to its own.
 */
@Catch()
export class ChannelsApiErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger('ChannelsApi');

  catch(error: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const [status, text] = this.describe(error);
    // The text may quote the request; `nosniff` keeps a browser from taking it for a page.
    void reply
      .status(status)
      .header('content-type', 'text/plain; charset=utf-8')
      .header('x-content-type-options', 'nosniff')
      .send(`${text}\n`);
  }

  private describe(error: unknown): [status: number, text: string] {
    if (error instanceof ChannelsApiError) return [error.status, error.message];
    if (error instanceof HttpException) return [error.getStatus(), error.message];
    this.logger.error('A request failed', error instanceof Error ? error.stack : undefined);
    return [500, STATUS_CODES[500] ?? ''];
  }
}
